#!/usr/bin/env python3
"""Writes zoo/data/moons.npz: points on two interleaved half circles, and a grid to draw a density on.

    python Tests/Reference/make_moons.py

`points`, f32 [6000, 2]: a point at a random angle on one of the two, with normal noise of deviation 0.1 on both coordinates, as scikit-learn's
`make_moons` has them; the last 1,000 are held out. `grid`, f32 [13824, 2]: the pixels of a picture of 96 rows and 144 columns that shows
-1.75 to 2.75 across and 1.75 down to -1.25. The same numbers come out each time.
"""

import numpy as np

from make_data import DATA, write_npz


def moons(count: int, random: np.random.Generator) -> np.ndarray:
    angle, lower = random.uniform(0, np.pi, count), random.integers(2, size=count) == 1
    x = np.where(lower, 1 - np.cos(angle), np.cos(angle))
    y = np.where(lower, 0.5 - np.sin(angle), np.sin(angle))
    return np.stack([x, y], 1) + random.normal(0, 0.1, (count, 2))


def grid(rows: int, columns: int) -> np.ndarray:
    x = -1.75 + 4.5 * (np.arange(columns) + 0.5) / columns
    y = 1.75 - 3 * (np.arange(rows) + 0.5) / rows
    return np.stack(np.meshgrid(x, y), 2).reshape(-1, 2)


def main() -> None:
    points = moons(6000, np.random.default_rng(0))
    write_npz(DATA / "moons.npz", points=points.astype(np.float32), grid=grid(96, 144).astype(np.float32))


if __name__ == "__main__":
    main()
