#!/usr/bin/env python3
"""Writes zoo/data/verses.npz and verses.words.txt from Debian's package sword-text-web (the World English Bible, public domain).

    python Tests/Reference/make_verses.py [--package sword-text-web_426.0-1_all.deb]

Without --package it is downloaded with apt-get. Each row is a verse and the kind of book that it is from; every tenth chapter is held out. The same package writes the same bytes.

A word is a run of letters, lower case, with apostrophes between them, by its line in verses.words.txt, counted from 0: line 0 fills rows up, line 1 is every word
that the verses to learn from have fewer than three times.
"""

import argparse
import collections
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from make_data import write_npz
from make_text import MODULE, PACKAGE, download, entries, plain

DATA = Path(__file__).resolve().parents[2] / "zoo" / "data"
KINDS = {
    "law": "Gen Exod Lev Num Deut",
    "history": "Josh Judg Ruth 1Sam 2Sam 1Kgs 2Kgs 1Chr 2Chr Ezra Neh Esth",
    "wisdom": "Job Prov Eccl",
    "songs": "Ps Song Lam",
    "prophets": "Isa Jer Ezek Dan Hos Joel Amos Obad Jonah Mic Nah Hab Zeph Hag Zech Mal",
    "gospels": "Matt Mark Luke John",
    "acts": "Acts",
    "letters": "Rom 1Cor 2Cor Gal Eph Phil Col 1Thess 2Thess 1Tim 2Tim Titus Phlm Heb Jas 1Pet 2Pet 1John 2John 3John Jude",
    "revelation": "Rev",
}
BOOKS = {book: kind for kind, books in enumerate(KINDS.values()) for book in books.split()}
PADDING, UNKNOWN = "-", "?"
LEAST, LENGTH = 3, 48


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower())


def verses(module: Path) -> list[tuple[list[str], int, int]]:
    """The words of each verse, its kind of book, and its chapter, counted over all books; the Greek additions to Daniel are left out."""
    found, kind, chapter = [], None, -1
    for entry in entries(module, "ot") + entries(module, "nt"):
        if heading := re.search(r'<chapter [^>]*sID="(\w+)\.', entry):
            kind, chapter = BOOKS.get(heading[1]), chapter + 1
        elif kind is not None and (text := words(plain(entry))):
            found.append((text, kind, chapter))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = arguments.package or download(Path(folder))
        subprocess.run(["dpkg", "-x", package, folder], check=True)
        every = verses(Path(folder) / MODULE)
    parts = [[v for v in every if v[2] % 10 != 9], [v for v in every if v[2] % 10 == 9]]
    counts = collections.Counter(word for text, _, _ in parts[0] for word in text)
    vocabulary = [PADDING, UNKNOWN, *sorted(word for word, count in counts.items() if count >= LEAST)]
    number = {word: i for i, word in enumerate(vocabulary)}
    tokens = np.zeros((len(every), LENGTH), np.int32)
    for row, (text, _, _) in zip(tokens, parts[0] + parts[1]):
        known = [number.get(word, 1) for word in text[:LENGTH]]
        row[: len(known)] = known
    label = np.array([kind for _, kind, _ in parts[0] + parts[1]], np.uint8)
    write_npz(DATA / "verses.npz", words=tokens, label=label)
    (DATA / "verses.words.txt").write_text("\n".join(vocabulary) + "\n")

    long = sum(len(text) > LENGTH for text, _, _ in every)
    print(f"{len(parts[0])} and {len(parts[1])} verses, {long} cut to {LENGTH} words; {len(vocabulary)} words")
    print(dict(zip(KINDS, np.bincount(label).tolist())))


if __name__ == "__main__":
    main()
