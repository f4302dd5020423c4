"""Inverses and systems of equations.

The rules are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), with adjoints in place of transposes.
"""

from __future__ import annotations

from typing import Any

from anygrad.core.primitive import Array, nondifferentiable, primitive
from anygrad.ops.creation import tril, zeros_like
from anygrad.ops.elementwise import add, multiply, negative, subtract
from anygrad.ops.linalg._matrices import (
    adjoint,
    conjugate,
    identity,
    read,
    unread,
)
from anygrad.ops.linalg.products import matmul
from anygrad.ops.manipulation import expand_dims, reshape


@primitive(
    lambda g, out: negative(matmul(adjoint(out), matmul(g, adjoint(out)))),
    jvp=(lambda t, out: negative(matmul(out, matmul(t, out))),),
)
def inv(x: Array, /) -> Array:
    """The inverse of a square matrix, or of each of a stack of shape ``(..., n, n)``.

    Raises an error of the library where a matrix is singular.

    >>> ag.linalg.inv(ag.Tensor([[2.0, 0.0], [0.0, 4.0]]))
    Tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """


@primitive(
    lambda g, x1, x2_shape, out: _solve_matrix_rule(g, x1, x2_shape, out),
    lambda g, x1, x2_shape: _solve(adjoint(x1), g, x2_shape),
    jvp=(
        lambda t, x1, x2_shape, out: negative(_solve(x1, _applied(t, out, x2_shape), x2_shape)),
        lambda t, x1, x2_shape: _solve(x1, t, x2_shape),
    ),
)
def solve(x1: Array, x2: Array, /) -> Array:
    """The solution ``y`` of ``x1 @ y = x2``, for matrices ``x1`` of shape ``(..., n, n)``.

    ``x2`` is one vector of shape ``(n,)``, or matrices ``(..., n, k)``; stacks broadcast. Raises an error of the
    library where a matrix is singular.

    >>> ag.linalg.solve(ag.Tensor([[2.0, 0.0], [0.0, 4.0]]), ag.Tensor([1.0, 1.0]))
    Tensor([0.5 , 0.25])
    """


@primitive(
    lambda g, x, out: _pinv_rule(g, x, out),
    jvp=(lambda t, x, out: _pinv_forward(t, x, out),),
)
def pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """The Moore-Penrose inverse of a matrix, or of each of a stack.

    Singular values up to ``rtol`` times the largest count as 0. The derivative holds where the rank does not change
    (Golub and Pereyra, 1973, equation 4.12).

    >>> ag.linalg.pinv(ag.Tensor([[2.0], [0.0]]))
    Tensor([[0.5, 0. ]])
    """


@primitive(
    lambda g, x, out: unread(x, _cholesky_rule(g, out)),
    jvp=(lambda t, x, out: _cholesky_forward(read(x, t), out),),
)
def _cholesky(x: Array, /) -> Array:
    """The library's own decomposition into lower triangles."""


def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """The lower triangular ``L`` with ``L @ adjoint(L) = x``, for positive definite Hermitian matrices ``(..., n, n)``.

    With ``upper`` it is the upper triangular ``U`` with ``adjoint(U) @ U = x``. That triangle of ``x`` is read which is
    given, and all of the derivative belongs to it; of a matrix that is Hermitian itself (up to rounding) each triangle
    gets half of it, so the gradient is Hermitian. Raises an error of the library where a matrix is not positive
    definite.

    >>> ag.linalg.cholesky(ag.Tensor([[4.0, 2.0], [2.0, 2.0]]))
    Tensor([[2., 0.],
            [1., 1.]])
    """
    return adjoint(_cholesky(adjoint(x))) if upper else _cholesky(x)


def repeated(x: Array, n: int) -> Array:
    """The power of a matrix to an integer."""
    if n < 0:
        x, n = inv(x), -n
    result = None if n else add(zeros_like(x), identity(x, x.shape[-1]))
    while n:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if n:
            x = matmul(x, x)
    return result


@nondifferentiable
def matrix_rank(x: Array, /, *, rtol: Any = None) -> Array:
    """The number of singular values above ``rtol`` times the largest.

    >>> ag.linalg.matrix_rank(ag.Tensor([[1.0, 2.0], [2.0, 4.0]]))
    Tensor(1)
    """


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _solve(a: Array, b: Array, x2_shape: tuple[int, ...]) -> Array:
    """``solve``, where ``b`` holds vectors along its last axis if the second operand was one vector."""
    if len(x2_shape) != 1:
        return solve(a, b)
    y = solve(a, expand_dims(b, axis=-1))
    return reshape(y, tuple(y.shape[:-1]))


def _applied(a: Array, y: Array, x2_shape: tuple[int, ...]) -> Array:
    if len(x2_shape) != 1:
        return matmul(a, y)
    product = matmul(a, expand_dims(y, axis=-1))
    return reshape(product, tuple(product.shape[:-1]))


def _solve_matrix_rule(g: Array, x1: Array, x2_shape: tuple[int, ...], out: Array) -> Array:
    right = _solve(adjoint(x1), g, x2_shape)
    if len(x2_shape) != 1:
        return negative(matmul(right, adjoint(out)))
    return negative(multiply(expand_dims(right, axis=-1), expand_dims(conjugate(out), axis=-2)))


def _pinv_rule(g: Array, x: Array, out: Array) -> Array:
    left = subtract(identity(x, x.shape[-2]), matmul(x, out))
    right = subtract(identity(x, x.shape[-1]), matmul(out, x))
    p, ph, gh = out, adjoint(out), adjoint(g)
    moved = negative(matmul(ph, matmul(g, ph)))
    return add(moved, add(matmul(matmul(left, gh), matmul(p, ph)), matmul(matmul(ph, p), matmul(gh, right))))


def _pinv_forward(t: Array, x: Array, out: Array) -> Array:
    left = subtract(identity(x, x.shape[-2]), matmul(x, out))
    right = subtract(identity(x, x.shape[-1]), matmul(out, x))
    p, ph, th = out, adjoint(out), adjoint(t)
    moved = negative(matmul(p, matmul(t, p)))
    return add(moved, add(matmul(matmul(p, ph), matmul(th, left)), matmul(matmul(right, th), matmul(ph, p))))


def _halved_lower(x: Array) -> Array:
    """The lower triangle with half of the diagonal."""
    return subtract(tril(x), multiply(multiply(x, identity(x, x.shape[-1])), 0.5))


def _cholesky_rule(g: Array, out: Array) -> Array:
    inverse = inv(out)
    return matmul(adjoint(inverse), matmul(_halved_lower(matmul(adjoint(out), g)), inverse))


def _cholesky_forward(t: Array, out: Array) -> Array:
    inverse = inv(out)
    return matmul(out, _halved_lower(matmul(inverse, matmul(t, adjoint(inverse)))))
