#!/usr/bin/env python3
"""LeNet-5 in PyTorch: the reference that zoo's is compared with, and whose weights it can load.

    python Tests/Reference/lenet5.py --save lenet5.safetensors

Reference: LeCun et al. 1998, doi:10.1109/5.726791. Average pooling has no learned scale here, C3 sees all six maps, and
the output layer is linear, as in most modern renderings: 61,706 parameters.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

DATA = Path(__file__).resolve().parents[2] / "zoo" / "data" / "mnist5k.npz"
TRAIN_ROWS = 4000  # the rest are held out


class LeNet5(nn.Module):
    """Images [N, 1, 28, 28] in 0..1 to logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, padding=2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10)

    def flatten(self, x: Tensor) -> Tensor:
        """[N, 16, 5, 5] to [N, 400] in zoo's order, channels last: feature (h * 5 + w) * 16 + c."""
        return x.permute(0, 2, 3, 1).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(torch.tanh(self.c1(x)), 2)  # [N, 6, 14, 14]
        x = F.avg_pool2d(torch.tanh(self.c3(x)), 2)  # [N, 16, 5, 5]
        x = torch.tanh(self.c5(self.flatten(x)))
        return self.output(torch.tanh(self.f6(x)))


def digits() -> tuple[Tensor, Tensor]:
    """All 5,000 images [N, 1, 28, 28] in 0..1 and their labels."""
    with np.load(DATA) as file:
        image, label = torch.from_numpy(file["image"]), torch.from_numpy(file["label"])
    return image.permute(0, 3, 1, 2).float() / 255, label


def train(model: LeNet5, image: Tensor, label: Tensor, epochs: int) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    for _ in range(epochs):
        for rows in torch.randperm(len(image)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(model(image[rows]), label[rows]).backward()
            optimizer.step()


def accuracy(model: LeNet5, image: Tensor, label: Tensor) -> float:
    with torch.inference_mode():
        return (model(image).argmax(1) == label).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save", type=Path, metavar="FILE.safetensors")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)

    model = LeNet5()
    assert sum(p.numel() for p in model.parameters()) == 61_706
    image, label = digits()
    start = time.perf_counter()
    train(model, image[:TRAIN_ROWS], label[:TRAIN_ROWS], arguments.epochs)
    seconds = time.perf_counter() - start
    held_out = accuracy(model, image[TRAIN_ROWS:], label[TRAIN_ROWS:])
    print(f"{held_out:.2%} of the held-out digits after {arguments.epochs} epochs, {seconds:.1f} s")
    if arguments.save:
        save_file(model.state_dict(), arguments.save)


if __name__ == "__main__":
    main()
