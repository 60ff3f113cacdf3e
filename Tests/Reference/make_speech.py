#!/usr/bin/env python3
"""Writes zoo/data/speech.npz from Debian's package asterisk-core-sounds-en-wav (one English speaker at 8 kHz, CC-BY-SA-3.0).

    python Tests/Reference/make_speech.py [--package asterisk-core-sounds-en-wav_1.6.1-1_all.deb]

Without --package it is downloaded with apt-get. Of the prompts, in the order of their names, every eighth is taken; of these, every fifth is
held out. Prints what histograms need for the held-out samples. The same package and zlib write the same bytes.

The array `rows`, u8 [rows, 2049], holds samples as classes of the mu-law with 256 levels: first the rows to learn from, then those held out.
Row r of each part covers its samples 2048 r ... 2048 r + 2048, so that consecutive rows overlap by one: what is given is row[:2048], what is
to be predicted row[1:].
"""

import argparse
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from make_data import write_npz

PACKAGE = "asterisk-core-sounds-en-wav"
FOLDER = "usr/share/asterisk/sounds/en_US_f_Allison"
DATA = Path(__file__).resolve().parents[2] / "zoo" / "data"
LENGTH, LEVELS, RATE = 2048, 256, 8000
EVERY, HELD_OUT = 8, 5
QUIET, MARGIN = 0.01, 400  # what is quieter at the ends of a prompt is cut off, but for so many samples


def download(folder: Path) -> Path:
    subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, capture_output=True)
    return next(folder.glob(f"{PACKAGE}_*.deb"))


def mu_law(x: np.ndarray) -> np.ndarray:
    """Classes, as core.mu_law_encode gives them."""
    mu = LEVELS - 1
    return np.floor((np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu) + 1) / 2 * mu + 0.5).astype(np.uint8)


def prompt(path: Path) -> np.ndarray | None:
    """Samples from -1 to 1 without the silence around them; None: there is nothing else."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2), path
        x = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    loud = np.flatnonzero(np.abs(x) > QUIET)
    return x[max(loud[0] - MARGIN, 0) : loud[-1] + MARGIN] if len(loud) else None


def rows(classes: np.ndarray) -> np.ndarray:
    count = (len(classes) - 1) // LENGTH
    return np.stack([classes[r * LENGTH : (r + 1) * LENGTH + 1] for r in range(count)])


def bits(train: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """What a held-out sample takes with the frequencies of the samples to learn from: by itself, and given the one before."""
    given, wanted = train[:, :-1].ravel(), train[:, 1:].ravel()
    single = np.bincount(wanted, minlength=LEVELS) + 0.5
    single = single / single.sum()
    pairs = np.zeros((LEVELS, LEVELS))
    np.add.at(pairs, (given, wanted), 1)
    # Where a class was seldom seen before, the frequencies by themselves say as much as five more sightings.
    pairs = (pairs + 5 * single) / (pairs.sum(1, keepdims=True) + 5)
    given, wanted = test[:, :-1].ravel(), test[:, 1:].ravel()
    return {"order 0": -np.log2(single[wanted]).mean(), "order 1": -np.log2(pairs[given, wanted]).mean()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = arguments.package or download(Path(folder))
        subprocess.run(["dpkg", "-x", package, folder], check=True)
        files = sorted((Path(folder) / FOLDER).glob("*.wav"))[::EVERY]
        clips = [clip for clip in map(prompt, files) if clip is not None]
    parts = [clip for i, clip in enumerate(clips) if i % HELD_OUT != HELD_OUT - 1], clips[HELD_OUT - 1 :: HELD_OUT]
    train, test = (rows(mu_law(np.concatenate(part))) for part in parts)
    path = DATA / "speech.npz"
    write_npz(path, rows=np.concatenate([train, test]))
    print(f"{path.name}: {len(parts[0])} and {len(parts[1])} prompts, {len(train)} and {len(test)} rows, {path.stat().st_size} bytes")
    print("bits per held-out sample:", *(f"{name} {value:.3f}" for name, value in bits(train, test).items()))


if __name__ == "__main__":
    main()
