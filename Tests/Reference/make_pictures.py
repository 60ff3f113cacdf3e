#!/usr/bin/env python3
"""Writes docs/images/models/: what the zoo's models say and draw, with their committed weights.

    python Tests/Reference/make_pictures.py --zoo .build/release/zoo [MODEL ...]

Without names, every model's. Run it from anywhere; the families must be in zoo/plugins. Images are what `zoo run` writes, each pixel made
larger; the rest is drawn here as SVG, in colours that do on light and on dark pages. char-gpt and char-lstm share one picture.
"""

import argparse
import json
import subprocess
import tempfile
import wave
from pathlib import Path

import networkx
import numpy as np
from PIL import Image

from text_cnn import DATA as VERSES, LEARNED as LEARNED_VERSES, bags, naive_bayes, told
from trigram import DATA as TEXT, LEARNED, bits, text

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "images" / "models"
ORDERS = ["unigram", "bigram", "trigram"]

STYLE = """
    text { fill: #1f2328 }
    .quiet { fill: #59636e } .inside { fill: #ffffff }
    .line { stroke: #818b98; fill: none }
    .blue { fill: #0969da } .orange { fill: #bc4c00 } .grey { fill: #818b98 }
    .dots { stroke: #0969da } .ring { stroke: #d1242f; fill: none }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .quiet { fill: #9198a1 } .inside { fill: #0d1117 }
      .line { stroke: #656c76 }
      .blue { fill: #4493f8 } .orange { fill: #f0883e }
      .dots { stroke: #4493f8 } .ring { stroke: #ff7b72 }
    }
"""


class Zoo:
    """The command, and a folder for what it reads and writes."""

    def __init__(self, command: Path, folder: Path) -> None:
        self.command, self.folder = command.resolve(), folder

    def run(self, *arguments: object) -> dict:
        """The outputs of `zoo run`."""
        command = [self.command, "run", *map(str, arguments), "--json"]
        return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)["outputs"]

    def file(self, name: str, **arrays: np.ndarray) -> Path:
        """A file to give to `run`: .npy of the one array, .npz of them all."""
        path = self.folder / name
        if path.suffix == ".npz":
            np.savez(path, **arrays)
        else:
            np.save(path, next(iter(arrays.values())))
        return path

    def graph(self, model: str) -> None:
        """What `zoo draw` draws of a model."""
        subprocess.run([self.command, "draw", model, "-o", PICTURES / f"{model}-graph.svg"], cwd=ROOT, check=True)

    def picture(self, output: str, *arguments: object, scale: int = 1, to: str) -> None:
        """What `run` draws at an output, with `scale` by `scale` pixels for each."""
        drawn = self.folder / "drawn.png"
        self.run(*arguments, "--output", f"{output}={drawn}")
        image = Image.open(drawn)
        size = (image.width * scale, image.height * scale)
        image.resize(size, Image.Resampling.NEAREST).save(PICTURES / to, optimize=True)


def write_svg(name: str, width: int, height: int, title: str, body: list[str]) -> None:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="14">'
    lines = [head, f"  <title>{title}</title>", f"  <style>{STYLE}  </style>", *(f"  {line}" for line in body), "</svg>", ""]
    (PICTURES / name).write_text("\n".join(lines))


def pixels(image: np.ndarray, x: float, y: float, scale: float, levels: int = 8) -> list[str]:
    """A grey image as paths, one for each level of grey, of runs along the rows."""
    quantised = np.rint(image / 255 * (levels - 1)).astype(int)
    paths = []
    for level in range(1, levels):
        runs = []
        for row in range(image.shape[0]):
            columns = np.flatnonzero(np.diff(np.pad(quantised[row] == level, 1).astype(int)))
            runs += [f"M{start} {row}h{stop - start}v1h{start - stop}z" for start, stop in columns.reshape(-1, 2)]
        grey = round(255 * level / (levels - 1))
        if runs:
            paths.append(f'<path fill="#{grey:02x}{grey:02x}{grey:02x}" transform="translate({x} {y}) scale({scale})" d="{"".join(runs)}"/>')
    return paths


