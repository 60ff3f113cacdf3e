#!/usr/bin/env python3
"""Writes Tests/Fixtures/images: images of every type that the image codec reads, and what Pillow reads from them.

    python Tests/Reference/make_images.py

`expected.safetensors` holds `<file>/<channels>` as uint8 [H, W, C] and `resize/<mode>/<filter>/<case>` as float32.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

FOLDER = Path(__file__).resolve().parents[1] / "Fixtures" / "images"
WIDTH, HEIGHT = 37, 23
expected: dict[str, np.ndarray] = {}


def picture(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """RGBA [H, W, 4]: slopes, a disc, an edge and some noise, different in every channel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    disc = (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (height * 0.3) ** 2
    noise = np.random.RandomState(7).randint(0, 40, (height, width, 3))
    red = 200 * x / width + 50 * disc
    green = 180 * y / height + 60 * (x > width * 0.3)
    blue = 120 + 100 * np.sin(x * 0.4) * np.cos(y * 0.3)
    alpha = np.clip(40 + 260 * (x + y) / (width + height), 0, 255)
    rgb = np.clip(np.stack([red, green, blue], -1) + noise - 20, 0, 255)
    return np.concatenate([rgb, alpha[..., None]], -1).round().astype(np.uint8)


def luma(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).convert("L"))[..., None]


