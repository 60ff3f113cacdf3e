"""Writes the fixtures of the recurrent kinds."""

import torch

from fixtures import Fixture


def lstm(x, h=None, c=None, *, reverse=False, **parameters):
    """PyTorch's LSTM of one layer, with the parameters as part of the graph that is differentiated."""
    units = parameters["weight_hh_l0"].shape[1]
    module = torch.nn.LSTM(x.shape[2], units, bias="bias_ih_l0" in parameters, batch_first=True, dtype=torch.float64)
    zeros = x.new_zeros(x.shape[0], units)
    states = tuple((zeros if state is None else state)[None] for state in (h, c))
    y, (h, c) = torch.func.functional_call(module, parameters, (x.flip(1) if reverse else x, states))
    return y.flip(1) if reverse else y, h[0], c[0]


def lstm_cell(x, h, c, **parameters):
    units = parameters["weight_hh"].shape[1]
    module = torch.nn.LSTMCell(x.shape[1], units, bias="bias_ih" in parameters, dtype=torch.float64)
    return torch.func.functional_call(module, parameters, (x, (h, c)))


def parameters(fixture, inputs, units, bias, suffix=""):
    """Larger than at the start of training, so that the gates open and close."""
    shapes = {"weight_ih": (4 * units, inputs), "weight_hh": (4 * units, units)}
    if bias:
        shapes |= {"bias_ih": (4 * units,), "bias_hh": (4 * units,)}
    return {name + suffix: fixture.normal(*shape, deviation=1.5 / shape[-1] ** 0.5) for name, shape in shapes.items()}


fixture = Fixture("rnn.lstm")
for case, rows, steps, inputs, units, states, bias, reverse in [
    ("one", 1, 1, 1, 1, "hc", True, False), ("step", 3, 1, 5, 7, "hc", True, False), ("zeros", 1, 2, 3, 5, "", True, False),
    ("odd", 3, 7, 5, 13, "hc", True, False), ("alone", 1, 7, 3, 17, "", True, False), ("plain", 3, 7, 7, 11, "hc", False, False),
    ("plain_zeros", 1, 2, 2, 3, "", False, False), ("state", 2, 3, 5, 7, "h", True, False), ("cells", 2, 3, 5, 7, "c", True, False),
    ("back", 3, 7, 5, 11, "hc", True, True), ("back_zeros", 1, 2, 3, 5, "", True, True), ("tall", 67, 2, 3, 19, "hc", True, False),
    ("panels", 9, 3, 5, 67, "hc", True, False),
]:  # fmt: skip
    attributes = {"units": units} | ({} if bias else {"bias": False}) | ({"reverse": True} if reverse else {})
    given = [fixture.normal(rows, units) if name in states else None for name in "hc"]
    fixture.add(
        case, attributes, [fixture.normal(rows, steps, inputs), *given], parameters(fixture, inputs, units, bias, "_l0"),
        lambda *inputs, reverse=reverse, **parameters: lstm(*inputs, reverse=reverse, **parameters),
    )
fixture.save()

fixture = Fixture("rnn.lstm_cell")
for case, rows, inputs, units, bias in [
    ("one", 1, 1, 1, True), ("row", 1, 5, 7, True), ("odd", 3, 7, 13, True), ("plain", 3, 5, 11, False), ("tall", 67, 3, 19, True),
    ("panels", 5, 3, 67, True),
]:  # fmt: skip
    states = [fixture.normal(rows, units), fixture.normal(rows, units)]
    fixture.add(
        case, {"units": units} | ({} if bias else {"bias": False}), [fixture.normal(rows, inputs), *states],
        parameters(fixture, inputs, units, bias), lstm_cell,
    )
fixture.save()