def lenet5(zoo: Zoo) -> None:
    """Its graph, the ten samples, and what LeNet-5 reads."""
    zoo.graph("lenet5")
    body, tile, gap = [], 84, 12
    for i in range(10):
        file = ROOT / "zoo" / "data" / "samples" / f"{i}.png"
        read = zoo.run("lenet5", "--input", file)["digit"][0]
        x, y = gap + i % 5 * (tile + gap), gap + i // 5 * (tile + 48)
        body += [f'<rect x="{x}" y="{y}" width="{tile}" height="{tile}" rx="6"/>', *pixels(np.array(Image.open(file)), x, y, tile / 28)]
        body.append(f'<text x="{x}" y="{y + tile + 20}" font-weight="600">{read["label"]}</text>')
        body.append(f'<text class="quiet" x="{x + tile}" y="{y + tile + 20}" text-anchor="end">{read["probability"]:.2%}</text>')
    write_svg("lenet5.svg", 5 * (tile + gap) + gap, 2 * (tile + 48) + gap, "Ten digits and what LeNet-5 reads", body)


def characters(zoo: Zoo) -> None:
    """The transformer's graph, and held-out bits per character."""
    zoo.graph("char-gpt")
    rows = np.load(TEXT)["rows"]
    given, held_out = text(rows[:LEARNED]), text(rows[LEARNED:])
    bars = [(name, bits(given, held_out, order)) for order, name in enumerate(ORDERS, start=1)]
    bars += [("char-gpt", gpt_bits(zoo, rows[LEARNED:])), ("char-lstm", lstm_bits(zoo, rows[LEARNED:]))]
    body, unit, left = [], 110, 92
    for i, (name, value) in enumerate(bars):
        y = 14 + 38 * i
        kind = "blue" if name.startswith("char") else "grey"
        body.append(f'<text x="{left - 10}" y="{y + 18}" text-anchor="end">{name}</text>')
        body.append(f'<rect class="{kind}" x="{left}" y="{y}" width="{value * unit:.1f}" height="26" rx="3"/>')
        body.append(f'<text x="{left + value * unit + 8:.1f}" y="{y + 18}" font-weight="600">{value:.2f}</text>')
    y = 14 + 38 * len(bars) + 10
    body.append(f'<text class="quiet" x="{left}" y="{y}">Bits for each character of the 26 chapters held out; fewer is better.</text>')
    write_svg("text.svg", 640, y + 14, "Held-out bits per character", body)


def gpt_bits(zoo: Zoo, rows: np.ndarray) -> float:
    rows = zoo.file("rows.npy", rows=rows.astype(np.int64))
    return zoo.run("char-gpt", "--graph", "learn", "--input", f"rows={rows}")["bits"]


