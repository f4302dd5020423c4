"""The QR decomposition, by the rules of Walter and Lehmann (arXiv:1001.1654)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, primitive
from anygrad.ops.creation import tril
from anygrad.ops.elementwise import add, multiply, negative, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.linalg._bases import columns, lost_of_more, total, with_more
from anygrad.ops.linalg._matrices import adjoint, imaginary_diagonal, skew
from anygrad.ops.linalg.products import matmul
from anygrad.ops.linalg.solving import solve


class QRResult(NamedTuple):
    """What :func:`qr` gives: ``x = Q @ R``."""

    Q: Array
    R: Array


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
    q, r1 = columns(q_full, 0, k), getitem(r, (..., slice(0, k), slice(0, k)))
    inner, turned, moved = [], [], []
    if g_q is not None:
        g_q1 = columns(g_q, 0, k)
        turned.append(matmul(adjoint(q), g_q1))
        inner.append(negative(turned[0]))
        moved.append(g_q1)
        if g_q.shape[-1] > k:
            moved.append(lost_of_more(g_q, q, columns(q_full, k, None)))
    g_rest = None
    if g_r is not None:
        g_r = getitem(g_r, (..., slice(0, k), slice(None)))
        inner.append(matmul(columns(g_r, 0, k), adjoint(r1)))
        turned.append(negative(matmul(g_r, adjoint(getitem(r, (..., slice(0, k), slice(None)))))))
        g_rest = columns(g_r, k, None)
    turn = total(turned)
    inner.append(_unitary_adjoint(turn))
    moved.append(matmul(q, total(inner)))
    first = adjoint(solve(r1, adjoint(total(moved))))
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
    q, r = columns(q_full, 0, k), getitem(r_full, (..., slice(0, k), slice(None)))
    r1 = columns(r, 0, k)
    moved = adjoint(solve(adjoint(r1), adjoint(columns(t, 0, k))))
    inner = matmul(adjoint(q), moved)
    turn = _unitary_part(inner)
    moved_q = add(subtract(moved, matmul(q, inner)), matmul(q, turn))
    first = matmul(subtract(inner, turn), r1)
    rest = subtract(matmul(adjoint(q), columns(t, k, None)), matmul(turn, columns(r, k, None)))
    moved_r = concat([first, rest], axis=-1)
    if q_full.shape[-1] > k:
        moved_q = with_more(q, columns(q_full, k, None), moved_q)
        below = multiply(getitem(r_full, (..., slice(k, None), slice(None))), 0)
        moved_r = concat([moved_r, below], axis=-2)
    return moved_q, moved_r
