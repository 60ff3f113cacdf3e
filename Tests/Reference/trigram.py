#!/usr/bin/env python3
"""Held-out bits per character of character n-gram models on zoo/data/gospel-characters.npz.

    python Tests/Reference/trigram.py

Interpolated Witten-Bell smoothing down to a uniform distribution: an order's weight grows with how often its context was seen, and falls
with how many different characters followed it (Witten & Bell 1991, doi:10.1109/18.87000).
"""

from collections import Counter, defaultdict
from math import log2
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "zoo" / "data" / "gospel-characters.npz"
CHARACTERS = 75
LEARNED = 6526  # rows; the rest are held out


def text(rows: np.ndarray) -> bytes:
    return rows[:, :-1].tobytes() + rows[-1, -1:].tobytes()


def bits(train: bytes, test: bytes, order: int) -> float:
    followers = [defaultdict(Counter) for _ in range(order)]
    for i, character in enumerate(train):
        for n in range(min(order, i + 1)):
            followers[n][train[i - n : i]][character] += 1
    total = 0.0
    for i in range(2, len(test)):  # every order predicts the same characters
        probability = 1 / CHARACTERS
        for n in range(order):
            counts = followers[n].get(test[i - n : i])
            if counts:
                seen, kinds = counts.total(), len(counts)
                probability = (counts[test[i]] + kinds * probability) / (seen + kinds)
        total -= log2(probability)
    return total / (len(test) - 2)


def main() -> None:
    rows = np.load(DATA)["rows"]
    train, test = text(rows[:LEARNED]), text(rows[LEARNED:])
    for order, name in enumerate(["unigram", "bigram", "trigram"], start=1):
        print(f"{name}: {bits(train, test, order):.3f} bits per character")


if __name__ == "__main__":
    main()