def lstm_bits(zoo: Zoo, rows: np.ndarray, streams: int = 32) -> float:
    """As training measures them: 32 streams, each read from its start to its end with the state that it has left."""
    rows = rows[: len(rows) // streams * streams].reshape(streams, -1, rows.shape[1]).astype(np.int64)
    given, wanted = rows[:, :, :-1].reshape(streams, -1), rows[:, :, 1:].reshape(streams, -1)
    state = zoo.file("state.npy", state=np.zeros((streams, 384), np.float32))
    logits = zoo.folder / "logits.npy"
    inputs = {"text": zoo.file("text.npy", text=given), "h": state, "c": state}
    zoo.run("char-lstm", "--graph", "read", *(f"--input={name}={file}" for name, file in inputs.items()), "--output", f"logits={logits}")
    scores = np.load(logits).astype(np.float64)
    nats = np.log(np.exp(scores).sum(2)) - np.take_along_axis(scores, wanted[:, :, None], 2)[:, :, 0]
    return float(nats.mean() / np.log(2))


def karate(zoo: Zoo) -> None:
    """The club's friendships; members in the colour that the model tells, ringed where it is wrong."""
    data = np.load(ROOT / "zoo" / "data" / "karate.npz")
    told = [member[0]["index"] for member in zoo.run("karate-gcn")["club"]]
    graph = networkx.Graph(data["edges"].T.tolist())
    places = networkx.spring_layout(graph, seed=8, k=0.25, iterations=300)
    corner, far = np.min(list(places.values()), 0), np.max(list(places.values()), 0)
    place = {node: (at - corner) / (far - corner) * (560, 340) + (30, 30) for node, at in places.items()}
    ends = (f"M{place[a][0]:.0f} {place[a][1]:.0f}L{place[b][0]:.0f} {place[b][1]:.0f}" for a, b in graph.edges)
    body = [f'<path class="line" d="{"".join(ends)}"/>']
    for node in sorted(graph.nodes):
        x, y = place[node]
        labelled = data["target"][node] >= 0
        body.append(f'<circle class="{["blue", "orange"][told[node]]}" cx="{x:.0f}" cy="{y:.0f}" r="{15 if labelled else 11}"/>')
        if told[node] != data["labels"][node]:
            body.append(f'<circle class="ring" stroke-width="3" cx="{x:.0f}" cy="{y:.0f}" r="16"/>')
        body.append(f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" class="inside" font-size="11">{node}</text>')
    keys = [("blue", 8, "Mr. Hi's"), ("orange", 8, "the officers'"), ("ring", 8, "told wrong")]
    for i, (kind, radius, words) in enumerate(keys):
        body.append(f'<circle class="{kind}" stroke-width="3" cx="{38 + 130 * i}" cy="425" r="{radius}"/>')
        body.append(f'<text x="{54 + 130 * i}" y="430">{words}</text>')
    body.append('<text class="quiet" x="590" y="430" text-anchor="end">large: labelled</text>')
    write_svg("karate-gcn.svg", 620, 450, "The karate club as the model tells it", body)


def moons(zoo: Zoo) -> None:
    """The density, finer than the sample's, and points drawn from it."""
    rows, columns = 288, 432
    x, y = -1.75 + 4.5 * (np.arange(columns) + 0.5) / columns, 1.75 - 3 * (np.arange(rows) + 0.5) / rows
    grid = np.stack(np.meshgrid(x, y), 2).reshape(-1, 2).astype(np.float32)
    settings = ("--set", f"rows={rows}", "--set", f"columns={columns}")
    zoo.picture("picture", "moons-flow", *settings, "--input", f"pixels={zoo.file('grid.npz', grid=grid)}", to="moons-flow.png")
    drawn = zoo.run("moons-flow", "--graph", "draw", "--seed", 1)["points"]
    dots = "".join(f"M{(x + 1.75) * 96:.0f} {(1.75 - y) * 96:.0f}h0" for x, y in drawn)
    dots = f'<path class="dots" stroke-width="4" stroke-linecap="round" stroke-opacity="0.75" d="{dots}"/>'
    write_svg("moons-points.svg", columns, rows, "1,000 points that the flow drew", [dots])


def vae(zoo: Zoo) -> None:
    zoo.picture("image", "vae-mnist", "--graph", "decode", "--seed", 1, scale=2, to="vae-mnist.png")


def gan(zoo: Zoo) -> None:
    zoo.picture("image", "gan-mnist", "--set", "count=36", "--seed", 1, scale=2, to="gan-mnist.png")


def ddpm(zoo: Zoo) -> None:
    zoo.picture("image", "ddpm-mnist", "--seed", 1, scale=2, to="ddpm-mnist.png")


def unet(zoo: Zoo) -> None:
    """The sample and its mask, side by side."""
    mask = zoo.folder / "mask.png"
    zoo.run("unet", "--output", f"mask={mask}")
    sample = Image.open(ROOT / "zoo" / "data" / "samples" / "shapes.png")
    both = Image.new("L", (2 * sample.width + 4, sample.height), 255)
    both.paste(sample, (0, 0))
    both.paste(Image.open(mask).convert("L"), (sample.width + 4, 0))
    both.resize((both.width * 4, both.height * 4), Image.Resampling.NEAREST).save(PICTURES / "unet.png", optimize=True)


def wavenet(zoo: Zoo) -> None:
    """A second of the speaker and a second of the model, as loud as they are from one millisecond to the next."""
    file = zoo.folder / "sound.wav"
    zoo.run("wavenet", "--seed", 1, "--output", f"sound={file}")
    with wave.open(str(file)) as sound:
        drawn = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
    with np.load(ROOT / "zoo" / "data" / "speech.npz") as data:
        f = 2 * data["rows"][715:719, :2048].ravel() / 255.0 - 1
    spoken = (np.sign(f) * (256 ** np.abs(f) - 1) / 255)[:8000]
    body = []
    for i, (words, kind, x) in enumerate([("the speaker", "grey", spoken), ("WaveNet", "blue", drawn)]):
        middle, parts = 80 + 150 * i, x.reshape(-1, 8)
        top, bottom = middle - 60 * parts.max(1), middle - 60 * parts.min(1)
        line = "".join(f"M{20 + j * 0.6:.1f} {a:.1f}V{b + 0.5:.1f}" for j, (a, b) in enumerate(zip(top, bottom)))
        body.append(f'<path class="{"dots" if kind == "blue" else "line"}" stroke-width="0.7" d="{line}"/>')
        body.append(f'<text class="quiet" x="20" y="{middle - 58}">{words}</text>')
    body.append('<text class="quiet" x="620" y="302" text-anchor="end">one second</text>')
    write_svg("wavenet.svg", 640, 310, "A second of the speaker, and a second that WaveNet made", body)


def text_cnn(zoo: Zoo) -> None:
    """How many held-out verses each model tells right."""
    with np.load(VERSES) as data:
        words, label = data["words"], data["label"]
    learned, held_out, truth = (bags(words[:LEARNED_VERSES]), label[:LEARNED_VERSES]), words[LEARNED_VERSES:], label[LEARNED_VERSES:]
    right = {
        "the commonest kind": (truth == np.bincount(learned[1]).argmax()).mean(),
        "naive Bayes": (naive_bayes(*learned, bags(held_out)) == truth).mean(),
        "text-cnn": (told(held_out) == truth).mean(),
    }
    body = []
    for i, (words, fraction) in enumerate(sorted(right.items(), key=lambda item: item[1])):
        y = 14 + 38 * i
        body.append(f'<text x="142" y="{y + 18}" text-anchor="end">{words}</text>')
        kind = "blue" if words == "text-cnn" else "grey"
        body.append(f'<rect class="{kind}" x="152" y="{y}" width="{480 * fraction:.1f}" height="26" rx="3"/>')
        body.append(f'<text x="{160 + 480 * fraction:.1f}" y="{y + 18}" font-weight="600">{fraction:.1%}</text>')
    body.append('<text class="quiet" x="152" y="142">Of 3,082 verses of chapters held out, those told right.</text>')
    write_svg("text-cnn.svg", 640, 156, "Verses told right by three models", body)


PAINTERS = {
    "lenet5": lenet5, "char-lstm": characters, "char-gpt": characters, "karate-gcn": karate, "vae-mnist": vae, "moons-flow": moons,
    "gan-mnist": gan, "ddpm-mnist": ddpm, "unet": unet, "wavenet": wavenet, "text-cnn": text_cnn,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", type=Path, default=ROOT / ".build" / "release" / "zoo", help="the command")
    parser.add_argument("models", metavar="MODEL", nargs="*", help=", ".join(PAINTERS))
    arguments = parser.parse_args()
    if unknown := set(arguments.models) - set(PAINTERS):
        parser.error(f"no picture of {', '.join(sorted(unknown))}; there is {', '.join(PAINTERS)}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        zoo = Zoo(arguments.zoo, Path(folder))
        for paint in dict.fromkeys(PAINTERS[name] for name in arguments.models or PAINTERS):
            paint(zoo)


if __name__ == "__main__":
    main()
