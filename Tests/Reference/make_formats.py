#!/usr/bin/env python3
"""Writes Tests/Fixtures/formats: files as numpy and the safetensors library write them, good and damaged.

    python Tests/Reference/make_formats.py

Every array of `every_dtype.*` is arange(6).reshape(2, 3) * 7 - 11 (unsigned: without the - 11; bool: i % 2), so tests know
every element without reading anything.
"""

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[1] / "Fixtures" / "formats"
NAMES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]


def array(dtype: str) -> np.ndarray:
    numbers = np.arange(6).reshape(2, 3)
    if dtype == "?":
        return numbers % 2 == 1
    return (numbers * 7 - (0 if dtype.startswith("u") else 11)).astype(dtype)


def numpy_files() -> None:
    arrays = {np.dtype(name).name: array(name) for name in NAMES}
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "deflated.npz", **arrays)
    np.save(FOLDER / "f32.npy", array("f4"))
    np.save(FOLDER / "big_endian.npy", array("f4").astype(">f4"))
    np.save(FOLDER / "fortran.npy", np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)))
    np.save(FOLDER / "fortran_big_endian.npy", np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)))
    np.save(FOLDER / "scalar.npy", np.float64(2.5))
    np.save(FOLDER / "no_elements.npy", np.zeros((3, 0, 2), np.float32))
    for version in (2, 3):
        with open(FOLDER / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, array("f4"), version=(version, 0))
    np.save(FOLDER / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    np.save(FOLDER / "records.npy", np.zeros(2, dtype=[("x", "f4"), ("y", "i4")]))
    np.save(FOLDER / "complex.npy", np.zeros(2, dtype="c8"))
    np.savez_compressed(FOLDER / "fortran.npz", a=np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)))

    # A shape so long that the header does not fit 128 bytes.
    np.savez_compressed(FOLDER / "long_header.npz", a=np.arange(2, dtype="f4").reshape([1] * 31 + [2]))

    # 64-bit sizes everywhere, as in archives beyond 4 GiB.
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 1
    with zipfile.ZipFile(FOLDER / "zip64.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", (FOLDER / "f32.npy").read_bytes())
        archive.writestr("b.npy", (FOLDER / "scalar.npy").read_bytes())
        archive.comment = b"a comment after the directory"
    zipfile.ZIP64_LIMIT = limit


def safetensors_files() -> None:
    kinds = {
        "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64,
        "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u64": torch.uint64, "u32": torch.uint32,
        "u16": torch.uint16, "u8": torch.uint8, "bool": torch.bool,
    }
    tensors = {}
    for name, kind in kinds.items():
        source = array("?") if name == "bool" else array("u8") if name.startswith("u") else array("f8")
        tensors[name] = torch.from_numpy(source.astype(np.float64)).to(kind)
    tensors["empty"] = torch.zeros(3, 0)
    tensors["scalar"] = torch.tensor(2.5)
    save_file(tensors, FOLDER / "every_dtype.safetensors", metadata={"format": "pt", "note": "nötig \"quoted\""})

    def write(name: str, header: object, data: bytes) -> None:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        (FOLDER / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

    def tensor(dtype="F32", shape=(2, 3), offsets=(0, 24)) -> dict:
        return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}

    data = bytes(range(24))
    write("cut_short", {"first": tensor(), "second": tensor(offsets=(24, 48))}, data + data[:17])
    write("wrong_offsets", {"weight": tensor(offsets=(0, 20))}, data[:20])
    write("overlap", {"first": tensor(), "second": tensor(offsets=(16, 40))}, data + data[:16])
    (FOLDER / "long_header.safetensors").write_bytes(struct.pack("<Q", 1 << 40) + b"{}")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    numpy_files()
    safetensors_files()


if __name__ == "__main__":
    main()
