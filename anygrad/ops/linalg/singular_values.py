"""Singular values and vectors.

Of vectors of equal values holds what :mod:`anygrad.ops.linalg.eigenvalues` says. With ``x = U' g_U`` and ``y = V' g_V``
the rule is that of Wan and Zhang (arXiv:1909.02659), brought to the form

    2 (s_j x + s_i y) / (s_j**2 - s_i**2) = (x + y) / (s_j - s_i) + (x - y) / (s_i + s_j)

of which only the first term needs the gap, and that vanishes for functions of ``U @ V'``. The rules for the vectors of
full decompositions follow from their staying orthogonal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from anygrad.core.primitive import Array, primitive
from anygrad.ops.creation import zeros_like
from anygrad.ops.elementwise import abs, add, divide, multiply, subtract
from anygrad.ops.joining import concat
from anygrad.ops.linalg._bases import columns, lost_of_more, outside, total, with_more
from anygrad.ops.linalg._matrices import (
    adjoint,
    antihermitian,
    are_apart,
    conjugate,
    differences,
    hermitian,
    may_be_equal,
    mixed_products,
    mixing,
    of_pairs,
    off_diagonal,
    on_diagonal,
    over,
    real_part,
    rounding,
    scaled_columns,
    up_to,
)
from anygrad.ops.linalg.products import diagonal, matmul
from anygrad.ops.logic import equal, less_equal, logical_and, logical_not, logical_or, not_equal
from anygrad.ops.manipulation import expand_dims, matrix_transpose
from anygrad.ops.reductions import all, sum
from anygrad.ops.searching import where


class SVDResult(NamedTuple):
    """What :func:`svd` gives: ``x = U @ diag(S) @ Vh``."""

    U: Array
    S: Array
    Vh: Array


@primitive(lambda g, x, out: _svd_rule(g, x, out), jvp=(lambda t, x, out: _svd_forward(t, x, out),), outputs=SVDResult)
def svd(x: Array, /, *, full_matrices: bool = True) -> Array:
    """The singular values, in descending order, and singular vectors of matrices ``(..., m, n)``.

    With k the smaller of m and n, ``U`` is ``(..., m, m)`` and ``Vh`` is ``(..., n, n)``, or without ``full_matrices``
    ``(..., m, k)`` and ``(..., k, n)``; ``S`` is ``(..., k)``.

    Of equal singular values holds what :func:`eigh` says of eigenvalues. The gradient of the polar factor ``U @ Vh``
    is right there too. Two columns and more that complete ``U`` or ``V`` are determined up to a rotation alone: the
    gradient of a function that depends on it is NaN, and so is their tangent where they move.

    >>> ag.linalg.svd(ag.Tensor([[3.0, 0.0], [0.0, 4.0]])).S
    Tensor([4., 3.])
    """


@primitive(
    lambda g, x: _from_singular_values(x, g, *_singular_vectors(x)),
    jvp=(lambda t, x: _along_singular_vectors(x, t, *_singular_vectors(x)),),
)
def svdvals(x: Array, /) -> Array:
    """The singular values of matrices, in descending order; where they are equal as eigenvalues of :func:`eigvalsh`.

    >>> ag.linalg.svdvals(ag.Tensor([[3.0, 0.0], [0.0, 4.0]]))
    Tensor([4., 3.])
    """


@primitive(
    lambda g, x, v: _turned_singular_vectors(x, v, g),
    lambda g, x, u, vh: _along_singular_vectors(x, g, u, vh),
    None,
    None,
    jvp=(
        lambda t, x, v: _turned_singular_vectors(x, v, t),
        lambda t, x, u, vh: _from_singular_values(x, t, u, vh),
        None,
        None,
    ),
)
def _from_singular_values(x: Array, v: Array, u: Array, vh: Array, /) -> Array:
    """The matrix with the singular vectors of ``x`` and the values ``v``, differentiated as a function of ``x``."""
    return matmul(scaled_columns(u, v), vh)


@primitive(
    lambda g, x, y: _turned_singular_vectors(x, g, y),
    lambda g, x, u, vh: _from_singular_values(x, g, u, vh),
    None,
    None,
    jvp=(
        lambda t, x, y: _turned_singular_products(x, y, t),
        lambda t, x, u, vh: _along_singular_vectors(x, t, u, vh),
        None,
        None,
    ),
)
def _along_singular_vectors(x: Array, y: Array, u: Array, vh: Array, /) -> Array:
    """The diagonal of ``U' @ y @ V``, for the singular vectors of ``x``: how singular values move."""
    return real_part(diagonal(matmul(adjoint(u), matmul(y, adjoint(vh)))))


