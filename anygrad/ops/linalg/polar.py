"""The polar decomposition and the nuclear norm, whose derivatives need no singular vectors.

They need sums of singular values alone, so that equal ones do no harm, in derivatives of any order (Higham, "Functions
of Matrices" (2008), section 8.1).
"""

from __future__ import annotations

from typing import NamedTuple

from anygrad.core.primitive import Array, primitive
from anygrad.ops.elementwise import add, multiply, negative
from anygrad.ops.linalg._bases import outside
from anygrad.ops.linalg._matrices import adjoint, conjugate, hermitian, over, real_part, rounding, skew
from anygrad.ops.linalg.eigenvalues import eigh
from anygrad.ops.linalg.products import matmul
from anygrad.ops.linalg.singular_values import svd, svdvals
from anygrad.ops.linalg.solving import inv
from anygrad.ops.manipulation import expand_dims
from anygrad.ops.reductions import sum


class PolarResult(NamedTuple):
    """What :func:`polar` gives: ``x = U @ P``."""

    U: Array
    P: Array


def polar(x: Array, /) -> PolarResult:
    """The polar decomposition of matrices ``(..., m, n)``: ``x = U @ P`` with P Hermitian and positive semidefinite.

    ``U``, of the shape of ``x``, has orthonormal columns (rows, if there are fewer of them) and is the matrix of that
    kind closest to ``x``; ``P`` is ``(..., n, n)``. Derivatives of all orders are right where ``x`` has full rank, also
    if singular values are equal.

    >>> ag.linalg.polar(ag.Tensor([[0.0, -2.0], [3.0, 0.0]])).P
    Tensor([[3., 0.],
            [0., 2.]])
    """
    u = _polar_factor(x)
    return PolarResult(u, hermitian(matmul(adjoint(u), x)))


@primitive(
    lambda g, x, out: _moved_factor(g, x, out),  # a linear map that is its own adjoint
    jvp=(lambda t, x, out: _moved_factor(t, x, out),),
)
def _polar_factor(x: Array, /) -> Array:
    """``U @ Vh`` of the singular value decomposition."""
    u, _, vh = svd(x, full_matrices=False)
    return matmul(u, vh)


@primitive(
    lambda g, x: multiply(expand_dims(expand_dims(g, axis=-1), axis=-1), _polar_factor(x)),
    jvp=(lambda t, x: sum(real_part(multiply(conjugate(_polar_factor(x)), t)), axis=(-2, -1)),),
)
def nuclear_norm(x: Array, /) -> Array:
    """The sum of the singular values."""
    return sum(svdvals(x), axis=-1)


@primitive(
    lambda g, p, out: _sylvester_rule(g, p, out),
    lambda g, p: _sylvester(p, g),
    jvp=(
        lambda t, p, out: negative(_sylvester(p, add(matmul(t, out), matmul(out, t)))),
        lambda t, p: _sylvester(p, t),
    ),
)
def _sylvester(p: Array, c: Array, /) -> Array:
    """The solution z of ``p @ z + z @ p = c`` for Hermitian, positive semidefinite p."""
    values, vectors = eigh(p)
    inner = matmul(adjoint(vectors), matmul(c, vectors))
    sums = add(expand_dims(values, axis=-2), expand_dims(values, axis=-1))
    least = expand_dims(rounding(values, axis=-1), axis=-1)
    return matmul(vectors, matmul(over(inner, sums, least, rounding(c)), adjoint(vectors)))


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _sylvester_rule(g: Array, p: Array, out: Array) -> Array:
    solved = _sylvester(p, g)
    return negative(add(matmul(solved, adjoint(out)), matmul(adjoint(out), solved)))


def _moved_factor(t: Array, x: Array, u: Array) -> Array:
    if x.shape[-2] < x.shape[-1]:
        return adjoint(_moved_factor(adjoint(t), adjoint(x), adjoint(u)))
    p = hermitian(matmul(adjoint(u), x))
    moved = matmul(u, _sylvester(p, skew(matmul(adjoint(u), t))))
    return moved if x.shape[-2] == x.shape[-1] else add(moved, matmul(outside(u, t), inv(p)))
