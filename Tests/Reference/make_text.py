#!/usr/bin/env python3
"""Writes zoo/data/gospel-characters.npz from Debian's package sword-text-web (the World English Bible, public domain).

    python Tests/Reference/make_text.py [--package sword-text-web_426.0-1_all.deb]

Without --package it is downloaded with apt-get. The text is the New Testament: a verse a line, an empty line after each chapter, markup and
notes taken out, typographic quotes and dashes made plain. Every tenth chapter is held out. The same package writes the same bytes.

The array `rows`, u8 [rows, 129], holds characters by their number in ALPHABET: first the rows to learn from, then those held out. Row r of each
part covers its characters 128 r ... 128 r + 128, so that consecutive rows overlap by one: what is given is row[:128], what is to be predicted
row[1:].
"""

import argparse
import html
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np

from make_data import write_npz

PACKAGE = "sword-text-web"
MODULE = "usr/share/sword/modules/texts/ztext/engWEB2015eb"
DATA = Path(__file__).resolve().parents[2] / "zoo" / "data"
ALPHABET = "\n !\"'(),-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 128
PLAIN = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": " - ", "\u2013": "-", "\u2011": "-", "\u00a0": " ", "\u2026": "..."}


def download(folder: Path) -> Path:
    subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, capture_output=True)
    return next(folder.glob(f"{PACKAGE}_*.deb"))


def entries(module: Path, testament: str = "nt") -> list[str]:
    """The entries of a testament in their order: introductions, chapter headings, verses.

    A zText module is three files: .bzs (offset, size and unpacked size of each zlib block of .bzz, all u32) and .bzv (u32 block, u32
    offset in it and u16 length of each entry), little-endian.
    """
    blocks_index, verses_index, packed = ((module / f"{testament}.{end}").read_bytes() for end in ("bzs", "bzv", "bzz"))
    blocks = [zlib.decompress(packed[o : o + size]) for o, size, _ in struct.iter_unpack("<III", blocks_index)]
    return [blocks[b][o : o + size].decode() if size else "" for b, o, size in struct.iter_unpack("<IIH", verses_index)]


def plain(markup: str) -> str:
    text = re.sub(r"<note\b.*?</note>", " ", markup, flags=re.S)
    text = re.sub(r"<title\b.*?</title>", " ", text, flags=re.S)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    for typographic, ascii_ in PLAIN.items():
        text = text.replace(typographic, ascii_)
    text = "".join(c for c in text if c in ALPHABET or c.isspace())
    return re.sub(r" ([,.;:?!])", r"\1", re.sub(r"\s+", " ", text)).strip()


def chapters(module: Path) -> list[str]:
    found: list[list[str]] = []
    for entry in entries(module):
        if re.search(r'<chapter [^>]*sID=', entry):
            found.append([])
        verse = plain(entry)
        if verse and found:
            found[-1].append(verse)
    return ["\n".join(verses) + "\n\n" for verses in found if verses]


def rows(text: str) -> np.ndarray:
    number = {c: i for i, c in enumerate(ALPHABET)}
    tokens = np.array([number[c] for c in text], dtype=np.uint8)
    count = (len(tokens) - 1) // LENGTH
    return np.stack([tokens[r * LENGTH : (r + 1) * LENGTH + 1] for r in range(count)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = arguments.package or download(Path(folder))
        subprocess.run(["dpkg", "-x", package, folder], check=True)
        parts = chapters(Path(folder) / MODULE)
    train = "".join(part for i, part in enumerate(parts) if i % 10 != 9)
    test = "".join(part for i, part in enumerate(parts) if i % 10 == 9)
    path = DATA / "gospel-characters.npz"
    learned, held_out = rows(train), rows(test)
    write_npz(path, rows=np.concatenate([learned, held_out]))
    print(f"{path.name}: {len(parts)} chapters, {len(learned)} rows to learn from, {len(held_out)} held out, {path.stat().st_size} bytes")
    print(repr(ALPHABET), len(ALPHABET))


if __name__ == "__main__":
    main()