svd.hint = (
    "; singular vectors of equal values, phases, and two or more columns that complete a basis are not determined: "
    "anygrad.linalg.polar and full_matrices=False do without them"
)

# --- pieces of the rules above ----------------------------------------------------------------------------------------


class _Singular:
    """The parts of a singular value decomposition that its rules name."""

    def __init__(self, out: Any) -> None:
        u, self.s, vh = out
        v = adjoint(vh)
        self.k = k = self.s.shape[-1]
        self.u, self.v = columns(u, 0, k), columns(v, 0, k)
        self.more_u = columns(u, k, None) if u.shape[-1] > k else None
        self.more_v = columns(v, k, None) if v.shape[-1] > k else None
        self.may_vanish = may_be_equal(concat([self.s, zeros_like(columns(self.s, 0, 1))], axis=-1))

    def over_sums(self, x: Array, noise: Array, known: Callable[[], Array] | None = None) -> Array:
        """``x[i, j] / (s[i] + s[j])``."""
        sums = add(expand_dims(self.s, axis=-2), expand_dims(self.s, axis=-1))
        if not self.may_vanish:
            return divide(x, sums)
        return over(x, sums, expand_dims(rounding(self.s, axis=-1), axis=-1), noise, known and known())

    def lost(self, g: Array, basis: Array, more: Array | None, known: Callable[[], Array] | None = None) -> Array:
        """What the cotangent of orthonormal columns says about the space they do not span, over singular values."""
        if basis.shape[-2] == self.k:  # rounding would be divided by a singular value that may be tiny
            return multiply(basis, 0)
        lost = outside(basis, columns(g, 0, self.k))
        if more is not None:
            lost = add(lost, lost_of_more(g, basis, more))
        s = expand_dims(self.s, axis=-2)
        if not self.may_vanish:
            return divide(lost, s)
        return over(lost, s, expand_dims(rounding(self.s, axis=-1), axis=-1), rounding(g), known and known())

    def without(self, g: Array, g_s: Array | None) -> Array:
        """For each vector whether a function does without it, as :func:`are_apart` says of pairs."""
        is_zero = all(equal(columns(g, 0, self.k), 0), axis=-2, keepdims=True)
        if g_s is None:
            return is_zero
        return logical_and(is_zero, expand_dims(logical_or(equal(g_s, 0), not_equal(self.s, 0)), axis=-2))


def _singular_vectors(x: Array) -> tuple[Array, Array]:
    u, _, vh = svd(x, full_matrices=False)
    return u, vh


def _svd_rule(g: Any, x: Array, out: Any) -> Array:
    g_u, g_s, g_vh = g
    p = _Singular(out)
    along = None if g_s is None else _from_singular_values(x, g_s, p.u, adjoint(p.v))
    if g_u is None and g_vh is None:
        return along
    terms = [along]
    left = right = zeros_like(matmul(adjoint(p.v), p.v))
    noise = None
    if g_u is not None:
        left, noise = matmul(adjoint(p.u), columns(g_u, 0, p.k)), _noise(columns(g_u, 0, p.k))
        terms.append(matmul(p.lost(g_u, p.u, p.more_u, lambda: p.without(g_u, g_s)), adjoint(p.v)))
    if g_vh is not None:
        g_v = adjoint(g_vh)
        right, noise = matmul(adjoint(p.v), columns(g_v, 0, p.k)), total([noise, _noise(columns(g_v, 0, p.k))])
        terms.append(matmul(p.u, adjoint(p.lost(g_v, p.v, p.more_v, lambda: p.without(g_v, g_s)))))
    together, against = antihermitian(add(left, right)), antihermitian(subtract(left, right))

    def apart() -> Array:
        return are_apart(p.s, g_s, add(abs(left), abs(right)), noise)

    def of_product() -> Array:
        return of_pairs(less_equal(abs(subtract(left, adjoint(right))), noise))

    def known() -> Array:
        return (
            of_product() if g_s is None else logical_or(apart(), logical_and(of_product(), _is_straight(left, noise)))
        )

    if g_s is None:  # what a product does not depend on is rounding, whatever the gap
        together = subtract(together, up_to(where(of_product(), noise, 0.0), together))
    mixed = mixing(p.s, together, noise, known)
    turned = p.over_sums(against, noise, lambda: logical_or(apart(), on_diagonal(p.s, p.k)))
    return total([*terms, matmul(p.u, matmul(add(mixed, turned), adjoint(p.v)))])


