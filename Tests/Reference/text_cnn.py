#!/usr/bin/env python3
"""The text CNN in PyTorch on zoo's weights: computes Tests/Fixtures/models/text-cnn.safetensors, and what simpler models are worth.

    python Tests/Reference/text_cnn.py

Reference: Kim 2014, arXiv:1408.5882.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "zoo" / "data" / "verses.npz"
LEARNED = 28_014
WORDS, WIDTH, FILTERS, CLASSES = 6768, 64, 64, 9
PADDING = 5


class TextCNN(nn.Module):
    """Words [N, T] to logits [N, CLASSES]; its parameters have zoo's names."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        for name, words in [("three", 3), ("four", 4), ("five", 5)]:
            self.add_module(name, nn.ModuleDict({"conv": nn.Conv1d(WIDTH, FILTERS, words)}))
        self.logits = nn.Linear(3 * FILTERS, CLASSES)

    def forward(self, words: Tensor) -> Tensor:
        x = self.embedding(F.pad(words, (PADDING, PADDING))).transpose(1, 2)
        return self.logits(torch.cat([F.relu(branch["conv"](x)).amax(2) for branch in (self.three, self.four, self.five)], 1))


def bags(words: np.ndarray) -> np.ndarray:
    """How often each row has each word, [N, WORDS]; what fills rows up is no word."""
    counts = np.zeros((len(words), WORDS), np.float32)
    np.add.at(counts, (np.arange(len(words))[:, None], words), 1)
    counts[:, 0] = 0
    return counts


def naive_bayes(x: np.ndarray, label: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    counts = np.stack([x[label == kind].sum(0) for kind in range(CLASSES)]) + 0.3
    scores = held_out @ np.log(counts / counts.sum(1, keepdims=True)).T.astype(np.float32)
    return (scores + np.log(np.bincount(label) / len(label))).argmax(1)


def logits(rows: np.ndarray) -> Tensor:
    """What the trained model makes of rows of words, in double precision."""
    model = TextCNN()
    model.load_state_dict(load_file(ROOT / "zoo" / "weights" / "text-cnn.safetensors"))
    with torch.inference_mode():
        return model.double()(torch.from_numpy(rows.astype(np.int64)))


def told(rows: np.ndarray) -> np.ndarray:
    return logits(rows).argmax(1).numpy()


def main() -> None:
    with np.load(DATA) as file:
        words, label = file["words"], file["label"]
    held_out, truth = words[LEARNED:], label[LEARNED:]
    learned = bags(words[:LEARNED]), label[:LEARNED]
    commonest = np.bincount(label[:LEARNED]).argmax()
    print(f"held out and right: the commonest kind {(truth == commonest).mean():.4f}", end="")
    print(f", naive Bayes {(naive_bayes(*learned, bags(held_out)) == truth).mean():.4f}", end="")
    print(f", text-cnn {(told(held_out) == truth).mean():.4f} of {len(truth):,}")
    print(f"{sum(p.numel() for p in TextCNN().parameters()):,} parameters")
    rows = np.ascontiguousarray(held_out[::500].astype(np.int64))
    path = ROOT / "Tests" / "Fixtures" / "models" / "text-cnn.safetensors"
    save_file({"words": torch.from_numpy(rows), "logits": logits(rows).float()}, path)


if __name__ == "__main__":
    main()
