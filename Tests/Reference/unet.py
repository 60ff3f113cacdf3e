#!/usr/bin/env python3
"""U-Net in PyTorch on zoo's weights: computes Tests/Fixtures/models/unet.safetensors, and how well it tells shapes.

    python Tests/Reference/unet.py

Reference: Ronneberger et al. 2015, arXiv:1505.04597, with zeros around each convolution so that nothing need be cropped.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from make_shapes import CLASSES, TRAIN, iou

ROOT = Path(__file__).resolve().parents[2]
LEVELS, WIDTH = 3, 8


class Features(nn.Module):
    """Two convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class UNet(nn.Module):
    """Images [N, channels, H, W] to logits [N, classes, H, W]; its parameters have zoo's names."""

    def __init__(self, channels: int = 1, levels: int = LEVELS, width: int = WIDTH, classes: int = CLASSES) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(levels)]
        inputs = [channels, *widths]
        self.down = nn.ModuleList(nn.ModuleDict({"features": Features(i, o)}) for i, o in zip(inputs, widths))
        self.bottom = Features(inputs[-1], 2 * inputs[-1])
        self.up = nn.ModuleList(
            nn.ModuleDict({"twice": nn.ConvTranspose2d(2 * w, w, 2, stride=2), "features": Features(2 * w, w)}) for w in reversed(widths)
        )
        self.logits = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for block in self.down:
            skips.append(block["features"](x))
            x = F.max_pool2d(skips[-1], 2)
        x = self.bottom(x)
        for block, skip in zip(self.up, reversed(skips)):
            x = block["features"](torch.cat([skip, block["twice"](x)], 1))
        return self.logits(x)


def main() -> None:
    # At the size of the paper, but for the padding and one channel.
    assert sum(p.numel() for p in UNet(levels=4, width=64, classes=2).parameters()) == 31_030_658
    model = UNet()
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    model.load_state_dict(load_file(ROOT / "zoo" / "weights" / "unet.safetensors"))
    with np.load(ROOT / "zoo" / "data" / "shapes.npz") as file:
        image, mask = torch.from_numpy(file["image"][TRAIN:]), file["mask"][TRAIN:]
    x = image.permute(0, 3, 1, 2).double() / 255
    with torch.inference_mode():
        logits = model.double()(x)
    ratios = iou(logits.argmax(1).numpy(), mask, CLASSES)
    print("held out: IoU of nothing, of shapes:", *(f"{ratio:.4f}" for ratio in ratios), f"mean {np.mean(ratios):.4f}")
    # An odd part of one image, whose sides differ.
    part = x[:2, :, :24, 8:48].float().contiguous()
    with torch.inference_mode():
        expected = model(part.double()).permute(0, 2, 3, 1).float().contiguous()
    path = ROOT / "Tests" / "Fixtures" / "models" / "unet.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_file({"image": part.permute(0, 2, 3, 1).contiguous(), "logits": expected}, path)


if __name__ == "__main__":
    main()
