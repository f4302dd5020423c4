"""Orthonormal bases, and what completes them: shared by the rules of decompositions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anygrad.core.primitive import Array
from anygrad.ops.creation import zeros_like
from anygrad.ops.elementwise import add, negative, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.linalg._matrices import adjoint, over, real_part, rounding, skew
from anygrad.ops.linalg.products import matmul
from anygrad.ops.reductions import sum


def total(terms: Sequence[Array | None]) -> Any:
    """The sum of those terms that are not None."""
    total = None
    for term in terms:
        total = term if total is None else total if term is None else add(total, term)
    return total


def columns(x: Array, start: int, stop: int | None) -> Array:
    return getitem(x, (..., slice(start, stop)))


def outside(basis: Array, x: Array) -> Array:
    """The part of some columns that is orthogonal to orthonormal ones."""
    return subtract(x, matmul(basis, matmul(adjoint(basis), x)))


def lost_of_more(g: Array, basis: Array, more: Array) -> Array:
    """What the cotangent of the columns that complete a basis says about the basis; NaN if about their rotation."""
    g_more = columns(g, basis.shape[-1], None)
    turns = or_nan(skew(matmul(adjoint(more), g_more)), rounding(g))
    return subtract(turns, matmul(more, matmul(adjoint(g_more), basis)))


def or_nan(x: Array, noise: Array) -> Array:
    """0 if a matrix vanishes but for noise, else NaN: what depends on an arbitrary choice has no derivative."""
    zero = zeros_like(real_part(x))
    return sum(over(x, zero, zero, noise), axis=(-2, -1), keepdims=True)


def with_more(basis: Array, more: Array | None, moved: Array) -> Array:
    """How the columns of an orthonormal basis move, with those that complete it: they stay orthogonal to the others."""
    if more is None:
        return moved
    turned = negative(matmul(adjoint(moved), more))
    if more.shape[-1] > 1:  # which are determined up to a rotation alone
        turned = add(turned, or_nan(turned, rounding(moved)))
    return concat([moved, matmul(basis, turned)], axis=-1)
