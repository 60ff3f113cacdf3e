#!/usr/bin/env python3
"""Writes zoo/data/shapes.npz, grey discs, rectangles and triangles in noise and which pixels they cover, and a sample picture.

    python Tests/Reference/make_shapes.py

Prints what telling the shapes by their brightness alone is worth. The same NumPy and zlib write the same bytes.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from make_data import write_npz

DATA = Path(__file__).resolve().parents[2] / "zoo" / "data"
SIDE, TRAIN, HELD_OUT, LEVELS = 64, 800, 200, 16
NOISE = 0.15  # standard deviation, in units of the whole range from black to white
CLASSES = 2  # nothing, a shape
SEED, SAMPLE = 7, 15  # the sample is one of those held out, with a shape of each kind


def inside_disc(random: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    radius = random.uniform(7, 14)
    cx, cy = random.uniform(radius, SIDE - radius, 2)
    return (x - cx) ** 2 + (y - cy) ** 2 <= radius**2


def inside_rectangle(random: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """At any angle, no side shorter than half the other."""
    a, angle = random.uniform(7, 13), random.uniform(0, np.pi)
    b = a * random.uniform(0.5, 1)
    reach = np.hypot(a, b)
    cx, cy = random.uniform(reach, SIDE - reach, 2)
    along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
    across = (y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)
    return (np.abs(along) <= a) & (np.abs(across) <= b)


def inside_triangle(random: np.random.RandomState, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Its corners are on a circle, no two nearer than a quarter of the way round."""
    radius = random.uniform(10, 16)
    cx, cy = random.uniform(radius, SIDE - radius, 2)
    gaps = random.dirichlet([3, 3, 3]) * np.pi / 2 + np.pi / 2
    angles = random.uniform(0, 2 * np.pi) + np.concatenate([[0], np.cumsum(gaps)[:2]])
    px, py = cx + radius * np.cos(angles), cy + radius * np.sin(angles)
    inside = np.ones_like(x, bool)
    for i in range(3):
        j = (i + 1) % 3
        inside &= (px[j] - px[i]) * (y - py[i]) - (py[j] - py[i]) * (x - px[i]) >= 0
    return inside


def picture(random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """An image [SIDE, SIDE] of LEVELS greys, and which of its pixels are a shape's."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    image, mask = np.full((SIDE, SIDE), random.uniform(0.2, 0.4)), np.zeros((SIDE, SIDE), bool)
    for _ in range(random.randint(1, 4)):
        shape = (inside_disc, inside_rectangle, inside_triangle)[random.randint(3)]
        inside = shape(random, x, y)
        image[inside], mask[inside] = random.uniform(0.65, 0.9), True
    image = image + NOISE * random.standard_normal((SIDE, SIDE))
    return np.rint(np.clip(image, 0, 1) * (LEVELS - 1)) * (255 // (LEVELS - 1)), mask


def iou(found: np.ndarray, truth: np.ndarray, classes: int) -> list[float]:
    """Of each class, the pixels that both say over those that either says."""
    return [((found == c) & (truth == c)).sum() / ((found == c) | (truth == c)).sum() for c in range(classes)]


def main() -> None:
    random = np.random.RandomState(SEED)
    image, mask = map(np.stack, zip(*(picture(random) for _ in range(TRAIN + HELD_OUT))))
    image, mask = image.astype(np.uint8), mask.astype(np.uint8)
    path = DATA / "shapes.npz"
    write_npz(path, image=image[..., None], mask=mask)
    Image.fromarray(image[TRAIN + SAMPLE]).save(DATA / "samples" / "shapes.png", optimize=True)

    best = max(range(256), key=lambda t: iou(image[:TRAIN] > t, mask[:TRAIN], CLASSES)[1])
    ratios = iou(image[TRAIN:] > best, mask[TRAIN:], CLASSES)
    print(f"{path.stat().st_size} bytes; {mask.mean():.1%} of the pixels are a shape's")
    print(f"held out, by the best threshold ({best}): IoU of nothing {ratios[0]:.4f}, of shapes {ratios[1]:.4f}, mean {np.mean(ratios):.4f}")


if __name__ == "__main__":
    main()
