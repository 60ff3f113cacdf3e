#!/usr/bin/env python3
"""Computes the fixtures of the graph family, by PyTorch Geometric's own layers in double precision.

    python Tests/Reference/gnn.py
"""

import torch
from torch.func import functional_call
from torch_geometric.nn import GCNConv

from fixtures import Fixture


def without_replaced_loops(edges: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The weights, of which those do not count that a later edge from the same node to itself replaces.

    PyTorch gives them the later one's gradient, though the result does not depend on them.
    """
    later = {int(node): e for e, node in enumerate(edges[0]) if node == edges[1, e]}
    counts = torch.tensor([s != t or later[s] == e for e, (s, t) in enumerate(edges.T.tolist())], dtype=torch.bool)
    return torch.where(counts, weight, weight.detach())


def graph_convolution() -> None:
    fixture = Fixture("gnn.graph_convolution")

    def graph(nodes: int, edges: int, loops: bool = True) -> torch.Tensor:
        """Random edges; without loops none leads from a node to itself."""
        ends = fixture.integers(2, edges, below=nodes)
        return ends if loops else ends[:, ends[0] != ends[1]]

    def add(case: str, nodes: int, channels: int, units: int, edges, attributes: dict | None = None, weighted: bool = False) -> None:
        attributes = {"units": units} | (attributes or {})
        edges = torch.as_tensor(edges, dtype=None if isinstance(edges, torch.Tensor) else torch.int64).reshape(2, -1)
        options = {"bias": attributes.get("bias", True), "normalize": attributes.get("normalize", True)}
        module = GCNConv(channels, units, add_self_loops=attributes.get("self_loops"), **options).double()
        parameters = {name: fixture.normal(*tensor.shape, mean=0.1) for name, tensor in module.named_parameters()}

        def y(x, edges, weight=None, **parameters):
            edges = edges.long()
            if weight is not None and options["normalize"] and attributes.get("self_loops", True):
                weight = without_replaced_loops(edges, weight)
            return functional_call(module, parameters, (x, edges, weight))

        inputs = [fixture.normal(nodes, channels, mean=0.2), edges]
        if weighted:
            inputs.append(fixture.uniform(edges.shape[1], low=0.2, high=2.5))
        fixture.add(case, attributes, inputs, parameters, y)

    ring = [[0, 1, 2, 1, 2, 0], [1, 2, 0, 0, 1, 2]]
    add("one node", 1, 1, 1, [[], []])
    add("no edges", 3, 2, 4, [[], []])
    add("one edge", 2, 3, 2, [[0], [1]])
    add("ring", 3, 3, 2, ring)
    add("ring, averaged first", 3, 2, 5, ring)
    add("i32", 3, 3, 2, torch.tensor(ring, dtype=torch.int32))
    add("there is a loop already", 3, 3, 2, [[0, 1, 1, 2], [1, 1, 2, 0]])
    add("two loops and an isolated node", 4, 2, 3, [[0, 1, 1, 1], [1, 1, 1, 0]])
    add("twice the same edge", 3, 3, 2, [[0, 0, 1, 0], [1, 1, 2, 1]])
    add("no bias", 7, 5, 3, graph(7, 20), {"bias": False})
    add("no bias, averaged first", 7, 3, 5, graph(7, 20), {"bias": False})
    add("isolated without loops", 5, 3, 2, [[0, 1, 2], [1, 2, 1]], {"self_loops": False})
    add("loops as they are", 5, 2, 3, graph(5, 13), {"self_loops": False})
    add("sum", 5, 3, 2, graph(5, 13), {"normalize": False})
    add("sum, averaged first", 5, 2, 3, graph(5, 13), {"normalize": False})

    add("weights", 7, 5, 3, graph(7, 23, loops=False), weighted=True)
    add("weights, averaged first", 7, 3, 5, graph(7, 23, loops=False), weighted=True)
    add("weights of loops", 5, 4, 3, [[0, 1, 1, 2, 2, 4], [1, 1, 2, 0, 2, 3]], weighted=True)
    add("weights of several loops", 4, 3, 2, [[0, 1, 1, 2, 1, 3], [1, 1, 2, 0, 1, 1]], weighted=True)
    add("weights without loops", 5, 4, 3, graph(5, 13), {"self_loops": False}, weighted=True)
    add("weights of a sum", 5, 4, 3, graph(5, 13), {"normalize": False}, weighted=True)
    add("weights of a sum, averaged first", 5, 3, 4, graph(5, 13), {"normalize": False}, weighted=True)

    add("wide", 11, 83, 67, graph(11, 50))
    add("wide, averaged first", 11, 83, 101, graph(11, 50), weighted=True)
    add("large", 211, 37, 5, graph(211, 4001))
    add("large, averaged first", 211, 31, 37, graph(211, 4001))
    hub = torch.cat([torch.stack([torch.arange(300), torch.zeros(300, dtype=torch.int64)]), graph(300, 200)], 1)
    add("hub", 300, 3, 17, hub, weighted=True)
    fixture.save()


graph_convolution()
