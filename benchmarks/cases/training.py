"""Whole training steps: loss, gradients, and ``parameter -= rate * gradient``."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from benchmarks.case import case

Rng = np.random.Generator
RATE = 1e-3


# --- logistic regression ----------------------------------------------------------------------------------------------


def _classes(rng: Rng, rows: int, features: int) -> tuple[Any, ...]:
    x = rng.normal(size=(rows, features))
    signs = np.sign(x @ rng.normal(size=features) + rng.normal(size=rows))
    return np.zeros(features), np.zeros(1), x, signs


@case(
    "logistic",
    _classes,
    axes=("rows", "features"),
    sizes=[(100, 10), (10_000, 100)],
    cuda_sizes=[(1_000_000, 100)],
    wrt=2,
    rate=RATE,
)
def logistic(xp: Any, w: Any, b: Any, x: Any, signs: Any) -> Any:
    """Logistic regression."""
    return xp.mean(xp.log1p(xp.exp(-signs * (x @ w + b))))


@logistic.hand
def _(xp: Any, w: Any, b: Any, x: Any, signs: Any) -> Any:
    e = xp.exp(-signs * (x @ w + b))
    value = xp.mean(xp.log1p(e))

    def back() -> list[Any]:
        g = -signs * e / ((1.0 + e) * len(x))
        return [g @ x, xp.sum(g, keepdims=True)]

    return value, back


# --- networks ---------------------------------------------------------------------------------------------------------


def layers(rng: Rng, *widths: int) -> list[np.ndarray]:
    """Weights and biases, at the scale that keeps a signal's size through a ReLU."""
    shapes = itertools.pairwise(widths)
    return [x for m, n in shapes for x in (rng.normal(size=(m, n)) * math.sqrt(2 / m), np.zeros(n))]


def one_hot(rng: Rng, batch: int, classes: int = 10) -> np.ndarray:
    """Random labels, one row each."""
    return np.eye(classes)[rng.integers(classes, size=batch)]


def _network(xp: Any, *arrays: Any) -> Any:
    *parameters, x, labels = arrays
    for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        x = xp.relu(xp.linear(x, weight, bias))
    return xp.cross_entropy(xp.linear(x, parameters[-2], parameters[-1]), labels)


def _network_by_hand(xp: Any, *arrays: Any) -> Any:
    *parameters, x, labels = arrays
    weights, biases = parameters[::2], parameters[1::2]
    inputs = []
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        inputs.append(x)
        x = xp.maximum(x @ weight + bias, 0.0)
    inputs.append(x)
    scores = x @ weights[-1] + biases[-1]
    scores = scores - xp.max(scores, axis=-1, keepdims=True)
    e = xp.exp(scores)
    total = xp.sum(e, axis=-1, keepdims=True)
    value = xp.mean(xp.log(total)[:, 0] - xp.sum(scores * labels, axis=-1))

    def back() -> list[Any]:
        g = (e / total - labels) / len(labels)
        gradients = []
        for i in reversed(range(len(weights))):
            gradients += [xp.sum(g, axis=0), inputs[i].T @ g]
            if i:
                g = (g @ weights[i].T) * (inputs[i] > 0)
        return gradients[::-1]

    return value, back


def _small(rng: Rng, batch: int) -> tuple[Any, ...]:
    return *layers(rng, 16, 64, 64, 10), rng.normal(size=(batch, 16)), one_hot(rng, batch)


@case("mlp-small", _small, axes=("batch",), sizes=[(32,)], wrt=6, rate=RATE)
def mlp_small(xp: Any, *arrays: Any) -> Any:
    """A network of 16-64-64-10 units with ReLU and cross-entropy."""
    return _network(xp, *arrays)


mlp_small.hand(_network_by_hand)


def _middling(rng: Rng, batch: int, width: int) -> tuple[Any, ...]:
    return *layers(rng, 784, width, width, 10), rng.normal(size=(batch, 784)), one_hot(rng, batch)


@case(
    "mlp",
    _middling,
    axes=("batch", "width"),
    sizes=[(256, 512)],
    cuda_sizes=[(256, 512), (1_024, 4_096)],
    wrt=6,
    rate=RATE,
)
def mlp(xp: Any, *arrays: Any) -> Any:
    """A network of 784-width-width-10 units with ReLU and cross-entropy."""
    return _network(xp, *arrays)


mlp.hand(_network_by_hand)


# --- a recurrent network ----------------------------------------------------------------------------------------------


def _sequence(rng: Rng, steps: int, batch: int, units: int) -> tuple[Any, ...]:
    square = [rng.normal(size=(units, units)) / math.sqrt(units) for _ in range(2)]
    return *square, np.zeros(units), rng.normal(size=(steps, batch, units)), rng.normal(size=(batch, units))


@case(
    "rnn",
    _sequence,
    axes=("steps", "batch", "units"),
    sizes=[(50, 32, 64)],
    cuda_sizes=[(50, 256, 512)],
    wrt=3,
    rate=RATE,
)
def rnn(xp: Any, w_in: Any, w_state: Any, bias: Any, inputs: Any, target: Any) -> Any:
    """A recurrent network with tanh; the squared error of its last state."""
    state = xp.zeros_like(target)
    for t in range(inputs.shape[0]):
        state = xp.tanh(inputs[t] @ w_in + state @ w_state + bias)
    error = state - target
    return xp.mean(error * error)


@rnn.hand
def _(xp: Any, w_in: Any, w_state: Any, bias: Any, inputs: Any, target: Any) -> Any:
    states = [xp.zeros_like(target)]
    for x in inputs:
        states.append(xp.tanh(x @ w_in + states[-1] @ w_state + bias))
    error = states[-1] - target
    value = xp.mean(error * error)

    def back() -> list[Any]:
        of_in, of_state, of_bias = (xp.zeros_like(p) for p in (w_in, w_state, bias))
        g = error * (2 / error.size)
        for t in reversed(range(len(inputs))):
            g = g * (1.0 - states[t + 1] * states[t + 1])
            of_in += inputs[t].T @ g
            of_state += states[t].T @ g
            of_bias += xp.sum(g, axis=0)
            g = g @ w_state.T
        return [of_in, of_state, of_bias]

    return value, back
