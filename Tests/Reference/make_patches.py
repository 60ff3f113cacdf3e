#!/usr/bin/env python3
"""Writes zoo/data/patches/: small pieces of two photos, a folder for each, as anyone's own photos would lie there.

    python Tests/Reference/make_patches.py
"""

from pathlib import Path

from PIL import Image

DATA = Path(__file__).resolve().parents[2] / "zoo" / "data"
SIDE = 48
COUNT = 24


def main() -> None:
    for name, photo in [("buildings", "china"), ("flowers", "flower")]:
        folder = DATA / "patches" / name
        folder.mkdir(parents=True, exist_ok=True)
        image = Image.open(DATA / "photos" / f"{photo}.jpg").convert("RGB")
        across, down = image.width // SIDE, image.height // SIDE
        places = [(i * 37) % (across * down) for i in range(COUNT)]
        assert len(set(places)) == COUNT
        for i, place in enumerate(places):
            left, top = place % across * SIDE, place // across * SIDE
            patch = image.crop((left, top, left + SIDE, top + SIDE))
            if i == 0:
                patch.save(folder / f"{i:02}.png", optimize=True)
            else:
                patch.save(folder / f"{i:02}.jpg", quality=80)


if __name__ == "__main__":
    main()
