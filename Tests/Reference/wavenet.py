#!/usr/bin/env python3
"""WaveNet in PyTorch on zoo's weights: computes Tests/Fixtures/models/wavenet.safetensors, and the held-out bits per sample.

    python Tests/Reference/wavenet.py

Reference: van den Oord et al. 2016, arXiv:1609.03499.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from make_speech import LEVELS

ROOT = Path(__file__).resolve().parents[2]
STACKS, DILATIONS, WIDTH, SKIPS = 2, 8, 32, 64
LEARNED = 715
# What a logit depends on: its own sample, the one before it for `front`, and the dilation of each layer more.
RECEPTIVE_FIELD = 2 + STACKS * (2**DILATIONS - 1)


class Gated(nn.Module):
    """tanh of one half, as far as the sigmoid of the other lets it through; then on, and aside to the output."""

    def __init__(self) -> None:
        super().__init__()
        self.onward, self.aside = nn.Conv1d(WIDTH, WIDTH, 1), nn.Conv1d(WIDTH, SKIPS, 1)

    def forward(self, convolved: Tensor, x: Tensor, skip: Tensor) -> tuple[Tensor, Tensor]:
        a, b = convolved.chunk(2, 1)
        z = torch.tanh(a) * torch.sigmoid(b)
        return x + self.onward(z), skip + self.aside(z)


class WaveNet(nn.Module):
    """Classes [N, T] to the logits [N, T, LEVELS] of the next sample; its parameters have zoo's names."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(LEVELS, WIDTH)
        self.front, self.aside = nn.Conv1d(WIDTH, WIDTH, 2), nn.Conv1d(WIDTH, SKIPS, 1)
        self.layers = nn.ModuleList(
            nn.ModuleDict({"conv": nn.Conv1d(WIDTH, 2 * WIDTH, 2, dilation=2 ** (i % DILATIONS)), "gated": Gated()})
            for i in range(STACKS * DILATIONS)
        )
        self.head = nn.ModuleDict({"hidden": nn.Conv1d(SKIPS, SKIPS, 1), "logits": nn.Conv1d(SKIPS, LEVELS, 1)})

    def forward(self, samples: Tensor) -> Tensor:
        x = self.front(F.pad(self.embedding(samples).transpose(1, 2), (1, 0)))
        skip = self.aside(x)
        for layer in self.layers:
            x, skip = layer["gated"](layer["conv"](F.pad(x, (layer["conv"].dilation[0], 0))), x, skip)
        return self.head["logits"](F.relu(self.head["hidden"](F.relu(skip)))).transpose(1, 2)


def main() -> None:
    model = WaveNet()
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, receptive field {RECEPTIVE_FIELD}")
    model.load_state_dict(load_file(ROOT / "zoo" / "weights" / "wavenet.safetensors"))
    model.double()
    with np.load(ROOT / "zoo" / "data" / "speech.npz") as file:
        rows = torch.from_numpy(file["rows"][LEARNED:].astype(np.int64))
    with torch.inference_mode():
        nats = [F.cross_entropy(model(row[None, :-1])[0], row[1:]).item() for row in rows]
    print(f"{np.mean(nats) / np.log(2):.4f} bits per held-out sample")
    samples = rows[7:9, 300:900].contiguous()
    with torch.inference_mode():
        logits = model(samples)[:, -12:].float().contiguous()
    save_file({"samples": samples, "logits": logits}, ROOT / "Tests" / "Fixtures" / "models" / "wavenet.safetensors")


if __name__ == "__main__":
    main()
