"""Single operations, and short formulas made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.case import case

Rng = np.random.Generator
SCALE, CUBIC = math.sqrt(2 / math.pi), 0.044715  # of the tanh approximation to GELU


# --- overhead ---------------------------------------------------------------------------------------------------------


def _pair(rng: Rng, elements: int) -> tuple[Any, ...]:
    return rng.normal(size=elements), rng.normal(size=elements)


@case("multiply", _pair, axes=("elements",), sizes=[(4,)])
def multiply(xp: Any, x: Any, a: Any) -> Any:
    """One product, and the sum that makes it a number."""
    return xp.sum(x * a)


@multiply.hand
def _(xp: Any, x: Any, a: Any) -> Any:
    value = xp.sum(x * a)

    def back() -> list[Any]:
        g = xp.ones_like(x)
        return [g * a, g * x]

    return value, back


def _chain(rng: Rng, operations: int, elements: int) -> tuple[Any, ...]:
    near_one = 1 + 0.02 * rng.normal(size=elements)
    return rng.normal(size=elements), near_one, 0.1 * rng.normal(size=elements), operations


@case("chain", _chain, axes=("operations", "elements"), sizes=[(200, 4)])
def chain(xp: Any, x: Any, a: Any, b: Any, operations: int) -> Any:
    """Products and sums in turn, each of the result of the one before."""
    for _ in range(operations // 2):
        x = x * a
        x = x + b
    return xp.sum(x)


@chain.hand
def _(xp: Any, x: Any, a: Any, b: Any, operations: int) -> Any:
    kept = []
    for _ in range(operations // 2):
        kept.append(x)
        x = x * a
        x = x + b
    value = xp.sum(x)

    def back() -> list[Any]:
        g = xp.ones_like(x)
        of_a, of_b = xp.zeros_like(a), xp.zeros_like(b)
        for x_before in reversed(kept):
            of_b += g
            of_a += g * x_before
            g = g * a
        return [g, of_a, of_b]

    return value, back


# --- elementwise ------------------------------------------------------------------------------------------------------


@case(
    "gelu",
    lambda rng, elements: (rng.normal(size=elements),),
    axes=("elements",),
    sizes=[(1_000,), (30_000,), (1_000_000,)],
    cuda_sizes=[(2**20,), (2**25,)],
)
def gelu(xp: Any, x: Any) -> Any:
    """GELU by its tanh formula, written out of elementary operations."""
    return xp.sum(0.5 * x * (1.0 + xp.tanh(SCALE * (x + CUBIC * x * x * x))))


@gelu.hand
def _(xp: Any, x: Any) -> Any:
    square = x * x
    t = xp.tanh(SCALE * (x + CUBIC * square * x))
    value = xp.sum(0.5 * x * (1.0 + t))

    def back() -> list[Any]:
        return [0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * (SCALE + 3 * SCALE * CUBIC * square)]

    return value, back


# --- reductions and products ------------------------------------------------------------------------------------------


@case(
    "reductions",
    lambda rng, rows, columns: (rng.normal(size=(rows, columns)),),
    axes=("rows", "columns"),
    sizes=[(32, 32), (1_000, 1_000)],
    cuda_sizes=[(8_192, 8_192)],
)
def reductions(xp: Any, x: Any) -> Any:
    """The sum of squared column means and of row maxima."""
    means = xp.mean(x, axis=0)
    return xp.sum(means * means) + xp.sum(xp.max(x, axis=1))


def _factors(rng: Rng, n: int) -> tuple[Any, ...]:
    return rng.normal(size=(n, n)) / math.sqrt(n), rng.normal(size=(n, n)), rng.normal(size=(n, n))


@case("matmul", _factors, axes=("n",), sizes=[(32,), (512,)], cuda_sizes=[(4_096,)], wrt=2)
def matmul(xp: Any, a: Any, b: Any, weights: Any) -> Any:
    """A product of two square matrices, weighted and summed."""
    return xp.sum((a @ b) * weights)


def _table(rng: Rng, rows: int, width: int, lookups: int) -> tuple[Any, ...]:
    return rng.normal(size=(rows, width)), rng.normal(size=(lookups, width)), rng.integers(rows, size=lookups)


@case(
    "embedding",
    _table,
    axes=("rows", "width", "lookups"),
    sizes=[(1_000, 64, 256), (30_000, 64, 4_096)],
    cuda_sizes=[(100_000, 256, 65_536)],
    wrt=1,
)
def embedding(xp: Any, table: Any, weights: Any, rows: Any) -> Any:
    """Rows of a table looked up by number, some of them several times, weighted and summed."""
    return xp.sum(table[rows] * weights)


def _image(rng: Rng, batch: int, channels: int, pixels: int) -> tuple[Any, ...]:
    kernel = rng.normal(size=(channels, channels, 3, 3)) / (3 * math.sqrt(channels))
    return rng.normal(size=(batch, channels, pixels, pixels)), kernel


@case(
    "convolution",
    _image,
    axes=("batch", "channels", "pixels"),
    sizes=[(8, 16, 28)],
    cuda_sizes=[(64, 64, 56)],
)
def convolution(xp: Any, x: Any, kernel: Any) -> Any:
    """A 3 x 3 convolution of images, squared and summed."""
    y = xp.conv(x, kernel)
    return xp.sum(y * y)


# --- softmax and attention --------------------------------------------------------------------------------------------


def normalised(xp: Any, scores: Any) -> Any:
    """The softmax over the last axis."""
    e = xp.exp(scores - xp.stop_gradient(xp.max(scores, axis=-1, keepdims=True)))
    return e / xp.sum(e, axis=-1, keepdims=True)


def _scores(rng: Rng, rows: int, columns: int) -> tuple[Any, ...]:
    return rng.normal(size=(rows, columns)), rng.normal(size=(rows, columns))


@case(
    "softmax",
    _scores,
    axes=("rows", "columns"),
    sizes=[(32, 10), (256, 1_000)],
    cuda_sizes=[(8_192, 4_096)],
    wrt=1,
)
def softmax(xp: Any, scores: Any, weights: Any) -> Any:
    """The softmax of each row, weighted and summed."""
    return xp.sum(normalised(xp, scores) * weights)


@softmax.hand
def _(xp: Any, scores: Any, weights: Any) -> Any:
    p = normalised(xp, scores)
    value = xp.sum(p * weights)

    def back() -> list[Any]:
        g = p * weights
        return [g - p * xp.sum(g, axis=-1, keepdims=True)]

    return value, back


def _heads(rng: Rng, batch: int, tokens: int, width: int) -> tuple[Any, ...]:
    return tuple(rng.normal(size=(batch, tokens, width)) for _ in range(4))


@case(
    "attention",
    _heads,
    axes=("batch", "tokens", "width"),
    sizes=[(8, 64, 32)],
    cuda_sizes=[(64, 512, 64)],
    wrt=3,
)
def attention(xp: Any, q: Any, k: Any, v: Any, weights: Any) -> Any:
    """Scaled dot-product attention, weighted and summed."""
    scores = (q @ xp.permute_dims(k, (0, 2, 1))) * (1 / math.sqrt(q.shape[-1]))
    return xp.sum((normalised(xp, scores) @ v) * weights)


# --- linear algebra ---------------------------------------------------------------------------------------------------


def _system(rng: Rng, n: int) -> tuple[Any, ...]:
    return rng.normal(size=(n, n)) / math.sqrt(n), rng.normal(size=(n, 1)), np.eye(n)


@case("cholesky", _system, axes=("n",), sizes=[(16,), (256,)], cuda_sizes=[(2_048,)], wrt=2)
def cholesky(xp: Any, root: Any, b: Any, eye: Any) -> Any:
    """A positive definite system solved by its Cholesky factor, and the logarithm of its determinant."""
    factor = xp.linalg.cholesky(root @ xp.permute_dims(root, (1, 0)) + eye)
    z = xp.linalg.solve(factor, b)
    return xp.sum(z * z) + xp.sum(xp.log(xp.sum(factor * eye, axis=-1)))
