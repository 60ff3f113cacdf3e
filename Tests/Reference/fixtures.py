"""Writes Tests/Fixtures/kinds/<kind>.safetensors: what one kind must compute, according to PyTorch in double precision.

    fixture = Fixture("core.tanh")
    fixture.add("odd", {}, [fixture.normal(7, 3)], {}, torch.tanh)
    fixture.save()

The test that reads these files is Tests/PluginTests. Inputs are rounded to f32 before anything is computed from them, so that
both sides start from the same numbers; results are computed in f64 and rounded once, at the end.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).resolve().parent.parent / "Fixtures" / "kinds"
DTYPES = {np.dtype("float32"): "F32", np.dtype("int32"): "I32", np.dtype("int64"): "I64", np.dtype("uint8"): "U8", np.dtype("bool"): "BOOL"}


def is_float(tensor) -> bool:
    return tensor is not None and tensor.is_floating_point()


def rounded(tensor):
    """Any number, array or tensor as what the kind will see: floats as f32, everything else as it is."""
    if tensor is None:
        return None
    tensor = torch.as_tensor(tensor).detach()
    return tensor.to(torch.float32) if tensor.is_floating_point() else tensor.clone()


class Fixture:
    """The cases of one kind."""

    def __init__(self, kind: str):
        self.kind = kind
        self.generator = torch.Generator().manual_seed(zlib.crc32(kind.encode()))
        self.metadata: dict[str, str] = {}
        self.tensors: dict[str, np.ndarray] = {}

    def normal(self, *shape: int, mean: float = 0.0, deviation: float = 1.0) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator, dtype=torch.float64) * deviation + mean

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator, dtype=torch.float64) * (high - low) + low

    def integers(self, *shape: int, below: int, dtype=torch.int64) -> torch.Tensor:
        return torch.randint(0, below, shape, generator=self.generator).to(dtype)

    def add(
        self, case: str, attributes: dict, inputs: list, parameters: dict, fn, *, buffers: dict | None = None,
        training: bool = False, tolerance: float | None = None, gradient: bool = True,
    ) -> None:
        """Records one case.

        `fn(*inputs, **parameters, **buffers)` gets doubles and returns a tensor or several. None among `inputs` is an optional
        input left out. `buffers` are parameters that are not trained; with `training` (which says that the case holds in
        training alone) fn updates them in place, and what they then hold is expected of the kind too.
        """
        assert case not in self.metadata and "/" not in case, case
        about: dict = {"attributes": attributes}
        if training:
            about["training"] = True
        if tolerance is not None:
            about["tolerance"] = tolerance
        if any(tensor is None for tensor in inputs):
            about["absent"] = [i for i, tensor in enumerate(inputs) if tensor is None]

        inputs = [rounded(tensor) for tensor in inputs]
        parameters = {name: rounded(tensor) for name, tensor in parameters.items()}
        buffers = {name: rounded(tensor) for name, tensor in (buffers or {}).items()}
        for i, tensor in enumerate(inputs):
            if tensor is not None:
                self._put(f"{case}/input.{i}", tensor)
        for name, tensor in (parameters | buffers).items():
            self._put(f"{case}/parameter.{name}", tensor)

        def double(tensor, wanted):
            return tensor.double().requires_grad_(wanted) if is_float(tensor) else tensor

        inputs = [double(tensor, gradient) for tensor in inputs]
        parameters = {name: double(tensor, gradient) for name, tensor in parameters.items()}
        buffers = {name: double(tensor, False) for name, tensor in buffers.items()}
        outputs = fn(*inputs, **parameters, **buffers)
        outputs = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
        for i, tensor in enumerate(outputs):
            self._put(f"{case}/output.{i}", tensor)
        if training:
            for name, tensor in buffers.items():
                self._put(f"{case}/buffer_after.{name}", tensor)

        followed = [(i, tensor) for i, tensor in enumerate(outputs) if tensor.requires_grad]
        if followed:
            seeds = [rounded(self.normal(*tensor.shape)) for _, tensor in followed]
            for (i, _), seed in zip(followed, seeds):
                self._put(f"{case}/grad_output.{i}", seed)
            torch.autograd.backward([tensor for _, tensor in followed], [seed.double() for seed in seeds])
            for i, tensor in enumerate(inputs):
                if is_float(tensor) and tensor.grad is not None:
                    self._put(f"{case}/grad_input.{i}", tensor.grad)
            for name, tensor in parameters.items():
                if is_float(tensor) and tensor.grad is not None:
                    self._put(f"{case}/grad_parameter.{name}", tensor.grad)
        else:
            about["no_gradient"] = True
        self.metadata[case] = json.dumps(about, sort_keys=True)

    def _put(self, name: str, tensor: torch.Tensor) -> None:
        self.tensors[name] = np.require(rounded(tensor).numpy(), requirements="C")

    def save(self, folder: Path = FOLDER) -> None:
        """Writes the file. The same cases give the same bytes, which the safetensors package does not promise."""
        header: dict = {"__metadata__": self.metadata}
        offset = 0
        tensors = dict(sorted(self.tensors.items(), key=lambda item: -item[1].itemsize))  # so that all of them are aligned
        for name, array in tensors.items():
            header[name] = {"dtype": DTYPES[array.dtype], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
            offset += array.nbytes
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.kind}.safetensors"
        path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in tensors.values()))
        print(f"{path.name}: {len(self.metadata)} cases, {path.stat().st_size} bytes")
