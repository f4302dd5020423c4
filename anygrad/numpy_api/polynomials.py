"""Polynomials by their coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

import anygrad as ag
from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array
from anygrad.numpy_api.creation import vander
from anygrad.numpy_api.linalg import eigvals, lstsq
from anygrad.numpy_api.registry import as_array, as_arrays, cast, dtype_of, floating, implements, is_readable, promoted
from anygrad.numpy_api.shapes import trim_zeros

__all__: list[str] = []


def _coefficients(*polynomials: Array) -> list[Array]:
    return [ag.reshape(p, (-1,)) for p in promoted(as_arrays(polynomials))]


@implements("polyval", arrays=2)
def polyval(p: Array, x: Array) -> Array:
    """The value of a polynomial, by Horner's rule."""
    p, x = promoted((p, x))
    value = ag.zeros_like(x)
    for i in range(p.shape[0]):
        value = value * x + p[i]
    return value


@implements("polyadd", arrays=2)
def polyadd(a1: Array, a2: Array) -> Array:
    """The sum of two polynomials."""
    a1, a2 = _coefficients(a1, a2)
    n = max(a1.shape[0], a2.shape[0])
    return ag.pad(a1, (n - a1.shape[0], 0)) + ag.pad(a2, (n - a2.shape[0], 0))


@implements("polysub", arrays=2)
def polysub(a1: Array, a2: Array) -> Array:
    """The difference of two polynomials."""
    return polyadd(a1, -a2)


@implements("polymul", arrays=2)
def polymul(a1: Array, a2: Array) -> Array:
    """The product of two polynomials."""
    return ag.convolve(*_coefficients(a1, a2))


@implements("polydiv", arrays=2)
def polydiv(u: Array, v: Array) -> tuple[Array, Array]:
    """The quotient and the remainder of two polynomials."""
    u, v = (floating(p) for p in _coefficients(u, v))
    n, m = u.shape[0], v.shape[0]
    quotient = []
    for i in range(n - m + 1):
        quotient.append(u[i] / v[0])
        u = u - ag.pad(quotient[-1] * v, (i, n - m - i))
    rest = u[max(n - m + 1, 0) :]
    while rest.shape[0] > 1 and bool(ag.abs(rest[0]) < 1e-14):
        rest = rest[1:]
    return (ag.stack(quotient) if quotient else ag.zeros_like(v[:1])), rest if rest.shape[0] else ag.zeros_like(v[:1])


@implements("polyder")
def polyder(p: Array, m: int = 1) -> Array:
    """The coefficients of a derivative."""
    p = cast(p, np.result_type(dtype_of(p), np.int64)) if m else p
    for _ in range(m):
        powers = cast(as_array(list(range(p.shape[0] - 1, 0, -1)), p), dtype_of(p))
        p = p[:-1] * powers if p.shape[0] > 1 else p[:0]
    return p


@implements("polyint")
def polyint(p: Array, m: int = 1, k: Any = None) -> Array:
    """The coefficients of an antiderivative, with constants of integration."""
    p = cast(p, np.result_type(dtype_of(p), np.float64))
    constants = as_array(0.0 if k is None else k, p)
    constants = ag.broadcast_to(cast(constants, dtype_of(p)), (m,)) if m else constants
    for i in range(m):
        powers = cast(as_array(list(range(p.shape[0], 0, -1)), p), dtype_of(p))
        p = ag.concat([p / powers, ag.reshape(constants[i], (1,))])
    return p


@implements("poly")
def poly(seq_of_zeros: Array) -> Array:
    """The polynomial that has given roots, or the eigenvalues of a matrix."""
    roots = floating(seq_of_zeros)
    if len(roots.shape) == 2:
        roots = eigvals(roots)
    coefficients = ag.ones_like(roots[:1]) if roots.shape[0] else ag.ones(1, device=roots.device)
    for i in range(roots.shape[0]):
        coefficients = ag.pad(coefficients, (0, 1)) - ag.pad(coefficients * roots[i], (1, 0))
    if not is_complex(roots) or not is_readable(roots):
        return coefficients
    is_real = bool(ag.all(ag.sort(ag.imag(roots)) == ag.sort(-ag.imag(roots))))  # each with its conjugate
    return ag.real(coefficients) if is_real else coefficients


@implements("roots")
def roots(p: Array) -> Array:
    """The roots of a polynomial, the eigenvalues of its companion matrix."""
    p = floating(trim_zeros(p, "f"))
    trimmed = trim_zeros(p, "b")
    n = trimmed.shape[0] - 1
    zeros = ag.zeros(p.shape[0] - max(trimmed.shape[0], 1) if p.shape[0] else 0, device=p.device)
    if n < 1:
        return zeros
    below = ag.eye(n - 1, n, dtype=dtype_of(p), device=p.device)
    found = eigvals(ag.concat([ag.expand_dims(-trimmed[1:] / trimmed[0], axis=0), below]))
    return ag.concat(promoted([found, zeros])) if zeros.shape[0] else found


@implements("polyfit", arrays=2)
def polyfit(
    x: Array, y: Array, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The polynomial of a degree with the least squared distance from points."""
    if full or cov:
        raise TypeError("numpy.polyfit: full= and cov= are not supported on anygrad's arrays; see np.linalg.lstsq")
    x, y = floating(x), floating(y)
    powers = vander(x, deg + 1)
    if w is not None:
        w = as_array(w, x)
        powers, y = powers * w[:, None], y * (w[:, None] if len(y.shape) == 2 else w)
    scale = ag.sqrt(ag.sum(powers * powers, axis=0))
    bound = x.shape[0] * np.finfo(dtype_of(x)).eps if rcond is None else rcond
    found = lstsq(powers / scale, y, bound)[0]
    return found / (scale[:, None] if len(found.shape) == 2 else scale)
