#!/usr/bin/env python3
"""Times zoo, PyTorch eager, torch.compile and ONNX Runtime in turn and writes the ratios to docs/performance.md.

    python Benchmarks/compare.py                          # everything
    python Benchmarks/compare.py vgg16.b1 --rounds 3      # one row; the others stay as they are

Machines are noisy, so every round times all of them within a few seconds, and a ratio is the median of the rounds' ratios. The numbers
behind the page are in docs/performance.json; rows that were measured on another machine, or beside other versions, are dropped.
"""

import argparse
import datetime
import json
import statistics
import sys
import tempfile
from pathlib import Path

import page
import process
from peers import LOSS_TOLERANCE, PEERS, TOLERANCE, in_bf16, peers, times_ms, training_step, versions
from workloads import ROOT, WORKLOADS, Case, Zoo, difference

BF16 = ["alexnet.b1", "vgg16.b1", "inception.b1", "resnet50.b1", "resnet50.b8", "unet256.b1"]  # that are timed in bf16 too
MEMORY = {"vgg16.b1": "vgg16"}  # workloads whose processes' memory is compared, and torchvision's name of the model


def compare(case: Case, arguments: argparse.Namespace) -> dict[str, float]:
    """How far zoo's answers are from PyTorch's; ends the program if that is too far."""
    if case.workload.is_random:
        return {}
    if case.workload.train:
        ours = case.bench(arguments.threads, 0.01)["losses"]
        state = {name: tensor.clone() for name, tensor in case.module.state_dict().items()}
        step = training_step(case)
        theirs = [float(step()) for _ in ours]
        case.module.load_state_dict(state)
        errors = [abs(our - their) / abs(their) for our, their in zip(ours, theirs)]
        result = {"first_loss": errors[0], "later_losses": max(errors[1:], default=0.0)}
        agrees = result["first_loss"] <= TOLERANCE and result["later_losses"] <= LOSS_TOLERANCE
    else:
        result = {"outputs": difference(case.outputs(arguments.threads), case.expected())}
        agrees = result["outputs"] <= TOLERANCE
    if not agrees:
        sys.exit(f"{case.workload.model}: zoo differs from PyTorch: {result}")
    return result


def measure(name: str, zoo: Zoo, arguments: argparse.Namespace) -> dict:
    """Everything about one workload, as the page's JSON keeps it."""
    with tempfile.TemporaryDirectory(prefix="zoo-benchmark-") as folder:
        case = Case(WORKLOADS[name], zoo, Path(folder))
        row: dict = {"date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", "train": case.workload.train}
        row["differences"] = compare(case, arguments)
        if name in MEMORY and "pytorch" in arguments.peers:
            row["pytorch_peak_bytes"] = process.pytorch_peak_bytes(case, MEMORY[name], arguments.threads)
        calls, row["missing"] = peers(case, arguments.threads, arguments.peers)
        narrow = name in BF16
        if narrow and "pytorch" in arguments.peers:
            calls["pytorch_bf16"] = in_bf16(case)
        rounds: dict[str, list[tuple[float, float]]] = {competitor: [] for competitor in ["zoo", *(["zoo_bf16"] if narrow else []), *calls]}
        reports = []
        for _ in range(arguments.rounds):
            reports.append(case.bench(arguments.threads, arguments.seconds))
            rounds["zoo"].append((reports[-1]["median_ms"], reports[-1]["minimum_ms"]))
            if narrow:
                report = case.bench(arguments.threads, arguments.seconds, "--dtype", "bf16")
                rounds["zoo_bf16"].append((report["median_ms"], report["minimum_ms"]))
                row["accuracy"] = report["accuracy"][0]
            for peer, call in calls.items():
                rounds[peer].append(times_ms(call))
        row["rounds"] = rounds
        for key in ["floor_ms", "gflops", "peak_rss_bytes", "spread"]:
            row[key] = statistics.median(report[key] for report in reports)
        for key in ["gflops", "read_gb_per_s"]:
            row[f"ceiling_{key}"] = statistics.median(report["ceiling"][key] for report in reports)
        return row


def stored(path: Path, environment: dict) -> dict:
    """What earlier runs have left that can stand beside this one's."""
    if not path.exists():
        return {"environment": environment, "rows": {}, "start_ms": {}}
    document = json.loads(path.read_text())
    if document["environment"] != environment:
        print(f"{path}: of {document['environment']}, not of {environment}: its rows are dropped", file=sys.stderr)
        return {"environment": environment, "rows": {}, "start_ms": {}}
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"all unless said: {', '.join(WORKLOADS)}")
    parser.add_argument("--zoo", type=Path, default=ROOT / ".build" / "release" / "zoo", help="the binary")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each round times zoo at most")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS), help="who competes")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md", help="the page; its numbers are beside it")
    parser.add_argument("--json", action="store_true", help="print this run's numbers, and leave the page as it is")
    arguments = parser.parse_args()
    if unknown := set(arguments.workloads) - set(WORKLOADS):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    zoo = Zoo(arguments.zoo)

    software = {"zoo": zoo.run("--version").strip().removeprefix("zoo "), **versions()}
    environment = {"processor": process.processor(), "threads": arguments.threads, "versions": software}
    numbers = arguments.output.with_suffix(".json")
    document = {"environment": environment, "rows": {}, "start_ms": {}} if arguments.json else stored(numbers, environment)
    for name in arguments.workloads or WORKLOADS:
        print(name, file=sys.stderr, flush=True)
        document["rows"][name] = measure(name, zoo, arguments)
        if not arguments.json:  # after each, so that a run that is stopped has not been for nothing
            save(document, numbers, arguments.output)
    if not arguments.workloads or "lenet5.b1" in arguments.workloads:
        document["start_ms"] = process.start_ms(zoo)
    if arguments.json:
        json.dump(document, sys.stdout, indent=2)
        print()
    else:
        print(save(document, numbers, arguments.output))


def save(document: dict, numbers: Path, output: Path) -> str:
    text = page.text(document, order=list(WORKLOADS))
    output.parent.mkdir(parents=True, exist_ok=True)
    numbers.write_text(json.dumps(document, indent=1) + "\n")
    output.write_text(text)
    return text


if __name__ == "__main__":
    main()
