"""What is compared: models of zoo's and the same in PyTorch, their weights and inputs in files for zoo."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Reference"))
from convolutional import TextCNN, UNet, WaveNet, torchvision_model  # noqa: E402
from lenet5 import TRAIN_ROWS, LeNet5, digits  # noqa: E402
from models import GCN, GPT, LSTM, MLP, VAE, RealNVP  # noqa: E402


class HeldOutLeNet5(LeNet5):
    """LeNet-5 with the committed weights, on digits that it has not learned from."""

    def __init__(self) -> None:
        super().__init__()
        self.load_state_dict(load_file(ROOT / "zoo" / "weights" / "lenet5.safetensors"))

    def loss(self, logits: Tensor, label: Tensor) -> Tensor:
        return F.cross_entropy(logits, label)

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        image, label = digits()
        rows = slice(TRAIN_ROWS, TRAIN_ROWS + batch)
        return (image[rows].contiguous(),), label[rows]


@dataclass(frozen=True)
class Workload:
    model: str  # what zoo runs: a name, or a manifest beside this file
    batch: int
    module: Callable[[], nn.Module]  # what PyTorch runs: with `loss` and `example` too
    inputs: tuple[str, ...]  # zoo's names of what the module takes
    target: str = ""  # zoo's name of what the loss is told; nothing that the model is not given
    train: bool = False
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam
    channels_first: bool = False  # the module's images [N, C, H, W] and sequences [N, C, T] are zoo's [N, H, W, C] and [N, T, C]
    is_random: bool = False  # it draws numbers, so that nothing can be compared


def adamw(parameters: Iterable[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=lr, weight_decay=0.1)


def images(model: str, batch: int, module: Callable[[], nn.Module], target: str = "label", train: bool = False) -> Workload:
    return Workload(model, batch, module, ("image",), target, train, channels_first=True)


def manifest(name: str) -> str:
    return f"Benchmarks/models/{name}.json"


def unet(*widths: int, size: int) -> Callable[[], nn.Module]:
    return lambda: UNet(widths, size)


GCN_INPUTS = ("features", "edges")
WORKLOADS = {
    "lenet5.b1": images("lenet5", 1, HeldOutLeNet5),
    "lenet5.b64": images("lenet5", 64, HeldOutLeNet5),
    "alexnet.b1": images("alexnet", 1, torchvision_model("alexnet")),
    "vgg16.b1": images("vgg16", 1, torchvision_model("vgg16", init_weights=False)),
    "inception.b1": images("googlenet", 1, torchvision_model("googlenet", aux_logits=False, init_weights=False)),
    "resnet50.b1": images("resnet50", 1, torchvision_model("resnet50")),
    "resnet50.b8": images("resnet50", 8, torchvision_model("resnet50")),
    "unet256.b1": images(manifest("unet"), 1, unet(32, 64, 128, 256, 512, size=256)),
    "wavenet4096.b1": Workload(manifest("wavenet"), 1, WaveNet, ("x",), channels_first=True),
    "textcnn.b32": Workload(manifest("textcnn"), 32, TextCNN, ("text",)),
    "gcn.cora": Workload(manifest("gcn"), 1, GCN, GCN_INPUTS),
    "lstm.t128.b1": Workload(manifest("lstm"), 1, LSTM, ("x",)),
    "lstm.t128.b16": Workload(manifest("lstm"), 16, LSTM, ("x",)),
    "lenet5.train.b64": images("lenet5", 64, HeldOutLeNet5, train=True),
    "unet64.train.b4": images(manifest("unet-small"), 4, unet(16, 32, 64, 128, size=64), target="mask", train=True),
    "resnet18.train.b8": images(manifest("resnet18"), 8, torchvision_model("resnet18"), train=True),
    "mlp.train.b128": Workload(manifest("mlp"), 128, MLP, ("image",), "label", train=True),
    "vae.train.b128": Workload("vae-mnist", 128, VAE, ("image",), train=True, optimizer=adamw, is_random=True),
    "realnvp.train.b256": Workload(manifest("realnvp"), 256, RealNVP, ("x",), train=True),
    "gcn.train.cora": Workload(manifest("gcn"), 1, GCN, GCN_INPUTS, "label", train=True),
    "lstm.train.t128.b16": Workload(manifest("lstm"), 16, LSTM, ("x",), "target", train=True),
    "gpt.train.t256.b8": Workload(manifest("gpt"), 8, GPT, ("text",), "next", train=True),
}


class Zoo:
    """The command."""

    def __init__(self, binary: Path) -> None:
        self.binary = binary.resolve()

    def run(self, *arguments: object) -> str:
        try:
            command = [self.binary, *map(str, arguments)]
            return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
        except FileNotFoundError:
            sys.exit(f"there is no {self.binary}; build it first, or name it with --zoo")
        except subprocess.CalledProcessError as failure:  # zoo has said on stderr what is wrong
            sys.exit(failure.returncode)

    def json(self, *arguments: object) -> dict:
        return json.loads(self.run(*arguments, "--json"))


class Case:
    """A workload with its module, its weights and its inputs; for zoo, in files of `folder`."""

    def __init__(self, workload: Workload, zoo: Zoo, folder: Path) -> None:
        torch.manual_seed(0)
        self.workload, self.zoo, self.folder = workload, zoo, folder
        self.module = workload.module()
        self.module.train(workload.train)
        self.inputs, self.target = self.module.example(workload.batch)
        self.info = zoo.json("info", workload.model)
        self.rate = self.info["training"]["steps"][0]["rate"] if workload.train else 0.0
        self._save_weights()
        self.files: list[str] = []
        for name, tensor in zip(workload.inputs, self.inputs):
            self._save(name, tensor, [axis["shape"] for axis in self.info["inputs"] if axis["name"] == name][0])
        if workload.train and workload.target:
            self._save(workload.target, self.target, list(self.target.shape))

    @property
    def weights(self) -> Path:
        return self.folder / "weights.safetensors"

    def _save_weights(self) -> None:
        """The module's parameters and running statistics under zoo's names, which must be all that zoo's model has."""
        rename = getattr(self.module, "zoo_name", lambda name: name)
        state = {rename(name): tensor.contiguous() for name, tensor in self.module.state_dict().items()}
        state = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
        ours = {parameter["path"]: parameter["shape"] for parameter in self.info["parameters"]}
        theirs = {name: list(tensor.shape) for name, tensor in state.items()}
        if ours != theirs:  # a peer of another size is no peer
            differing = [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]
            sys.exit(f"{self.workload.model}: zoo's parameters are not PyTorch's: {', '.join(differing[:6])}")
        save_file(state, self.weights)

    def _channels_last(self, tensor: Tensor) -> Tensor:
        return tensor.movedim(1, -1) if self.workload.channels_first and tensor.dim() > 2 and tensor.is_floating_point() else tensor

    def _save(self, name: str, tensor: Tensor, shape: list[int | str]) -> None:
        array = self._channels_last(tensor).contiguous().numpy()
        lengths = [array.shape[i] if isinstance(length, str) else length for i, length in enumerate(shape)]
        np.save(self.folder / f"{name}.npy", array.reshape(lengths))
        self.files.append(f"{name}={self.folder / name}.npy")

    @property
    def given(self) -> list[str]:
        """What tells a zoo command to use these weights and inputs."""
        return ["--weights", str(self.weights), *(part for file in self.files for part in ("--input", file))]

    def bench(self, threads: int, seconds: float, *options: str) -> dict:
        train = ["--train"] if self.workload.train else []
        return self.zoo.json("bench", self.workload.model, *self.given, *train, *options, "--threads", threads, "--seconds", seconds)

    def outputs(self, threads: int) -> list[np.ndarray]:
        """What zoo computes."""
        names = [output["name"] for output in self.info["outputs"]]
        files = [part for name in names for part in ("--output", f"{name}={self.folder / name}.out.npy")]
        self.zoo.run("run", self.workload.model, *self.given, *files, "--threads", threads)
        return [np.load(self.folder / f"{name}.out.npy") for name in names]

    def expected(self) -> list[np.ndarray]:
        """The same by PyTorch, channels last."""
        with torch.inference_mode():
            outputs = self.module(*self.inputs)
        return [self._channels_last(output).numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,))]


def difference(got: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The largest, relative to the largest number expected; infinite if anything is no number."""
    worst = 0.0
    for ours, theirs in zip(got, expected, strict=True):
        error = float(np.abs(ours.reshape(theirs.shape) - theirs).max() / max(np.abs(theirs).max(), 1e-30))
        worst = max(worst, error) if np.isfinite(error) else float("inf")
    return worst
