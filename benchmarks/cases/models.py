"""Larger models: a transformer block, a convolutional net, a Gaussian process; and a Hessian."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.case import case
from benchmarks.cases.operations import CUBIC, SCALE, normalised
from benchmarks.cases.training import RATE, layers, one_hot

Rng = np.random.Generator
HEADS = 4


# --- transformer ------------------------------------------------------------------------------------------------------


def _block(rng: Rng, batch: int, tokens: int, width: int) -> tuple[Any, ...]:
    shapes = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]
    weights = [rng.normal(size=shape) / math.sqrt(shape[0]) for shape in shapes]
    norms = [np.ones(width), np.zeros(width), np.ones(width), np.zeros(width)]
    biases = [np.zeros(4 * width), np.zeros(width)]
    x, target = (rng.normal(size=(batch, tokens, width)) for _ in range(2))
    return *weights, *norms, *biases, x, target


def _layer_norm(xp: Any, x: Any, scale: Any, shift: Any) -> Any:
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return centred / xp.sqrt(variance + 1e-5) * scale + shift


def _self_attention(xp: Any, x: Any, w_qkv: Any, w_out: Any) -> Any:
    batch, tokens, width = x.shape
    heads = xp.reshape(x @ w_qkv, (batch, tokens, 3, HEADS, width // HEADS))
    heads = xp.permute_dims(heads, (2, 0, 3, 1, 4))
    q, k, v = heads[0], heads[1], heads[2]
    scores = (q @ xp.permute_dims(k, (0, 1, 3, 2))) * (1 / math.sqrt(width // HEADS))
    mixed = xp.permute_dims(normalised(xp, scores) @ v, (0, 2, 1, 3))
    return xp.reshape(mixed, (batch, tokens, width)) @ w_out


@case(
    "transformer",
    _block,
    axes=("batch", "tokens", "width"),
    sizes=[(4, 64, 128)],
    cuda_sizes=[(16, 512, 768)],
    wrt=10,
    rate=RATE,
)
def transformer(xp: Any, *arrays: Any) -> Any:
    """A transformer block: layer norms, attention of four heads, and a network with GELU."""
    w_qkv, w_out, w_up, w_down, scale1, shift1, scale2, shift2, b_up, b_down, x, target = arrays
    x = x + _self_attention(xp, _layer_norm(xp, x, scale1, shift1), w_qkv, w_out)
    h = xp.linear(_layer_norm(xp, x, scale2, shift2), w_up, b_up)
    h = 0.5 * h * (1.0 + xp.tanh(SCALE * (h + CUBIC * h * h * h)))
    error = x + xp.linear(h, w_down, b_down) - target
    return xp.mean(error * error)


# --- convolutional net ------------------------------------------------------------------------------------------------


def _images(rng: Rng, batch: int, pixels: int) -> tuple[Any, ...]:
    kernels = [rng.normal(size=(8, 1, 3, 3)) / 3, rng.normal(size=(16, 8, 3, 3)) / math.sqrt(72)]
    return *kernels, *layers(rng, 16, 10), rng.normal(size=(batch, 1, pixels, pixels)), one_hot(rng, batch)


@case("convnet", _images, axes=("batch", "pixels"), sizes=[(32, 14)], cuda_sizes=[(256, 28)], wrt=4, rate=RATE)
def convnet(xp: Any, kernel1: Any, kernel2: Any, weight: Any, bias: Any, images: Any, labels: Any) -> Any:
    """Two convolutions with ReLU, the mean over the pixels, and one layer with cross-entropy."""
    h = xp.relu(xp.conv(images, kernel1))
    h = xp.relu(xp.conv(h, kernel2))
    return xp.cross_entropy(xp.linear(xp.mean(h, axis=(2, 3)), weight, bias), labels)


# --- Gaussian process -------------------------------------------------------------------------------------------------


def _points(rng: Rng, points: int) -> tuple[Any, ...]:
    x = rng.uniform(-3, 3, size=(points, 2))
    squares = ((x[:, None] - x) ** 2).sum(-1)
    y = np.sin(x[:, :1]) + 0.1 * rng.normal(size=(points, 1))
    return np.zeros(1), np.zeros(1), np.full(1, -1.0), squares, y, np.eye(points)


@case("gp", _points, axes=("points",), sizes=[(50,), (400,)], cuda_sizes=[(2_048,)], wrt=3)
def gp(xp: Any, log_length: Any, log_height: Any, log_noise: Any, squares: Any, y: Any, eye: Any) -> Any:
    """The negative log likelihood of a Gaussian process in the parameters of its kernel."""
    kernel = xp.exp(2.0 * log_height) * xp.exp(-0.5 * squares * xp.exp(-2.0 * log_length))
    factor = xp.linalg.cholesky(kernel + xp.exp(2.0 * log_noise) * eye)
    z = xp.linalg.solve(factor, y)
    return 0.5 * xp.sum(z * z) + xp.sum(xp.log(xp.sum(factor * eye, axis=-1)))


# --- second derivatives -----------------------------------------------------------------------------------------------


@case(
    "rosenbrock",
    lambda rng, variables: (rng.normal(size=variables),),
    axes=("variables",),
    sizes=[(10,), (100,)],
    derivative="hessian",
)
def rosenbrock(xp: Any, x: Any) -> Any:
    """The Hessian of Rosenbrock's function."""
    left, right = x[:-1], x[1:]
    curve = right - left * left
    slope = 1.0 - left
    return xp.sum(100.0 * curve * curve + slope * slope)


@rosenbrock.hand
def _(xp: Any, x: Any) -> Any:
    left, right = x[:-1], x[1:]
    value = xp.sum(100.0 * (right - left * left) ** 2 + (1.0 - left) ** 2)

    def back() -> Any:
        diagonal = xp.zeros_like(x)
        diagonal[:-1] = 1200.0 * left * left - 400.0 * right + 2.0
        diagonal[1:] += 200.0
        beside = -400.0 * left
        return xp.diag(diagonal) + xp.diag(beside, 1) + xp.diag(beside, -1)

    return value, back
