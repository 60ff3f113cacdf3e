#!/usr/bin/env python3
"""Times zoo, PyTorch eager and ONNX Runtime in turn and writes the ratios to docs/performance.md.

    python Benchmarks/compare.py

Machines are noisy, so every round times all of them within a few seconds, and a ratio is the median of the rounds' ratios.
"""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from peers import ROOT, WORKLOADS, peers, times_ms, versions

TITLES = {"zoo": "zoo", "pytorch": "PyTorch eager", "onnxruntime": "ONNX Runtime"}
Rounds = dict[str, list[tuple[float, float]]]  # by competitor: each round's median and minimum in ms


def zoo(binary: Path, *arguments: str) -> str:
    try:
        return subprocess.run([binary, *arguments], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    except FileNotFoundError:
        sys.exit(f"there is no {binary}; build it first, or name it with --zoo")
    except subprocess.CalledProcessError as failure:  # zoo has said on stderr what is wrong
        sys.exit(failure.returncode)


def time_zoo(binary: Path, name: str, threads: int) -> tuple[float, float]:
    workload = WORKLOADS[name]
    arguments = ["bench", workload.model, "--json", "--batch", str(workload.batch), "--threads", str(threads)]
    report = json.loads(zoo(binary, *arguments, *(["--train"] if workload.train else [])))
    return report["median_ms"], report["minimum_ms"]


def check_size(binary: Path, name: str) -> None:
    """A peer of another size is no peer."""
    ours = json.loads(zoo(binary, "info", WORKLOADS[name].model, "--json"))["totals"]["parameters"]
    theirs = sum(parameter.numel() for parameter in WORKLOADS[name].module().parameters())
    if ours != theirs:
        sys.exit(f"{name}: zoo's model has {ours} parameters, PyTorch's {theirs}")


def measure(name: str, arguments: argparse.Namespace) -> Rounds:
    check_size(arguments.zoo, name)
    calls = peers(name, arguments.threads, onnx=True)
    rounds: Rounds = {competitor: [] for competitor in ["zoo", *calls]}
    for _ in range(arguments.rounds):
        rounds["zoo"].append(time_zoo(arguments.zoo, name, arguments.threads))
        for peer, call in calls.items():
            times = times_ms(call)
            rounds[peer].append((statistics.median(times), min(times)))
    return rounds


def row(name: str, rounds: Rounds) -> list[str]:
    def time(competitor: str) -> str:
        if competitor not in rounds:
            return ""
        medians, minima = zip(*rounds[competitor])
        return f"{statistics.median(medians):.3g} ({min(minima):.3g})"

    def ratio(peer: str) -> str:
        if peer not in rounds:
            return ""
        each = [theirs / ours for (theirs, _), (ours, _) in zip(rounds[peer], rounds["zoo"])]
        return f"{statistics.median(each):.2f}x"

    return [name, *map(time, TITLES), ratio("pytorch"), ratio("onnxruntime")]


def processor() -> str:
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return f"{names[0]}, {os.cpu_count()} cores" if names else f"{os.cpu_count()} cores"


def document(results: dict[str, Rounds], arguments: argparse.Namespace) -> str:
    software = {"zoo": zoo(arguments.zoo, "--version").strip().removeprefix("zoo "), **versions()}
    head = ["workload", *TITLES.values(), "zoo over PyTorch", "zoo over ONNX Runtime"]
    table = [head, ["---", *["---:"] * (len(head) - 1)], *(row(name, rounds) for name, rounds in results.items())]
    return f"""# Performance

Written by `python Benchmarks/compare.py`; run it to have your own machine's numbers.

- Date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d}
- Processor: {processor()}; {arguments.threads} threads, f32
- Versions: {", ".join(f"{name} {version}" for name, version in software.items())}

Milliseconds: the median of {arguments.rounds} rounds' medians, and in brackets the fastest call. Each round times all of them in turn.
A ratio above 1 says that zoo is so many times faster. `b64` is a batch of 64; `train` is one step: forward, backward, Adam.

{chr(10).join("| " + " | ".join(cells) + " |" for cells in table)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--zoo", type=Path, default=ROOT / ".build" / "release" / "zoo", help="the binary")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.workloads) - set(WORKLOADS):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    arguments.zoo = arguments.zoo.resolve()

    text = document({name: measure(name, arguments) for name in arguments.workloads}, arguments)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
