"""Determinants.

The rules are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), with adjoints in place of transposes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, nondifferentiable, primitive
from anygrad.ops.creation import zeros_like
from anygrad.ops.elementwise import add, imag, multiply, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.linalg._matrices import (
    adjoint,
    conjugate,
    diagonal_matrix,
    identity,
    off_diagonal,
    on_diagonal,
    real_part,
)
from anygrad.ops.linalg.products import diagonal, matmul, trace
from anygrad.ops.linalg.singular_values import svd, svdvals
from anygrad.ops.linalg.solving import inv
from anygrad.ops.logic import equal, less_equal, logical_or
from anygrad.ops.manipulation import expand_dims, matrix_transpose, reshape
from anygrad.ops.reductions import any, prod, sum
from anygrad.ops.searching import where


class SlogdetResult(NamedTuple):
    """What :func:`slogdet` gives: ``sign * exp(logabsdet)`` is the determinant."""

    sign: Array
    logabsdet: Array


@primitive(
    lambda g, x, out: multiply(_as_matrix(g), conjugate(_cofactors(x, out))),
    jvp=(lambda t, x, out: sum(multiply(_cofactors(x, out), t), axis=(-2, -1)),),
)
def det(x: Array, /) -> Array:
    """The determinant of a square matrix, or of each of a stack of shape ``(..., n, n)``.

    Its gradient is the matrix of cofactors, also where the determinant is 0; second derivatives are right at every rank
    too.

    >>> ag.linalg.det(ag.Tensor([[1.0, 2.0], [3.0, 4.0]])).item()
    -2.0000000000000004
    """


@primitive(
    lambda g, x, out: _slogdet_rule(g, x, out),
    jvp=(lambda t, x, out: _slogdet_forward(t, x, out),),
    outputs=SlogdetResult,
)
def slogdet(x: Array, /) -> Array:
    """The sign (for complex matrices the phase) and the logarithm of the absolute value of the determinant.

    The sign of a real matrix has the derivative 0.

    >>> ag.linalg.slogdet(ag.Tensor([[2.0, 0.0], [0.0, -2.0]])).logabsdet.item()
    1.3862943611198906
    """


@primitive(
    lambda g, x: conjugate(_moved_cofactors(x, conjugate(g))),
    None,
    jvp=(lambda t, x: _moved_cofactors(x, t), None),
)
def _cofactors(x: Array, det: Array, /) -> Array:
    """The derivative of the determinant in each element: ``det(x) inv(x)`` transposed, or its limit."""
    if x.shape[-1] == 0:
        return x
    if not _has_zero(det):
        return multiply(_as_matrix(det), matrix_transpose(inv(x)))
    u, s, vh = svd(x, full_matrices=False)
    others = prod(where(on_diagonal(s, s.shape[-1]), 1.0, expand_dims(s, axis=-2)), axis=-1)
    return _between(u, diagonal_matrix(others), vh)


@nondifferentiable
def _has_zero(x: Array, /) -> bool:
    """Whether some element is 0; on a GPU this waits for the array."""
    return bool(any(equal(x, 0)))


@nondifferentiable
def _is_near_singular(x: Array, /) -> bool:
    """Whether the inverse of some matrix loses more than three digits; on a GPU this waits for the array."""
    s = svdvals(x)
    return bool(any(less_equal(getitem(s, (..., -1)), multiply(getitem(s, (..., 0)), 1e-3))))


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _as_matrix(v: Array) -> Array:
    """A number of each matrix, so that it broadcasts with the matrix."""
    return reshape(v, (*v.shape, 1, 1))


def _moved_cofactors(x: Array, t: Array) -> Array:
    """How the cofactors of ``x`` move with it."""
    if x.shape[-1] == 0:
        return t
    if _is_near_singular(x):
        return _moved_near_singular(x, t)
    inverse = inv(x)
    moved = matmul(inverse, matmul(t, inverse))
    along = subtract(multiply(_as_matrix(trace(matmul(inverse, t))), inverse), moved)
    return multiply(_as_matrix(det(x)), matrix_transpose(along))


def _moved_near_singular(x: Array, t: Array) -> Array:
    """The same without the difference of large numbers, and with no two singular values compared: they may be equal.

    With ``x = U diag(s) Vh`` the cofactors of ``x`` are those of ``diag(s)`` between those of U and Vh, which are
    ``det(U) conj(U)`` and ``det(Vh) conj(Vh)``. Those of ``diag(s) + t`` are, to first order in ``t``, on the diagonal
    ``sum(t[k, k] p[i, k])`` and beside it ``-t[j, i] p[i, j]``, where ``p[i, j]`` is the product of all other values.
    """
    u, s, vh = svd(x, full_matrices=False)
    inner = matmul(adjoint(u), matmul(t, adjoint(vh)))
    others = _products_of_others(s)
    along = matmul(others, expand_dims(diagonal(inner), axis=-1))
    moved = subtract(multiply(along, identity(s, s.shape[-1])), multiply(matrix_transpose(inner), others))
    return _between(u, moved, vh)


def _products_of_others(s: Array) -> Array:
    """For each pair of different singular values the product of all others, and 0 on the diagonal."""
    same = on_diagonal(s, s.shape[-1])
    is_left_out = logical_or(expand_dims(same, axis=-3), expand_dims(same, axis=-2))
    others = where(is_left_out, 1.0, expand_dims(expand_dims(s, axis=-2), axis=-2))
    return off_diagonal(prod(others, axis=-1))


def _between(u: Array, x: Array, vh: Array) -> Array:
    return multiply(_as_matrix(multiply(det(u), det(vh))), matmul(conjugate(u), matmul(x, conjugate(vh))))


def _slogdet_rule(g: Any, x: Array, out: SlogdetResult) -> Array:
    g_sign, g_log = g
    weight = zeros_like(out[0]) if g_log is None else g_log
    if g_sign is not None and is_complex(x):
        turned = imag(multiply(conjugate(out[0]), g_sign))
        weight = add(weight, multiply(turned, 1j))
    return multiply(_as_matrix(weight), adjoint(inv(x)))


def _slogdet_forward(t: Array, x: Array, out: SlogdetResult) -> tuple[Array, Array]:
    growth = trace(matmul(inv(x), t))
    turned = multiply(out[0], multiply(imag(growth), 1j)) if is_complex(x) else zeros_like(out[0])
    return turned, real_part(growth)
