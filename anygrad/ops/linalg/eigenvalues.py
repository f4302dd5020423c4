"""Eigenvalues and eigenvectors.

Vectors of these decompositions are not unique: each can change its sign (its phase, if complex), and vectors of equal
values can be mixed. Derivatives are right for functions of the results that such a change does not touch, and NaN for
others, as far as a rule can see that from the cotangents: of values that are equal, up to :func:`rounding`, it cannot
see a function's dependence on the vectors (:func:`~anygrad.ops.linalg._matrices.are_apart` says where there is none). A
tangent that would mix them is NaN. The derivative of values alone needs no vectors; its own derivative does, and is NaN
in directions that mix them.

The formulas are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from anygrad.core.primitive import Array, primitive
from anygrad.ops.creation import ones_like
from anygrad.ops.elementwise import add, conj, multiply, subtract
from anygrad.ops.linalg._bases import total
from anygrad.ops.linalg._matrices import (
    adjoint,
    antihermitian,
    are_apart,
    diagonal_matrix,
    differences,
    mixed_products,
    mixing,
    off_diagonal,
    read,
    real_part,
    rounding,
    scaled_columns,
    unread,
)
from anygrad.ops.linalg.products import diagonal, matmul
from anygrad.ops.linalg.solving import inv, solve


class EighResult(NamedTuple):
    """What :func:`eigh` gives."""

    eigenvalues: Array
    eigenvectors: Array


class EigResult(NamedTuple):
    """What :func:`eig` gives."""

    eigenvalues: Array
    eigenvectors: Array


# --- of Hermitian matrices --------------------------------------------------------------------------------------------


@primitive(
    lambda g, x, out: unread(x, _eigh_rule(g, x, out)),
    jvp=(lambda t, x, out: _eigh_forward(read(x, t), x, out),),
    outputs=EighResult,
)
def eigh(x: Array, /) -> Array:
    """The eigenvalues, in ascending order, and orthonormal eigenvectors (columns) of Hermitian matrices.

    Of ``x`` of shape ``(..., n, n)`` the values are ``(..., n)`` and the vectors ``(..., n, n)``. The lower triangle is
    read, and all of the derivative belongs to it; of a matrix that is Hermitian itself (up to rounding) each triangle
    gets half of it, so the gradient is Hermitian.

    Vectors of equal values (which differ by up to ``16 n`` units in the last place of the largest) are determined up to
    a rotation alone. Where a function depends on it, or may, because it uses the values as well, the gradient is NaN;
    :func:`matrix_function` is what is right there.

    >>> ag.linalg.eigh(ag.Tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    Tensor([1., 2.])
    """


@primitive(
    lambda g, x: unread(x, _from_eigenvalues(x, g, eigh(x).eigenvectors)),
    jvp=(lambda t, x: _along_eigenvectors(x, read(x, t), eigh(x).eigenvectors),),
)
def eigvalsh(x: Array, /) -> Array:
    """The eigenvalues of Hermitian matrices, in ascending order; the lower triangle is read, as by :func:`eigh`.

    The derivative of equal values is one of many, unless a function treats them alike. The second derivative of such a
    function is not known from its values alone: it is NaN in directions that mix their vectors.

    >>> ag.linalg.eigvalsh(ag.Tensor([[2.0, 0.0], [0.0, 1.0]]))
    Tensor([1., 2.])
    """


@primitive(
    lambda g, x, v: unread(x, _turned(_hermitian_frame(x), v, g)),
    lambda g, x, vectors: _along_eigenvectors(x, g, vectors),
    None,
    jvp=(
        lambda t, x, v: _turned(_hermitian_frame(x), v, read(x, t)),
        lambda t, x, vectors: _from_eigenvalues(x, t, vectors),
        None,
    ),
)
def _from_eigenvalues(x: Array, v: Array, vectors: Array, /) -> Array:
    """The matrix with the eigenvectors of ``x`` and the eigenvalues ``v``: what ``x`` gets, if its values get ``v``.

    This is differentiated as a function of ``x``, where vectors of equal values do no harm if ``v`` is equal too.
    """
    return matmul(scaled_columns(vectors, v), adjoint(vectors))


@primitive(
    lambda g, x, y: unread(x, _turned(_hermitian_frame(x), g, y)),
    lambda g, x, vectors: _from_eigenvalues(x, g, vectors),
    None,
    jvp=(
        lambda t, x, y: real_part(_turned_diagonal(_hermitian_frame(x), y, read(x, t))),
        lambda t, x, vectors: _along_eigenvectors(x, t, vectors),
        None,
    ),
)
def _along_eigenvectors(x: Array, y: Array, vectors: Array, /) -> Array:
    """How the eigenvalues of ``x`` move with the Hermitian ``y``: its diagonal in the basis of the eigenvectors."""
    return real_part(diagonal(matmul(adjoint(vectors), matmul(y, vectors))))


# --- of any matrices --------------------------------------------------------------------------------------------------


@primitive(lambda g, out: _eig_rule(g, out), jvp=(lambda t, out: _eig_forward(t, out),), outputs=EigResult)
def eig(x: Array, /) -> Array:
    """The eigenvalues and eigenvectors (columns, of length 1) of matrices ``(..., n, n)``; both complex.

    Not defined where the matrix is defective, which has no basis of eigenvectors. Of equal values holds what
    :func:`eigh` says.

    >>> ag.linalg.eig(ag.Tensor([[0.0, -1.0], [1.0, 0.0]])).eigenvalues
    Tensor([0.+1.j, 0.-1.j], dtype=complex128)
    """


@primitive(
    lambda g, x: _from_values(x, g),
    jvp=(lambda t, x: _along_vectors(x, t),),
)
def eigvals(x: Array, /) -> Array:
    """The eigenvalues of matrices ``(..., n, n)``, complex, in no particular order; of equal ones as :func:`eigvalsh`.

    >>> ag.linalg.eigvals(ag.Tensor([[0.0, -1.0], [1.0, 0.0]]))
    Tensor([0.+1.j, 0.-1.j], dtype=complex128)
    """


@primitive(
    lambda g, x, v: _turned(_frame(x), v, adjoint(g)),
    lambda g, x: _along_vectors(x, g),
    jvp=(
        lambda t, x, v: _turned(_frame(x), v, adjoint(t)),
        lambda t, x: _from_values(x, t),
    ),
)
def _from_values(x: Array, v: Array, /) -> Array:
    """What ``x`` gets, if its eigenvalues get ``v``."""
    _, p, q = _frame(x)
    return matmul(scaled_columns(p, v), q)


@primitive(
    lambda g, x, y: _turned(_frame(x), g, adjoint(y)),
    lambda g, x: _from_values(x, g),
    jvp=(
        lambda t, x, y: conj(_turned_diagonal(_frame(x), adjoint(y), adjoint(t))),
        lambda t, x: _along_vectors(x, t),
    ),
)
def _along_vectors(x: Array, y: Array, /) -> Array:
    """How the eigenvalues of ``x`` move with ``y``."""
    _, p, q = _frame(x)
    return conj(diagonal(matmul(q, matmul(add(adjoint(y), multiply(p, 0)), p))))


eigh.hint = eig.hint = (
    "; vectors of equal values, and phases, are not determined: "
    "anygrad.linalg.matrix_function, sqrtm, expm and logm do without them"
)

# --- pieces of the rules above ----------------------------------------------------------------------------------------

Frame = tuple[Array, Array, Array]
"""Values, and P and Q such that ``P @ diag(values) @ Q`` is a matrix, or the adjoint of one that is not Hermitian."""


def _hermitian_frame(x: Array) -> Frame:
    values, vectors = eigh(x)
    return values, vectors, adjoint(vectors)


def _frame(x: Array) -> Frame:
    values, vectors = eig(x)
    adjoined = adjoint(vectors)
    return conj(values), inv(adjoined), adjoined


def _turned(frame: Frame, v: Array, t: Array) -> Array:
    """How ``P @ diag(v) @ Q`` moves with the matrix, by Daleckii and Krein; a linear map that is its own adjoint."""
    values, p, q = frame
    inner = matmul(q, matmul(t, p))
    mixed = multiply(mixing(values, off_diagonal(inner), rounding(t)), differences(v))
    return matmul(p, matmul(mixed, q))


def _turned_diagonal(frame: Frame, y: Array, t: Array) -> Array:
    """How the diagonal of ``Q @ y @ P`` moves with the matrix."""
    values, p, q = frame
    return mixed_products(values, *(matmul(q, matmul(z, p)) for z in (t, y)))


def _eigh_rule(g: Any, x: Array, out: Any) -> Array:
    g_values, g_vectors = g
    values, vectors = out
    along = None if g_values is None else _from_eigenvalues(x, g_values, vectors)
    if g_vectors is None:
        return along
    turned, noise = matmul(adjoint(vectors), g_vectors), rounding(g_vectors)
    mixed = mixing(values, antihermitian(turned), noise, lambda: are_apart(values, g_values, turned, noise))
    return total([along, matmul(vectors, matmul(mixed, adjoint(vectors)))])


def _eigh_forward(t: Array, x: Array, out: Any) -> tuple[Array, Array]:
    values, vectors = out
    inner = matmul(adjoint(vectors), matmul(t, vectors))
    moved = matmul(vectors, mixing(values, off_diagonal(inner), rounding(t)))
    return _along_eigenvectors(x, t, vectors), moved


def _eig_rule(g: Any, out: Any) -> Array:
    g_values, g_vectors = g
    values, vectors = out
    adjoined = adjoint(vectors)
    inner = None if g_values is None else diagonal_matrix(g_values)
    if g_vectors is not None:
        turned, noise = matmul(adjoined, g_vectors), rounding(g_vectors)
        along = scaled_columns(matmul(adjoined, vectors), real_part(diagonal(turned)))  # vectors keep their length
        # Nothing is left of the cotangent of V in V @ diag(f(values)) @ inv(V), for whatever f: it says nothing then.
        used = None if g_values is None else ones_like(g_values)
        apart = are_apart(values, used, turned, noise)
        inner = total([inner, mixing(conj(values), subtract(turned, along), noise, lambda: apart)])
    return solve(adjoined, matmul(inner, adjoined))


def _eig_forward(t: Array, out: Any) -> tuple[Array, Array]:
    values, vectors = out
    inner = solve(vectors, matmul(add(t, multiply(vectors, 0)), vectors))
    moved = matmul(vectors, mixing(values, off_diagonal(inner), rounding(inner)))
    along = real_part(diagonal(matmul(adjoint(vectors), moved)))
    return diagonal(inner), subtract(moved, scaled_columns(vectors, along))
