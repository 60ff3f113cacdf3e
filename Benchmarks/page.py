"""The page of results: docs/performance.md from the numbers in docs/performance.json."""

import statistics

from peers import LOSS_TOLERANCE, PEERS, TOLERANCE

Rounds = list[tuple[float, float]]  # each round's median and minimum in ms


def ratios(row: dict, peer: str, zoo: str = "zoo") -> list[float]:
    """Round by round, how many times as long the peer takes."""
    return [theirs / ours for (theirs, _), (ours, _) in zip(row["rounds"].get(peer, []), row["rounds"][zoo])]


def ratio(row: dict, peer: str, zoo: str = "zoo") -> float | None:
    return statistics.median(each) if (each := ratios(row, peer, zoo)) else None


def fastest(row: dict) -> float | None:
    """The ratio to the fastest of the peers."""
    return min((found for peer in PEERS if (found := ratio(row, peer)) is not None), default=None)


def median(row: dict, competitor: str) -> float:
    return statistics.median(each for each, _ in row["rounds"][competitor])


def milliseconds(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"


def table(rows: dict[str, dict], notes: list[str], dated: bool) -> str:
    """The workloads with everybody's times, the ratios and the distance to the floor; then the ratios' geometric means."""
    competing = [peer for peer in PEERS if any(peer in row["rounds"] or peer in row["missing"] for row in rows.values())]
    head = ["workload", "zoo", *(PEERS[peer] for peer in competing), *(f"over {PEERS[peer]}" for peer in competing)]
    head += (["over the fastest"] if len(competing) > 1 else []) + ["floor", "zoo / floor"] + (["date"] if dated else [])

    def time(row: dict, competitor: str) -> str:
        if reason := row["missing"].get(competitor):
            if reason not in notes:
                notes.append(reason)
            return f"none ({notes.index(reason) + 1})"
        if competitor not in row["rounds"]:
            return ""
        return f"{milliseconds(median(row, competitor))} ({milliseconds(min(least for _, least in row['rounds'][competitor]))})"

    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, row in rows.items():
        cells = [name, time(row, "zoo"), *(time(row, peer) for peer in competing), *(times(ratio(row, peer)) for peer in competing)]
        cells += [times(fastest(row))] if len(competing) > 1 else []
        cells += [milliseconds(row["floor_ms"]), f"{median(row, 'zoo') / row['floor_ms']:.2f}"] if row["floor_ms"] else ["", ""]
        lines.append(cells + ([row["date"]] if dated else []))

    def mean(values: list[float | None]) -> str:
        found = [value for value in values if value is not None]
        return f"{statistics.geometric_mean(found):.2f}x" if found else ""

    means = ["geometric mean", *[""] * (1 + len(competing)), *(mean([ratio(row, peer) for row in rows.values()]) for peer in competing)]
    means += [mean([fastest(row) for row in rows.values()])] if len(competing) > 1 else []
    lines.append(means + [""] * (len(head) - len(means)))
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def narrow(rows: dict[str, dict]) -> str:
    """bf16 beside f32, and beside PyTorch's bf16."""
    head = ["workload", "zoo, f32", "zoo, bf16", "over f32", "PyTorch eager, bf16", "over PyTorch", "largest difference", "same top-1"]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, row in rows.items():
        peer = milliseconds(median(row, "pytorch_bf16")) if "pytorch_bf16" in row["rounds"] else ""
        accuracy = row["accuracy"]
        lines.append(
            [name, milliseconds(median(row, "zoo")), milliseconds(median(row, "zoo_bf16")), times(ratio(row, "zoo", "zoo_bf16")), peer]
            + [times(ratio(row, "pytorch_bf16", "zoo_bf16")), f"{accuracy['largest_relative_difference']:.0e}"]
            + [f"{accuracy['same_top1']:.0%}"]
        )
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def differences(rows: dict[str, dict]) -> str:
    def worst(key: str) -> str:
        return f"{max((row['differences'].get(key, 0.0) for row in rows.values()), default=0.0):.0e}"

    text = f"Before anything is timed, zoo's outputs are compared with PyTorch eager's on the same weights and inputs: the largest difference "
    text += f"is {worst('outputs')} of the largest number, and {TOLERANCE:.0e} is allowed, for the other peers too. "
    text += f"In training the first losses are compared: they differ by {worst('first_loss')} at most before the first update "
    text += f"({TOLERANCE:.0e} is allowed) and by {worst('later_losses')} after two ({LOSS_TOLERANCE:.0e})."
    random = [name for name, row in rows.items() if not row["differences"]]
    return text + (f" {', '.join(random)} draws random numbers of its own, so that only times are compared." if random else "")


def memory(rows: dict[str, dict]) -> list[str]:
    lines = []
    for name, row in rows.items():
        if theirs := row.get("pytorch_peak_bytes"):
            ours = row["peak_rss_bytes"]
            lines.append(
                f"- {name}: zoo's process has {ours / 2**20:.0f} MiB at most, PyTorch's {theirs / 2**20:.0f} MiB ({100 * ours / theirs:.0f} %)."
            )
    return lines


def text(document: dict, order: list[str]) -> str:
    environment = document["environment"]
    rows = {name: document["rows"][name] for name in order if name in document["rows"]}
    dates = sorted({row["date"] for row in rows.values()})
    notes: list[str] = []
    parts = []
    for title, trains in [("Inference", False), ("One training step: forward, backward, update", True)]:
        chosen = {name: row for name, row in rows.items() if row["train"] == trains}
        if chosen:
            parts.append(f"## {title}\n\n{table(chosen, notes, dated=len(dates) > 1)}")
    if chosen := {name: row for name, row in rows.items() if "zoo_bf16" in row["rounds"]}:
        words = "Parameters, activations and inputs in bf16, in turn with the rows above. The difference is that from f32, of the largest number."
        parts.append(f"## Inference in bf16\n\n{words}\n\n{narrow(chosen)}")
    if notes:
        parts.append("\n".join(f"({i + 1}) {note}" for i, note in enumerate(notes)))
    ceilings = [statistics.median(row[key] for row in rows.values()) for key in ("ceiling_gflops", "ceiling_read_gb_per_s")]
    if lines := memory(rows):
        lines.insert(0, "The most memory that a process has at once, with the same weights read from a safetensors file:\n")
        parts.append("## Memory\n\n" + "\n".join(lines))
    if document["start_ms"]:
        starts = [f"- `{name}`: {value:.0f} ms" for name, value in document["start_ms"].items()]
        parts.append("## From start to answer\n\n" + "\n".join(starts))
    count = max((len(rounds) for row in rows.values() for rounds in row["rounds"].values()), default=0)
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    body = "\n\n".join(parts)
    return f"""# Performance

Written by `python Benchmarks/compare.py`; run it to have your own machine's numbers.

- Date: {" to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "none"}
- Processor: {environment["processor"]}; {environment["threads"]} threads, f32 unless a table says otherwise
- Its ceiling, as `zoo bench` measures it: {ceilings[0]:.0f} GFLOP/s, {ceilings[1]:.0f} GB/s of reads from memory
- Versions: {versions}

Milliseconds: the median of up to {count} rounds' medians, and in brackets the fastest call. Each round times all of them in turn. A ratio above
1 says that zoo is so many times faster; it is the median of the rounds' ratios. The floor is the arithmetic, as the layers
are defined, at the ceiling's rate plus the weights at its bandwidth; convolutions of 3x3 windows take fewer products. `b64` is a batch of 64.

{differences(rows)}

{body}
"""
