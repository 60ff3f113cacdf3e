#!/usr/bin/env python3
"""The flow of `moons-flow` in PyTorch, trained as its manifest says: what its likelihood is compared with.

    python Tests/Reference/moons.py
    python Tests/Reference/moons.py --weights zoo/weights/moons-flow.safetensors    # the committed weights instead

Reference: Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803. It prints the mean of -log p over the held-out points, in nats.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

DATA = Path(__file__).resolve().parents[2] / "zoo" / "data" / "moons.npz"
TRAIN_ROWS, COUPLINGS, HIDDEN, CLAMP = 5000, 6, 64, 2


class Coupling(nn.Module):
    def __init__(self, kept: int) -> None:
        super().__init__()
        self.kept = kept
        self.first, self.second = nn.Linear(1, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.shift, self.log_scale = nn.Linear(HIDDEN, 1), nn.Linear(HIDDEN, 1)
        for layer in self.children():  # as zoo starts dense layers
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.uniform_(layer.bias, -bound, bound)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y, and the logarithms of the determinants."""
        halves = list(x.split(1, 1))
        seen = F.relu(self.second(F.relu(self.first(halves[self.kept]))))
        s = CLAMP * torch.tanh(self.log_scale(seen) / CLAMP)
        halves[1 - self.kept] = halves[1 - self.kept] * s.exp() + self.shift(seen)
        return torch.cat(halves, 1), s.sum(1)


class Flow(nn.ModuleDict):
    def __init__(self) -> None:
        super().__init__({f"c{i + 1}": Coupling(kept=i % 2) for i in range(COUPLINGS)})

    def log_density(self, x: Tensor) -> Tensor:
        total = x.new_zeros(len(x))
        for coupling in self.values():
            x, log_determinant = coupling(x)
            total = total + log_determinant
        return total - 0.5 * (x**2).sum(1) - x.shape[1] / 2 * math.log(2 * math.pi)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="safetensors; without them, it is trained")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)

    points = torch.from_numpy(np.load(DATA)["points"])
    learned, held_out = points[:TRAIN_ROWS], points[TRAIN_ROWS:]
    flow = Flow()
    if arguments.weights:
        flow.load_state_dict(load_file(arguments.weights))
    else:
        optimizer = torch.optim.Adam(flow.parameters(), lr=0.001)
        for _ in range(arguments.epochs):
            for rows in torch.randperm(len(learned)).split(256):
                optimizer.zero_grad()
                (-flow.log_density(learned[rows]).mean()).backward()
                optimizer.step()
    with torch.inference_mode():
        print(f"{-flow.log_density(held_out).mean().item():.4f} nats")


if __name__ == "__main__":
    main()