def on_black(rgba: np.ndarray) -> np.ndarray:
    value, alpha = rgba[..., :-1].astype(np.int64), rgba[..., -1:].astype(np.int64)
    return ((value * alpha + 127) // 255).astype(np.uint8)


def expect(name: str, image: np.ndarray) -> None:
    """`image` is [H, W, C] as the file has it; C as in Pillow's L, LA, RGB and RGBA."""
    channels = image.shape[-1]
    has_alpha = channels in (2, 4)
    seen = on_black(image) if has_alpha else image
    rgb = seen if seen.shape[-1] == 3 else seen.repeat(3, -1)
    expected[f"{name}/1"] = seen if seen.shape[-1] == 1 else luma(seen)
    expected[f"{name}/3"] = np.ascontiguousarray(rgb)
    raw = image[..., :-1] if has_alpha else image
    raw = raw if raw.shape[-1] == 3 else raw.repeat(3, -1)
    alpha = image[..., -1:] if has_alpha else np.full_like(image[..., :1], 255)
    expected[f"{name}/4"] = np.ascontiguousarray(np.concatenate([raw, alpha], -1))


def read(data: bytes, mode: str) -> np.ndarray:
    array = np.asarray(Image.open(io.BytesIO(data)).convert(mode))
    return array if array.ndim == 3 else array[..., None]


def write(name: str, data: bytes, mode: str | None = None) -> None:
    """Writes a file and, with a mode, what Pillow reads from it in that mode."""
    (FOLDER / name).write_bytes(data)
    if mode:
        expect(name, read(data, mode))


def saved(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, color: int, rows: bytes, interlaced: bool = False, extra: bytes = b"") -> bytes:
    """A PNG from filtered rows, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def unfiltered(image: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in image)


def adam7(image: np.ndarray) -> bytes:
    steps = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    passes = [image[y::dy, x::dx] for y, x, dy, dx in steps]
    return b"".join(unfiltered(part) for part in passes if part.size)


def pngs() -> None:
    rgba = picture()
    rgb = np.ascontiguousarray(rgba[..., :3])
    grey = luma(rgb)[..., 0]
    alpha = rgba[..., 3]
    write("rgb.png", saved(Image.fromarray(rgb), format="PNG"), "RGB")
    write("rgba.png", saved(Image.fromarray(rgba), format="PNG"), "RGBA")
    write("grey.png", saved(Image.fromarray(grey), format="PNG"), "L")
    write("grey_alpha.png", saved(Image.fromarray(np.stack([grey, alpha], -1), mode="LA"), format="PNG"), "LA")
    write("bilevel.png", saved(Image.fromarray(grey > 110), format="PNG"), "L")
    write("interlaced.png", png(WIDTH, HEIGHT, 8, 2, adam7(rgb), interlaced=True), "RGB")

    palette = Image.fromarray(rgb).quantize(colors=13)
    write("palette.png", saved(palette, format="PNG", bits=4), "RGB")
    write("palette_alpha.png", saved(palette, format="PNG", bits=4, transparency=bytes(range(10, 140, 10))), "RGBA")

    # 16 bits become 8 by rounding: v / 257.
    fine = rgb.astype(np.uint32) * 257 + np.random.RandomState(3).randint(-128, 129, rgb.shape)
    fine = np.clip(fine.astype(np.int64), 0, 65535).astype(">u2")
    write("rgb16.png", png(WIDTH, HEIGHT, 16, 2, unfiltered(fine)))
    expect("rgb16.png", np.round(fine.astype(np.float64) / 257).astype(np.uint8))
    write("grey16.png", png(WIDTH, HEIGHT, 16, 0, unfiltered(fine[..., 0])))
    expect("grey16.png", np.round(fine[..., :1].astype(np.float64) / 257).astype(np.uint8))

    write("cut_short.png", saved(Image.fromarray(rgb), format="PNG")[:1500])
    write("empty.png", b"")
    write("huge.png", png(100_000, 100_000, 8, 0, b"\0" * 100))


def jpegs() -> None:
    rgb = Image.fromarray(np.ascontiguousarray(picture()[..., :3]))
    write("rgb.jpg", saved(rgb, format="JPEG", quality=88), "RGB")
    write("rgb444.jpg", saved(rgb, format="JPEG", quality=88, subsampling=0), "RGB")
    write("progressive.jpg", saved(rgb, format="JPEG", quality=88, progressive=True), "RGB")
    write("grey.jpg", saved(rgb.convert("L"), format="JPEG", quality=88), "L")
    write("cmyk.jpg", saved(rgb.convert("CMYK"), format="JPEG", quality=88), "RGB")
    write("cut_short.jpg", saved(rgb, format="JPEG", quality=88)[:1000])

    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera"
    turned = saved(rgb.resize((11, 6)), format="JPEG", quality=95, exif=exif)
    (FOLDER / "turned.jpg").write_bytes(turned)
    at = turned.index(b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06") + 9  # tests write other orientations here
    for orientation in range(1, 9):
        patched = turned[:at] + bytes([orientation]) + turned[at + 1 :]
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(patched)))
        expected[f"turned.jpg/orientation {orientation}"] = np.asarray(upright)

    huge = bytearray(saved(Image.new("L", (8, 8)), format="JPEG"))
    frame = huge.index(b"\xff\xc0") + 5
    huge[frame : frame + 4] = struct.pack(">HH", 65_000, 65_000)
    write("huge.jpg", bytes(huge))


def resizes() -> None:
    """Pillow's own floating-point resizing of rgb.png, which rounds nothing on the way."""
    rgb = picture()[..., :3]
    filters = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    sizes = {"smaller": (11, 16), "larger": (50, 41), "one": (1, 1), "mixed": (20, 60)}  # height, width
    planes = [Image.fromarray(rgb[..., c].astype(np.float32)) for c in range(3)]

    def stack(make) -> np.ndarray:
        return (np.clip(np.stack([np.asarray(make(plane)) for plane in planes], -1), 0, 255) / 255).astype(np.float32)

    for name, method in filters.items():
        for case, (height, width) in sizes.items():
            key = f"{name}/{case}"
            expected[f"resize/stretch/{key}"] = stack(lambda p: p.resize((width, height), method))
            expected[f"resize/crop/{key}"] = stack(lambda p: ImageOps.fit(p, (width, height), method))
            expected[f"resize/fit/{key}"] = stack(lambda p: ImageOps.pad(p, (width, height), method, color=0))
    # torchvision's Resize and CenterCrop: the shorter side to so many pixels, and the middle of that.
    for name, method in filters.items():
        for case, shorter, (height, width) in [("smaller", 16, (11, 14)), ("larger", 40, (33, 64)), ("exact", 23, (23, 23))]:
            resized = shorter * WIDTH // HEIGHT
            top, left = round((shorter - height) / 2), round((resized - width) / 2)
            box = (left, top, left + width, top + height)
            expected[f"resize/shorter side {shorter}/{name}/{case}"] = stack(lambda p: p.resize((resized, shorter), method).crop(box))
    # With alpha, colours count as much as they are seen.
    rgba = picture().astype(np.float32)
    alpha = rgba[..., 3:]
    seen = np.concatenate([rgba[..., :3] * (alpha / 255), alpha], -1)
    small = np.stack([np.asarray(Image.fromarray(seen[..., c]).resize((16, 11), filters["bilinear"])) for c in range(4)], -1)
    small[..., :3] *= 255 / small[..., 3:]
    expected["resize/alpha/bilinear/smaller"] = (small / 255).astype(np.float32)
    # And on 8 bits, as most programs do it: within 1/255 of the above.
    image = Image.fromarray(np.ascontiguousarray(rgb))
    expected["resize/8 bits/bilinear/smaller"] = np.asarray(image.resize((16, 11), Image.Resampling.BILINEAR))


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    pngs()
    jpegs()
    resizes()
    save_file({name: np.ascontiguousarray(array) for name, array in sorted(expected.items())}, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
