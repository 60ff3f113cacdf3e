"""What whole processes take: memory for a large model, and the time from start to answer for a small one."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from workloads import ROOT, Case, Zoo

# As a user would, and with no more imports than that takes. The kernel's own count of the process's peak, in KiB.
PYTORCH = """
import sys
import torch, torchvision
from safetensors.torch import load_file
name, weights, image, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
model = getattr(torchvision.models, name)(weights=None).eval()
model.load_state_dict(load_file(weights))
import numpy
with torch.inference_mode():
    for _ in range(3):
        model(torch.from_numpy(numpy.load(image)).movedim(-1, 1).contiguous())
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
IMPORTS = {"import torch": "import torch", "import onnxruntime": "import onnxruntime"}


def pytorch_peak_bytes(case: Case, name: str, threads: int) -> int:
    """The most memory that a process has at once which makes torchvision's model `name`, loads the case's weights and runs it."""
    command = [sys.executable, "-c", PYTORCH, name, case.weights, case.folder / "image.npy", str(threads)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    return int(output) * 1024


def seconds(command: list[str | Path], runs: int) -> float:
    """From start to end: the median."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def start_ms(zoo: Zoo) -> dict[str, float]:
    """From start to answer, and what starting the others takes before they have even read a model."""
    image = ROOT / "zoo" / "data" / "samples" / "7.png"
    times = {"zoo run lenet5": seconds([zoo.binary, "run", "lenet5", "--input", f"image={image}"], runs=21)}
    for name, statement in IMPORTS.items():
        times[f"python -c '{name}'"] = seconds([sys.executable, "-c", statement], runs=3)
    return {name: 1e3 * value for name, value in times.items()}


def processor() -> str:
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return f"{names[0]}, {os.cpu_count()} cores" if names else f"{os.cpu_count()} cores"