def _noise(g: Array) -> Array:
    """For each pair of vectors the rounding of their cotangents."""
    of_each = rounding(g, axis=-2)
    return add(of_each, matrix_transpose(of_each))


def _is_straight(left: Array, noise: Array) -> Array:
    """For each pair of vectors whether a function of ``U @ diag(f(s)) @ V'`` does not mix them.

    Of such a function, also of ``U @ V'`` alone, ``left`` is the adjoint of ``right`` where values are equal.
    """
    is_unused = of_pairs(logical_or(less_equal(abs(left), noise), logical_not(on_diagonal(left, left.shape[-1]))))
    return logical_and(less_equal(abs(hermitian(left)), noise), logical_not(is_unused))


def _svd_forward(t: Array, x: Array, out: Any) -> tuple[Array, Array, Array]:
    p = _Singular(out)
    right, left, noise = matmul(t, p.v), matmul(adjoint(t), p.u), rounding(t)
    inner = matmul(adjoint(p.u), right)
    together = mixing(p.s, off_diagonal(hermitian(inner)), noise)
    against = p.over_sums(antihermitian(inner), noise)
    moved_u = add(matmul(p.u, add(together, against)), p.lost(right, p.u, None))
    moved_v = add(matmul(p.v, subtract(together, against)), p.lost(left, p.v, None))
    values = _along_singular_vectors(x, t, p.u, adjoint(p.v))
    return with_more(p.u, p.more_u, moved_u), values, adjoint(with_more(p.v, p.more_v, moved_v))


def _turned_singular_vectors(x: Array, v: Array, t: Array) -> Array:
    """How ``_from_singular_values(x, v)`` moves with ``x``."""
    p = _Singular(svd(x, full_matrices=False))
    right, left, noise = matmul(t, p.v), matmul(adjoint(t), p.u), rounding(t)
    inner = matmul(adjoint(p.u), right)
    together = multiply(mixing(p.s, off_diagonal(hermitian(inner)), noise), differences(v))
    sums = add(expand_dims(v, axis=-2), expand_dims(v, axis=-1))
    against = multiply(p.over_sums(antihermitian(inner), noise), sums)
    moved = matmul(p.u, matmul(add(together, against), adjoint(p.v)))
    across = matmul(scaled_columns(p.lost(right, p.u, None), v), adjoint(p.v))
    return total([moved, across, matmul(p.u, adjoint(scaled_columns(p.lost(left, p.v, None), v)))])


def _turned_singular_products(x: Array, y: Array, t: Array) -> Array:
    """How ``_along_singular_vectors(x, y)`` moves with ``x``."""
    p = _Singular(svd(x, full_matrices=False))
    right, left = matmul(t, p.v), matmul(adjoint(t), p.u)
    inner, other = matmul(adjoint(p.u), right), matmul(adjoint(p.u), matmul(y, p.v))
    together = real_part(mixed_products(p.s, hermitian(inner), hermitian(other)))
    against = multiply(p.over_sums(antihermitian(inner), rounding(t)), matrix_transpose(antihermitian(other)))
    across_u = multiply(conjugate(p.lost(right, p.u, None)), matmul(y, p.v))
    across_v = multiply(conjugate(matmul(adjoint(y), p.u)), p.lost(left, p.v, None))
    terms = [multiply(sum(against, axis=-2), -2.0), sum(across_u, axis=-2), sum(across_v, axis=-2)]
    return add(together, real_part(total(terms)))
