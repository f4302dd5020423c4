"""Products of arrays: inner, outer, matrix and tensor products, Einstein sums, convolutions."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_arrays, cast, implements, promoted

__all__: list[str] = []


def _flat(x: Array) -> Array:
    return ag.reshape(x, (-1,))


@implements("dot", arrays=2)
def dot(a: Array, b: Array) -> Array:
    """The sum of products over the last axis of one array and the last but one, or the only one, of the other."""
    a, b = promoted((a, b))
    if not a.shape or not b.shape:
        return a * b
    if len(b.shape) <= 2 and len(a.shape) <= 2:
        return ag.matmul(a, b)
    return ag.tensordot(a, b, axes=((-1,), (max(len(b.shape) - 2, 0),)))


@implements("vdot", arrays=2)
def vdot(a: Array, b: Array, /) -> Array:
    """The sum of products of all elements, those of the first conjugated."""
    a, b = promoted((a, b))
    return ag.vecdot(_flat(a), _flat(b))


@implements("inner", arrays=2)
def inner(a: Array, b: Array, /) -> Array:
    """The sum of products over the last axes."""
    a, b = promoted((a, b))
    return ag.tensordot(a, b, axes=((-1,), (-1,))) if a.shape and b.shape else a * b


@implements("outer", arrays=2)
def outer(a: Array, b: Array) -> Array:
    """The products of all pairs of elements."""
    a, b = promoted((a, b))
    return _flat(a)[:, None] * _flat(b)[None, :]


@implements("linalg.outer", arrays=2)
def linalg_outer(x1: Array, x2: Array, /) -> Array:
    """The products of all pairs of elements of two vectors."""
    return ag.linalg.outer(*promoted((x1, x2)))


@implements("kron", arrays=2)
def kron(a: Array, b: Array) -> Array:
    """The blocks that each element of one array makes with the other."""
    a, b = promoted((a, b))
    ndim = max(len(a.shape), len(b.shape))
    shapes = [(1,) * (ndim - len(x.shape)) + tuple(x.shape) for x in (a, b)]
    left = ag.reshape(a, tuple(n for length in shapes[0] for n in (length, 1)))
    right = ag.reshape(b, tuple(n for length in shapes[1] for n in (1, length)))
    return ag.reshape(left * right, tuple(n * m for n, m in zip(*shapes)))


@implements("cross", arrays=2)
def cross(a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """The cross product of vectors of three elements."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = promoted((ag.moveaxis(a, axisa, -1), ag.moveaxis(b, axisb, -1)))
    return ag.moveaxis(ag.linalg.cross(a, b), -1, axisc)


@implements("linalg.cross", arrays=2)
def linalg_cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The cross product of vectors of three elements along an axis."""
    return ag.linalg.cross(*promoted((x1, x2)), axis=axis)


@implements("tensordot", arrays=2)
def tensordot(a: Array, b: Array, axes: Any = 2) -> Array:
    """The sum of products over pairs of axes."""
    if not isinstance(axes, int | np.integer):
        axes = tuple((int(x),) if isinstance(x, int | np.integer) else tuple(map(int, x)) for x in axes)
    return ag.tensordot(*promoted((a, b)), axes=axes)


@implements("linalg.tensordot", arrays=2)
def linalg_tensordot(x1: Array, x2: Array, /, *, axes: Any = 2) -> Array:
    """The sum of products over pairs of axes."""
    return tensordot(x1, x2, axes)


@implements("linalg.matmul", arrays=2)
def matmul(x1: Array, x2: Array, /) -> Array:
    """The matrix product."""
    return ag.matmul(*promoted((x1, x2)))


@implements("linalg.vecdot", arrays=2)
def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The inner products of vectors along an axis, those of the first array conjugated."""
    x1, x2 = promoted((x1, x2))
    return ag.vecdot(ag.moveaxis(x1, axis, -1), ag.moveaxis(x2, axis, -1))


@implements("linalg.multi_dot", arrays=0)
def multi_dot(arrays: Any) -> Array:
    """The product of several matrices, in the order that takes the fewest operations."""
    matrices = promoted(as_arrays(arrays))
    labels = string.ascii_lowercase
    first = 1 if len(matrices[0].shape) == 1 else 0
    last = len(matrices) if len(matrices[-1].shape) > 1 else len(matrices) - 1
    terms = [labels[max(i, first) : min(i + 1, last) + 1] for i in range(len(matrices))]
    ends = ("" if first else labels[0]) + (labels[last] if last == len(matrices) else "")
    return ag.einsum(f"{','.join(terms)}->{ends}", *matrices)


@implements("einsum", arrays=0)
def einsum(*operands: Any, dtype: Any = None, order: str = "K", casting: str = "safe", optimize: Any = True) -> Array:
    """A sum of products named by letters, or by lists of numbers for each operand."""
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], list(operands[1:])
    else:
        subscripts, arrays = _lettered(operands)
    arrays = [cast(x, dtype) for x in promoted(as_arrays(arrays))]
    return ag.einsum(subscripts, *arrays, optimize=True if optimize is False else optimize)


def _lettered(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """The letters for operands that are each followed by their numbers."""
    arrays, lists = list(operands[0 : len(operands) // 2 * 2 : 2]), list(operands[1::2])
    output = list(operands[-1:]) if len(operands) % 2 else []
    terms = ["".join("..." if i is Ellipsis else string.ascii_letters[i] for i in part) for part in [*lists, *output]]
    inputs = ",".join(terms[: len(lists)])
    return f"{inputs}->{terms[-1]}" if output else inputs, arrays


@implements("convolve", arrays=2)
def convolve(a: Array, v: Array, mode: Any = "full") -> Array:
    """The convolution of two signals."""
    a, v = promoted([ag.reshape(x, (-1,)) if not x.shape else x for x in (a, v)])
    return ag.convolve(a, v, mode)


@implements("correlate", arrays=2)
def correlate(a: Array, v: Array, mode: Any = "valid") -> Array:
    """The correlation of two signals."""
    a, v = promoted([ag.reshape(x, (-1,)) if not x.shape else x for x in (a, v)])
    return ag.correlate(a, v, mode)
