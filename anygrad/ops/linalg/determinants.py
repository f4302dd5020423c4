"""Determinants.

The rules are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), with adjoints in place of transposes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, nondifferentiable, primitive
from anygrad.ops.creation import zeros_like
from anygrad.ops.elementwise import add, imag, multiply
from anygrad.ops.linalg._matrices import adjoint, conjugate, identity, real_part, scaled_columns
from anygrad.ops.linalg.products import matmul, trace
from anygrad.ops.linalg.solving import inv
from anygrad.ops.linalg.spectral import svd
from anygrad.ops.logic import equal
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

    Its gradient is the matrix of cofactors, also where the determinant is 0; second derivatives there are right for
    real matrices of rank ``n - 1`` with distinct singular values.

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


@nondifferentiable
def _has_zero(x: Array, /) -> bool:
    """Whether some element is 0; on a GPU this waits for the array."""
    return bool(any(equal(x, 0)))


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _as_matrix(v: Array) -> Array:
    """A number of each matrix, so that it broadcasts with the matrix."""
    return reshape(v, (*v.shape, 1, 1))


def _cofactors(x: Array, out: Array) -> Array:
    """The derivative of the determinant in each element: ``det(x) inv(x)`` transposed, or its limit."""
    n = x.shape[-1]
    if n == 0:
        return x
    if not _has_zero(out):
        return multiply(_as_matrix(out), matrix_transpose(inv(x)))
    # With x = U diag(s) Vh it is det(U) det(Vh) U' diag(product of the other s) Vh', conjugated.
    u, s, vh = svd(x, full_matrices=False)
    apart = where(equal(identity(s, n), 1), 1.0, expand_dims(s, axis=-2))
    phase = conjugate(multiply(det(u), det(vh)))
    return conjugate(multiply(_as_matrix(phase), matmul(scaled_columns(u, prod(apart, axis=-1)), vh)))


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
