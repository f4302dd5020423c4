"""Numerical derivatives: what every rule is checked against.

Gradients are those of ``L = Re(sum(conj(g) * f(x)))`` for a cotangent ``g`` of each output, with anygrad's convention
``dL/d(re x) + i dL/d(im x)`` for complex ``x``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Array = np.ndarray
Function = Callable[[list[Array]], Sequence[Array]]
"""From all arrays that can be differentiated to all outputs."""

# A stencil of fourth order: its error is h**4 f'''''/30 plus the rounding of f over h.
STENCIL = tuple((k, np.longdouble(weight) / 12) for k, weight in ((1, 8), (-1, -8), (2, -1), (-2, 1)))


def pairing(cotangents: Sequence[Array], outputs: Sequence[Array]) -> float:
    """The scalar ``Re(sum(conj(g) * out))`` over all outputs."""
    return sum(np.sum(np.real(np.conj(g) * np.asarray(out))) for g, out in zip(cotangents, outputs, strict=True))


def gradients(f: Function, arrays: Sequence[Array], cotangents: Sequence[Array], step: float) -> list[Array]:
    """The gradient in each array by central differences, in the precision of the arrays."""
    found = []
    for i, x in enumerate(arrays):
        gradient = np.zeros(x.shape, x.dtype)
        for index in np.ndindex(x.shape):
            for direction in (1, 1j) if x.dtype.kind == "c" else (1,):
                for k, weight in STENCIL:
                    shifted = x.copy()
                    shifted[index] += direction * x.real.dtype.type(k * step)
                    value = pairing(cotangents, f([*arrays[:i], shifted, *arrays[i + 1 :]]))
                    gradient[index] += direction * (weight / step * value)
        found.append(gradient)
    return found


def extended(arrays: Sequence[Array]) -> list[Array]:
    """The arrays in the longest floating type of this machine."""
    return [x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble) for x in arrays]


def complex_step_gradients(f: Function, arrays: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
    """The gradient in each real array of an analytic function: ``Im(f(x + ih)) / h`` has no cancellation."""
    h = 1e-100
    points = [x.astype(np.complex128) for x in arrays]
    found = []
    for i, x in enumerate(points):
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            shifted = x.copy()
            shifted[index] += 1j * h
            outputs = f([*points[:i], shifted, *points[i + 1 :]])
            gradient[index] = pairing(cotangents, [np.imag(out) / h for out in outputs])
        found.append(gradient)
    return found


def first_gradients(
    f: Function, arrays: Sequence[Array], cotangents: Sequence[Array], *, is_analytic: bool, in_double: bool = False
) -> list[Array]:
    """The most exact numerical gradients that the function allows."""
    if is_analytic and all(x.dtype.kind == "f" for x in (*arrays, *cotangents)):
        return complex_step_gradients(f, arrays, cotangents)
    if in_double:
        return gradients(f, [x.astype(np.result_type(x, np.float64)) for x in arrays], cotangents, 5e-4)
    long = extended(arrays)
    return gradients(f, long, extended(cotangents), 1e-4 if np.finfo(np.longdouble).eps < 1e-17 else 1e-3)
