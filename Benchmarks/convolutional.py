"""The PyTorch side of the convolutional workloads: torchvision's models, and three that it lacks, as a user would write them."""

import re
from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F


def torchvision_model(name: str, size: int = 224, **options: bool) -> Callable[[], nn.Module]:
    """One of torchvision's, untrained, with running statistics and gains that differ from channel to channel as trained ones do."""

    def make() -> nn.Module:
        model = getattr(torchvision.models, name)(weights=None, **options)
        for norm in (module for module in model.modules() if isinstance(module, nn.BatchNorm2d)):
            with torch.no_grad():
                norm.running_mean.normal_(0, 0.1)
                norm.running_var.uniform_(0.5, 1.5)
                norm.weight.uniform_(0.5, 1.0)
                norm.bias.normal_(0, 0.1)
        model.example = lambda batch: ((torch.randn(batch, 3, size, size),), torch.randint(1000, (batch,)))
        model.loss = F.cross_entropy
        return model

    return make


class Pair(nn.Module):
    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(inputs, channels, 3, padding=1), nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class Up(nn.Module):
    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(inputs, channels, 2, stride=2)
        self.pair = Pair(2 * channels, channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.pair(torch.cat([skip, self.grow(x)], 1))


class UNet(nn.Module):
    """Ronneberger et al. 2015, arXiv:1505.04597."""

    def __init__(self, widths: tuple[int, ...], size: int) -> None:
        super().__init__()
        self.size = size
        self.down = nn.ModuleList(Pair(a, b) for a, b in zip((3, *widths), widths))
        self.up = nn.ModuleList(Up(b, a) for a, b in zip(widths, widths[1:]))
        self.output = nn.Conv2d(widths[0], 2, 1)

    def zoo_name(self, name: str) -> str:
        return re.sub(r"^(down|up)\.(\d+)", r"\1\2", name).replace(f"down{len(self.up)}", "bottom")

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down[:-1]:
            skips.append(down(x))
            x = F.max_pool2d(skips[-1], 2)
        x = self.down[-1](x)
        for up, skip in zip(reversed(self.up), reversed(skips)):
            x = up(x, skip)
        return self.output(x)

    def loss(self, logits: Tensor, mask: Tensor) -> Tensor:
        return F.cross_entropy(logits, mask)

    def example(self, batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        return (torch.randn(batch, 3, self.size, self.size),), torch.randint(2, (batch, self.size, self.size))


class GatedLayer(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.dilated = nn.Conv1d(width, 2 * width, 2, dilation=dilation)
        self.skip, self.residual = nn.Conv1d(width, width, 1), nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        value, gate = self.dilated(F.pad(x, (self.dilation, 0))).chunk(2, 1)
        gated = torch.tanh(value) * torch.sigmoid(gate)
        return x + self.residual(gated), self.skip(gated)


class WaveNet(nn.Module):
    """van den Oord et al. 2016, arXiv:1609.03499."""

    def __init__(self, width: int = 64, classes: int = 256, layers: int = 30) -> None:
        super().__init__()
        self.first = nn.Conv1d(classes, width, 1)
        self.layers = nn.ModuleList(GatedLayer(width, 2 ** (i % 10)) for i in range(layers))
        self.last, self.output = nn.Conv1d(width, width, 1), nn.Conv1d(width, classes, 1)

    @staticmethod
    def zoo_name(name: str) -> str:
        parts = name.split(".")
        if parts[0] != "layers":
            return name
        number = int(parts[1])
        return ".".join(["layer0"] if number == 0 else ["layers", str(number - 1), "layer"]) + "." + ".".join(parts[2:])

    def forward(self, x: Tensor) -> Tensor:
        x, skips = self.layers[0](self.first(x))
        for layer in self.layers[1:]:
            x, skip = layer(x)
            skips = skips + skip
        return self.output(F.relu(self.last(F.relu(skips))))

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        samples = torch.randint(256, (batch, 4096))
        return (F.one_hot(samples, 256).float().transpose(-1, -2).contiguous(),), samples


class TextCNN(nn.Module):
    """Kim 2014, arXiv:1408.5882."""

    def __init__(self, words: int = 10_000, width: int = 128, filters: int = 100) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.three, self.four, self.five = (nn.Conv1d(width, filters, kernel) for kernel in (3, 4, 5))
        self.output = nn.Linear(3 * filters, 2)

    @staticmethod
    def zoo_name(name: str) -> str:
        return re.sub(r"^(three|four|five)\.", r"\1.conv.", name)

    def forward(self, text: Tensor) -> Tensor:
        x = self.embedding(text).transpose(-1, -2)
        return self.output(torch.cat([F.relu(conv(x)).amax(2) for conv in (self.three, self.four, self.five)], 1))

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        return (torch.randint(10_000, (batch, 64)),), torch.randint(2, (batch,))
