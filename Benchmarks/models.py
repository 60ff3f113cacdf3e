"""The PyTorch side of the workloads that are not convolutional: as a user would write them, and as fast as eager allows.

A module's `example` makes what it takes and, for training, what its `loss` is told; `zoo_name` is what zoo calls a parameter of another name.
"""

import math
import re

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.nn import GCNConv


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(784, 256), nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(F.relu(self.hidden(x)))

    def loss(self, logits: Tensor, label: Tensor) -> Tensor:
        return F.cross_entropy(logits, label)

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        return (torch.rand(batch, 784),), torch.randint(10, (batch,))


class GCN(nn.Module):
    """On a random graph with as many nodes, edges and words as Cora."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = GCNConv(1433, 16), GCNConv(16, 7)

    def forward(self, features: Tensor, edges: Tensor) -> Tensor:
        return self.conv2(F.relu(self.conv1(features, edges)), edges)

    def loss(self, logits: Tensor, label: Tensor) -> Tensor:
        return F.cross_entropy(logits, label)

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        return (torch.rand(2708, 1433), torch.randint(2708, (2, 10556))), torch.randint(7, (2708,))


class LSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.LSTM(256, 512, num_layers=2, batch_first=True)

    @staticmethod
    def zoo_name(name: str) -> str:
        _, parameter = name.split(".")  # layers.weight_ih_l1
        return f"{'first' if parameter.endswith('0') else 'second'}.{parameter[:-1]}0"

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)[0]

    def loss(self, y: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(y, target)

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        return (torch.rand(batch, 128, 256),), torch.rand(batch, 128, 512)


class Block(nn.Module):
    """One layer of a Transformer, normalised first, on PyTorch's fused attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.in_proj, self.out_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, t, c = x.shape
        q, k, v = (p.view(n, t, self.heads, -1).transpose(1, 2) for p in self.in_proj(self.norm1(x)).split(c, 2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out_proj(mixed.transpose(1, 2).reshape(n, t, c))
        return x + self.linear2(F.gelu(self.linear1(self.norm2(x))))


class GPT(nn.Module):
    """Vaswani et al. 2017 for the positions, arXiv:1706.03762."""

    def __init__(self, characters: int = 96, width: int = 384, layers: int = 6, heads: int = 6) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm, self.logits = nn.LayerNorm(width), nn.Linear(width, characters)
        angles = torch.arange(256)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(10000) / width))
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], 2).flatten(1), persistent=False)

    @staticmethod
    def zoo_name(name: str) -> str:
        name = re.sub(r"^blocks\.(\d+)\.", r"blocks.\1.block.", name)
        return re.sub(r"in_proj\.", "self_attn.in_proj_", name).replace("out_proj", "self_attn.out_proj")

    def forward(self, text: Tensor) -> Tensor:
        return self.logits(self.norm(self.blocks(self.embedding(text) + self.positions)))

    def loss(self, logits: Tensor, following: Tensor) -> Tensor:
        return F.cross_entropy(logits.flatten(0, 1), following.flatten())

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        return (torch.randint(96, (batch, 256)),), torch.randint(96, (batch, 256))


class VAE(nn.Module):
    """Kingma & Welling 2014, arXiv:1312.6114."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.mean, self.log_variance = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.widen, self.pixels = nn.Linear(20, 400), nn.Linear(400, 784)

    @staticmethod
    def zoo_name(name: str) -> str:
        layer, parameter = name.split(".")
        return f"{'decoder' if layer in ('widen', 'pixels') else 'encoder'}.{layer.replace('widen', 'hidden')}.{parameter}"

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = F.relu(self.hidden(image.flatten(1)))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        return self.pixels(F.relu(self.widen(z))), mean, log_variance

    def loss(self, outputs: tuple[Tensor, Tensor, Tensor], image: Tensor) -> Tensor:
        pixels, mean, log_variance = outputs
        error = F.binary_cross_entropy_with_logits(pixels, image, reduction="sum")
        return (error + 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum()) / len(image)

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        image = torch.rand(batch, 784)
        return (image,), image


class Coupling(nn.Module):
    def __init__(self, kept: int, width: int = 32, hidden: int = 256) -> None:
        super().__init__()
        self.kept, self.width = kept, width
        self.seen = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.shift, self.log_scale = nn.Linear(hidden, width), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        halves = list(x.split(self.width, 1))
        seen = self.seen(halves[self.kept])
        s = 2 * torch.tanh(self.log_scale(seen) / 2)
        halves[1 - self.kept] = halves[1 - self.kept] * s.exp() + self.shift(seen)
        return torch.cat(halves, 1), s.sum(1)


class RealNVP(nn.Module):
    """Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803."""

    def __init__(self) -> None:
        super().__init__()
        self.couplings = nn.ModuleList(Coupling(i % 2) for i in range(8))

    @staticmethod
    def zoo_name(name: str) -> str:
        return re.sub(r"^couplings\.", "c", name).replace("seen.0", "first").replace("seen.2", "second")

    def forward(self, x: Tensor) -> Tensor:
        total = x.new_zeros(len(x))
        for coupling in self.couplings:
            x, log_determinant = coupling(x)
            total = total + log_determinant
        return total - 0.5 * (x**2).sum(1) - x.shape[1] / 2 * math.log(2 * math.pi)

    def loss(self, log_density: Tensor, target: Tensor) -> Tensor:
        return -log_density.mean()

    @staticmethod
    def example(batch: int) -> tuple[tuple[Tensor, ...], Tensor]:
        x = torch.rand(batch, 64)
        return (x,), x
