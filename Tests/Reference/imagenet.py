#!/usr/bin/env python3
"""Computes what the ImageNet models put out, by torchvision's implementations in double precision: Tests/Fixtures/models.

    python Tests/Reference/imagenet.py [NAME...]
    python Tests/Reference/imagenet.py resnet18 --save resnet18.safetensors

Weights and images are numbers from a formula that Tests/ZooCommandTests/ImageNet has too, so that neither side needs a file: see
`numbers`. Each fixture has the output, and the names and shapes of the state dict. With --save, a model's weights by the formula
are written as PyTorch would save them.

Reference implementations: torchvision 0.29; efficientnet-lite-pytorch 0.1.0 for EfficientNet-Lite.
"""

import argparse
import json
import math
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).resolve().parents[1] / "Fixtures" / "models"
MASK = (1 << 64) - 1


def numbers(name: str, count: int) -> np.ndarray:
    """`count` multiples of 2^-15 in [-1, 1) for a name: SplitMix64, begun at the name's FNV-1a hash."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(key) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(48)).astype(np.float32) - 32768) / 32768


def parameter(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter, exact in f32: scaled by a power of two near He's deviation, so that activations neither vanish nor explode."""
    values = numbers(name, math.prod(shape)).reshape(shape)
    if len(shape) > 1:
        exponent, fan_in = 0, math.prod(shape[1:])
        while 12 * 4**exponent < fan_in:
            exponent += 1
        return values * np.float32(2.0**-exponent)
    if name.endswith("running_var"):
        return 1 + values / 2
    return 0.75 + values / 4 if name.endswith("weight") else values / 4


def fill(model: nn.Module) -> nn.Module:
    """Gives every parameter and buffer its number by the formula."""
    state = model.state_dict()
    for name, tensor in state.items():
        if tensor.is_floating_point():
            tensor.copy_(torch.from_numpy(parameter(name, tuple(tensor.shape))))
    return model.eval()


def image(size: int) -> torch.Tensor:
    """A picture [1, 3, size, size] in [-2, 2); element i of the formula is element i of [height, width, channel]."""
    return torch.from_numpy(2 * numbers("image", size * size * 3).reshape(1, size, size, 3)).permute(0, 3, 1, 2).contiguous()


def models() -> dict:
    """By the model's name: what makes it, and the size of its images."""
    from efficientnet_lite_pytorch import EfficientNet
    from torchvision import models

    def googlenet():
        return models.googlenet(init_weights=False, aux_logits=False, transform_input=False)

    return {
        "resnet18": (models.resnet18, 64),
        "resnet50": (models.resnet50, 64),
        "vgg11": (models.vgg11, 64),
        "vgg16": (models.vgg16, 64),
        "alexnet": (models.alexnet, 67),
        "googlenet": (googlenet, 64),
        "mobilenet-v2": (models.mobilenet_v2, 64),
        "efficientnet-lite0": (lambda: EfficientNet.from_name("efficientnet-lite0", image_size=64), 64),
    }


def save(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    header: dict = {"__metadata__": metadata}
    offset = 0
    for name, array in tensors.items():
        dtype = {"float32": "F32", "int64": "I64"}[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def compute(name: str) -> None:
    make, size = models()[name]
    model = fill(make())
    x = image(size)
    with torch.inference_mode():
        single = model(x)[0]
        output = model.double()(x.double())[0]
    largest = output.abs().max()
    deviation = ((single.double() - output).abs().max() / largest).item()
    state = [f"{key} {','.join(map(str, value.shape))}".rstrip() for key, value in model.state_dict().items()]
    count = sum(p.numel() for p in model.parameters())
    metadata = {"size": str(size), "state": "\n".join(state), "parameters": str(count), "pytorch_f32": f"{deviation:.1e}"}
    save(FOLDER / f"{name}.safetensors", {"output": output.float().numpy()}, metadata)
    print(f"{name}: {count:,} parameters, outputs up to {largest:.3g}, deviation {output.std():.3g}; PyTorch in f32 is off by {deviation:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--save", type=Path, metavar="FILE.safetensors", help="write the weights of the one model that is named")
    arguments = parser.parse_args()
    if arguments.save:
        make, _ = models()[arguments.names[0]]
        save(arguments.save, {name: tensor.numpy() for name, tensor in fill(make()).state_dict().items()}, {})
        return
    for name in arguments.names or models():
        compute(name)


if __name__ == "__main__":
    main()
