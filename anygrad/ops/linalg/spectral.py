"""Eigenvalues, singular values, and the QR decomposition.

Vectors of these decompositions are not unique: each can change its sign (its phase, if complex), and vectors of equal
values can be mixed. Derivatives are right for functions of the results that such a change does not touch. Where values
coincide, or a singular value is 0, the terms that would be infinite count as 0.

The formulas are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), of Wan and Zhang (arXiv:1909.02659) for complex singular vectors, and of Walter and Lehmann
(arXiv:1001.1654) for QR; those for the vectors of full decompositions follow from their staying orthogonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, primitive
from anygrad.ops.creation import tril
from anygrad.ops.elementwise import add, conj, multiply, negative, square, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.linalg._matrices import (
    adjoint,
    diagonal_matrix,
    hermitian,
    imaginary_diagonal,
    inverse_gaps,
    inverse_or_zero,
    real_part,
    scaled_columns,
    scaled_rows,
    skew,
)
from anygrad.ops.linalg.products import diagonal, matmul
from anygrad.ops.linalg.solving import solve


class EighResult(NamedTuple):
    """What :func:`eigh` gives."""

    eigenvalues: Array
    eigenvectors: Array


class EigResult(NamedTuple):
    """What :func:`eig` gives."""

    eigenvalues: Array
    eigenvectors: Array


class SVDResult(NamedTuple):
    """What :func:`svd` gives: ``x = U @ diag(S) @ Vh``."""

    U: Array
    S: Array
    Vh: Array


class QRResult(NamedTuple):
    """What :func:`qr` gives: ``x = Q @ R``."""

    Q: Array
    R: Array


# --- eigenvalues ------------------------------------------------------------------------------------------------------


@primitive(lambda g, out: _eigh_rule(g, out), jvp=(lambda t, out: _eigh_forward(t, out),), outputs=EighResult)
def eigh(x: Array, /) -> Array:
    """The eigenvalues, in ascending order, and orthonormal eigenvectors (columns) of Hermitian matrices.

    Of ``x`` of shape ``(..., n, n)`` the values are ``(..., n)`` and the vectors ``(..., n, n)``.

    The derivative is that of the Hermitian part of ``x``, so the gradient is Hermitian.

    >>> ag.linalg.eigh(ag.Tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    Tensor([1., 2.])
    """


@primitive(
    lambda g, x: _eigh_rule((g, None), eigh(x)),
    jvp=(lambda t, x: _eigh_forward(t, eigh(x))[0],),
)
def eigvalsh(x: Array, /) -> Array:
    """The eigenvalues of Hermitian matrices, in ascending order; the derivative is as of :func:`eigh`.

    >>> ag.linalg.eigvalsh(ag.Tensor([[2.0, 0.0], [0.0, 1.0]]))
    Tensor([1., 2.])
    """


@primitive(lambda g, out: _eig_rule(g, out), jvp=(lambda t, out: _eig_forward(t, out),), outputs=EigResult)
def eig(x: Array, /) -> Array:
    """The eigenvalues and eigenvectors (columns, of length 1) of matrices ``(..., n, n)``; both complex.

    Not defined where the matrix is defective, which has no basis of eigenvectors.

    >>> ag.linalg.eig(ag.Tensor([[0.0, -1.0], [1.0, 0.0]])).eigenvalues
    Tensor([0.+1.j, 0.-1.j], dtype=complex128)
    """


@primitive(
    lambda g, x: _eig_rule((g, None), eig(x)),
    jvp=(lambda t, x: _eig_forward(t, eig(x))[0],),
)
def eigvals(x: Array, /) -> Array:
    """The eigenvalues of matrices ``(..., n, n)``, complex, in no particular order.

    >>> ag.linalg.eigvals(ag.Tensor([[0.0, -1.0], [1.0, 0.0]]))
    Tensor([0.+1.j, 0.-1.j], dtype=complex128)
    """


# --- singular values --------------------------------------------------------------------------------------------------


@primitive(lambda g, out: _svd_rule(g, out), jvp=(lambda t, out: _svd_forward(t, out),), outputs=SVDResult)
def svd(x: Array, /, *, full_matrices: bool = True) -> Array:
    """The singular values, in descending order, and singular vectors of matrices ``(..., m, n)``.

    With k the smaller of m and n, ``U`` is ``(..., m, m)`` and ``Vh`` is ``(..., n, n)``, or without ``full_matrices``
    ``(..., m, k)`` and ``(..., k, n)``; ``S`` is ``(..., k)``.

    >>> ag.linalg.svd(ag.Tensor([[3.0, 0.0], [0.0, 4.0]])).S
    Tensor([4., 3.])
    """


@primitive(
    lambda g, x: _svd_rule((None, g, None), svd(x, full_matrices=False)),
    jvp=(lambda t, x: _svd_forward(t, svd(x, full_matrices=False))[1],),
)
def svdvals(x: Array, /) -> Array:
    """The singular values of matrices, in descending order.

    >>> ag.linalg.svdvals(ag.Tensor([[3.0, 0.0], [0.0, 4.0]]))
    Tensor([4., 3.])
    """


# --- QR ---------------------------------------------------------------------------------------------------------------


@primitive(
    lambda g, out, x_shape: _qr_rule(g, out, x_shape), jvp=(lambda t, out: _qr_forward(t, out),), outputs=QRResult
)
def _qr(x: Array, /, *, mode: str) -> Array:
    """The library's own decomposition."""


def qr(x: Array, /, *, mode: Literal["reduced", "complete"] = "reduced") -> Array:
    """Orthonormal columns ``Q`` and an upper triangular ``R`` with ``x = Q @ R``, of matrices ``(..., m, n)``.

    With k the smaller of m and n, ``Q`` is ``(..., m, k)`` and ``R`` is ``(..., k, n)``; in mode ``"complete"``
    they are ``(..., m, m)`` and ``(..., m, n)``. The derivative needs the first k columns of ``x`` to be independent.

    >>> ag.abs(ag.linalg.qr(ag.Tensor([[3.0], [4.0]])).R)
    Tensor([[5.]])
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete', given {mode!r}")
    return _qr(x, mode=mode)


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _sum(terms: Sequence[Array | None]) -> Any:
    """The sum of those terms that are not None."""
    total = None
    for term in terms:
        total = term if total is None else total if term is None else add(total, term)
    return total


def _eigh_rule(g: Any, out: Any) -> Array:
    g_values, g_vectors = g
    values, vectors = out
    inner = _sum(
        [
            None if g_values is None else diagonal_matrix(g_values),
            None if g_vectors is None else multiply(inverse_gaps(values), matmul(adjoint(vectors), g_vectors)),
        ]
    )
    return hermitian(matmul(vectors, matmul(inner, adjoint(vectors))))


def _eigh_forward(t: Array, out: Any) -> tuple[Array, Array]:
    values, vectors = out
    inner = matmul(adjoint(vectors), matmul(hermitian(t), vectors))
    return real_part(diagonal(inner)), matmul(vectors, multiply(inverse_gaps(values), inner))


def _eig_rule(g: Any, out: Any) -> Array:
    g_values, g_vectors = g
    values, vectors = out
    adjoined = adjoint(vectors)
    inner = []
    if g_values is not None:
        inner.append(diagonal_matrix(g_values))
    if g_vectors is not None:
        turned = matmul(adjoined, g_vectors)
        along = scaled_columns(matmul(adjoined, vectors), real_part(diagonal(turned)))  # vectors keep their length
        inner.append(multiply(conj(inverse_gaps(values)), subtract(turned, along)))
    return solve(adjoined, matmul(_sum(inner), adjoined))


def _eig_forward(t: Array, out: Any) -> tuple[Array, Array]:
    values, vectors = out
    inner = solve(vectors, matmul(add(t, multiply(vectors, 0)), vectors))
    moved = matmul(vectors, multiply(inverse_gaps(values), inner))
    along = real_part(diagonal(matmul(adjoint(vectors), moved)))
    return diagonal(inner), subtract(moved, scaled_columns(vectors, along))


def _columns(x: Array, start: int, stop: int | None) -> Array:
    return getitem(x, (..., slice(start, stop)))


class _Singular:
    """The parts of a singular value decomposition that both of its rules name."""

    def __init__(self, out: Any) -> None:
        u, self.s, vh = out
        v = adjoint(vh)
        k = self.s.shape[-1]
        self.u, self.v = _columns(u, 0, k), _columns(v, 0, k)
        self.more_u = _columns(u, k, None) if u.shape[-1] > k else None
        self.more_v = _columns(v, k, None) if v.shape[-1] > k else None
        self.k = k
        self.inverse = inverse_or_zero(self.s)
        self.gaps = inverse_gaps(square(self.s))


def _outside(basis: Array, x: Array) -> Array:
    """The part of some columns that is orthogonal to orthonormal ones."""
    return subtract(x, matmul(basis, matmul(adjoint(basis), x)))


def _svd_rule(g: Any, out: Any) -> Array:
    g_u, g_s, g_vh = g
    if g_u is None and g_vh is None:
        u, s, vh = out
        k = s.shape[-1]
        return matmul(scaled_columns(_columns(u, 0, k), g_s), getitem(vh, (..., slice(0, k), slice(None))))
    p = _Singular(out)
    inner = [None if g_s is None else diagonal_matrix(g_s)]
    phases = []
    outside = []
    if g_u is not None:
        x = matmul(adjoint(p.u), _columns(g_u, 0, p.k))
        inner.append(scaled_columns(multiply(p.gaps, skew(x)), p.s))
        phases.append(x)
        outside.append(matmul(_lost(g_u, p.u, p.more_u, p.inverse), adjoint(p.v)))
    if g_vh is not None:
        g_v = adjoint(g_vh)
        y = matmul(adjoint(p.v), _columns(g_v, 0, p.k))
        inner.append(scaled_rows(p.s, multiply(p.gaps, skew(y))))
        phases.append(negative(y))
        outside.append(matmul(p.u, adjoint(_lost(g_v, p.v, p.more_v, p.inverse))))
    if is_complex(p.u):
        inner.append(scaled_columns(imaginary_diagonal(_sum(phases)), multiply(p.inverse, 0.5)))
    return _sum([matmul(p.u, matmul(_sum(inner), adjoint(p.v))), *outside])


def _lost(g: Array, basis: Array, more: Array | None, inverse: Array) -> Array:
    """What the cotangent of orthonormal columns says about the space they do not span, divided by singular values."""
    k = basis.shape[-1]
    if basis.shape[-2] == k:  # rounding would be divided by a singular value that may be tiny
        return multiply(basis, 0)
    lost = _outside(basis, _columns(g, 0, k))
    if more is not None:
        lost = subtract(lost, matmul(more, matmul(adjoint(_columns(g, k, None)), basis)))
    return scaled_columns(lost, inverse)


def _svd_forward(t: Array, out: Any) -> tuple[Array, Array, Array]:
    p = _Singular(out)
    inner = matmul(adjoint(p.u), matmul(t, p.v))
    right, left = scaled_columns(inner, p.s), scaled_rows(p.s, inner)
    turn_u = multiply(p.gaps, add(right, adjoint(right)))
    turn_v = multiply(p.gaps, add(left, adjoint(left)))
    if is_complex(inner):
        phase = scaled_columns(imaginary_diagonal(inner), multiply(p.inverse, 0.5))
        turn_u, turn_v = add(turn_u, phase), subtract(turn_v, phase)
    moved_u = add(matmul(p.u, turn_u), _lost(matmul(t, p.v), p.u, None, p.inverse))
    moved_v = add(matmul(p.v, turn_v), _lost(matmul(adjoint(t), p.u), p.v, None, p.inverse))
    return _with_more(p.u, p.more_u, moved_u), real_part(diagonal(inner)), adjoint(_with_more(p.v, p.more_v, moved_v))


def _with_more(basis: Array, more: Array | None, moved: Array) -> Array:
    """How the columns of an orthonormal basis move, with those that complete it: they stay orthogonal to the others."""
    if more is None:
        return moved
    return concat([moved, negative(matmul(basis, matmul(adjoint(moved), more)))], axis=-1)


def _unitary_part(x: Array) -> Array:
    """The anti-Hermitian matrix with the strictly lower triangle of ``x`` and the imaginary part of its diagonal."""
    lower = tril(x, k=-1)
    turned = skew(lower)
    return add(turned, imaginary_diagonal(x)) if is_complex(x) else turned


def _qr_rule(g: Any, out: Any, shape: tuple[int, ...]) -> Array:
    g_q, g_r = g
    m, n = shape[-2:]
    k = min(m, n)
    q_full, r = out
    q, r1 = _columns(q_full, 0, k), getitem(r, (..., slice(0, k), slice(0, k)))
    inner, turned, moved = [], [], []
    if g_q is not None:
        g_q1 = _columns(g_q, 0, k)
        turned.append(matmul(adjoint(q), g_q1))
        inner.append(negative(turned[0]))
        moved.append(g_q1)
        if g_q.shape[-1] > k:
            more = _columns(q_full, k, None)
            moved.append(negative(matmul(more, matmul(adjoint(_columns(g_q, k, None)), q))))
    g_rest = None
    if g_r is not None:
        g_r = getitem(g_r, (..., slice(0, k), slice(None)))
        inner.append(matmul(_columns(g_r, 0, k), adjoint(r1)))
        turned.append(negative(matmul(g_r, adjoint(getitem(r, (..., slice(0, k), slice(None)))))))
        g_rest = _columns(g_r, k, None)
    turn = _sum(turned)
    inner.append(_unitary_adjoint(turn))
    moved.append(matmul(q, _sum(inner)))
    first = adjoint(solve(r1, adjoint(_sum(moved))))
    if n == k:
        return first
    rest = multiply(getitem(r, (..., slice(0, k), slice(k, None))), 0) if g_rest is None else g_rest
    return concat([first, matmul(q, rest)], axis=-1)


def _unitary_adjoint(g: Array) -> Array:
    """The adjoint of :func:`_unitary_part` as a linear map."""
    lower = tril(skew(g), k=-1)
    return add(lower, imaginary_diagonal(g)) if is_complex(g) else lower


def _qr_forward(t: Array, out: Any) -> tuple[Array, Array]:
    q_full, r_full = out
    k = min(t.shape[-2:])
    q, r = _columns(q_full, 0, k), getitem(r_full, (..., slice(0, k), slice(None)))
    r1 = _columns(r, 0, k)
    moved = adjoint(solve(adjoint(r1), adjoint(_columns(t, 0, k))))
    inner = matmul(adjoint(q), moved)
    turn = _unitary_part(inner)
    moved_q = add(subtract(moved, matmul(q, inner)), matmul(q, turn))
    first = matmul(subtract(inner, turn), r1)
    rest = subtract(matmul(adjoint(q), _columns(t, k, None)), matmul(turn, _columns(r, k, None)))
    moved_r = concat([first, rest], axis=-1)
    if q_full.shape[-1] > k:
        moved_q = _with_more(q, _columns(q_full, k, None), moved_q)
        below = multiply(getitem(r_full, (..., slice(k, None), slice(None))), 0)
        moved_r = concat([moved_r, below], axis=-2)
    return moved_q, moved_r
