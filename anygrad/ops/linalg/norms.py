"""Norms of vectors and of matrices."""

from __future__ import annotations

import math
from typing import Any, Literal

from anygrad.core.primitive import Array, primitive
from anygrad.ops._axes import Axes, kept
from anygrad.ops.creation import zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import abs, chain, divide, multiply, pow, sign, square_of_size
from anygrad.ops.linalg.polar import nuclear_norm
from anygrad.ops.linalg.singular_values import svdvals
from anygrad.ops.magnitudes import magnitude, nan_for_zero
from anygrad.ops.manipulation import reshape
from anygrad.ops.reductions import chosen_among, max, min, sum, weighted_cotangent, weighted_tangent

MatrixOrder = Literal["fro", "nuc", 1, -1, 2, -2] | float | None


@magnitude(lambda x, axis, keepdims, ord: _square(x, axis, keepdims, ord))
@primitive(
    lambda g, x, out, axis, ord: weighted_cotangent(g, _norm_gradient(x, out, axis, ord), axis),
    jvp=(
        lambda t, x, out, axis, keepdims, ord: weighted_tangent(t, _norm_gradient(x, out, axis, ord), axis, keepdims),
    ),
)
def vector_norm(x: Array, /, *, axis: Axes = None, keepdims: bool = False, ord: float = 2) -> Array:
    """The norm of the elements over all axes, or the given ones: ``sum(abs(x)**ord) ** (1/ord)``.

    For ``ord`` infinite it is the largest absolute value (the smallest, if negative), for 0 the number of nonzero
    elements. The gradient is 0 where the norm is 0.

    >>> ag.linalg.vector_norm(ag.Tensor([3.0, 4.0]))
    Tensor(5.)
    """


def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: MatrixOrder = "fro") -> Array:
    """The norm of a matrix, or of each of a stack of shape ``(..., m, n)``.

    ``ord`` is ``"fro"`` (Frobenius), ``"nuc"`` (the sum of the singular values), 2 (the largest of them), 1 (the
    largest sum of absolute values of a column), infinity (the same of a row); -2, -1 and -infinity take the smallest.

    >>> ag.linalg.matrix_norm(ag.Tensor([[3.0, 0.0], [0.0, 4.0]]), ord="nuc")
    Tensor(7.)
    """
    if len(x.shape) < 2:
        raise ValueError(f"matrix_norm: x must have at least two axes, given shape {tuple(x.shape)}")
    if ord == "fro" or ord is None or (0 in x.shape[-2:] and ord in (1, 2, math.inf)):  # of no elements all are 0
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord == "nuc":
        found = nuclear_norm(x)
    elif ord in (2, -2):
        found = (max if ord == 2 else min)(svdvals(x), axis=-1)
    elif ord in (1, -1, math.inf, -math.inf):
        totals = sum(abs(x), axis=-2 if ord in (1, -1) else -1)
        found = (max if ord in (1, math.inf) else min)(totals, axis=-1)
    else:
        raise ValueError(f"matrix_norm: ord must be 'fro', 'nuc', 1, 2, inf or the negative of a number, given {ord!r}")
    return reshape(found, (*found.shape, 1, 1)) if keepdims else found


def _norm_gradient(x: Array, out: Array, axis: Axes, order: Any) -> Array:
    if math.isinf(order):
        chosen, n = chosen_among(abs(x), out, axis)
        return multiply(sign(x), divide(astype(chosen, n.dtype), n))
    if order == 0:
        return zeros_like(x)
    if order == 1:
        return sign(x)
    norm = reshape(nan_for_zero(out), kept(tuple(x.shape), axis))
    if order == 2:
        return divide(x, norm)
    return divide(chain(x, pow(divide(abs(x), norm), order - 2)), norm)


def _square(x: Array, axis: Axes, keepdims: bool, order: Any) -> Array | None:
    return sum(square_of_size(x), axis=axis, keepdims=keepdims) if order == 2 else None
