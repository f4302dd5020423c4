"""Elementwise functions that are no ufuncs, differences, integrals, interpolation, and functions along axes."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.core.kinds import is_complex, kind_of
from anygrad.core.primitive import Array
from anygrad.core.types import SCALARS
from anygrad.numpy_api.registry import as_array, cast, dtype_of, floating, implements, of_one_dtype, promoted
from anygrad.ops._axes import normalized

__all__: list[str] = []


# --- element by element -----------------------------------------------------------------------------------------------


@implements("clip")
def clip(a: Array, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Array:
    """The elements within bounds; on a bound the gradient passes."""
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    bounds = [x if x is None or type(x) in SCALARS else as_array(x, a) for x in (low, high)]
    common = iter(promoted([a, *(x for x in bounds if x is not None)]))
    return ag.clip(next(common), *(None if x is None else next(common) for x in bounds))


@implements("round", "around")
def round(a: Array, decimals: int = 0) -> Array:
    """The elements to a number of decimals; the derivative is 0."""
    if is_complex(a):
        return round(ag.real(a), decimals) + 1j * round(ag.imag(a), decimals)
    if decimals == 0 or (kind_of(a.dtype) not in "fc" and decimals > 0):
        return ag.round(a)
    scale = 10.0 ** builtins.abs(decimals)
    rounded = ag.round(a * scale) / scale if decimals > 0 else ag.round(a / scale) * scale
    return cast(rounded, dtype_of(a))


@implements("fix")
def fix(x: Array) -> Array:
    """The elements without what is after the point; the derivative is 0."""
    return ag.trunc(x)


@implements("nan_to_num")
def nan_to_num(x: Array, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Array:
    """Numbers in place of NaN and the infinities, where no gradient passes."""
    if not copy:
        x[...] = nan_to_num(x, True, nan, posinf, neginf)
        return x
    if is_complex(x):
        parts = (nan_to_num(part, copy, nan, posinf, neginf) for part in (ag.real(x), ag.imag(x)))
        return next(parts) + 1j * next(parts)
    if kind_of(x.dtype) not in "f":
        return x
    limits = np.finfo(dtype_of(x))
    high, low = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    for condition, value in ((ag.isnan(x), nan), (x == np.inf, high), (x == -np.inf, low)):
        x = ag.where(condition, cast(as_array(value, x), dtype_of(x)), x)
    return x


@implements("real")
def real(val: Array) -> Array:
    """The real part."""
    return ag.real(val) if is_complex(val) else val


@implements("imag")
def imag(val: Array) -> Array:
    """The imaginary part."""
    return ag.imag(val) if is_complex(val) else ag.zeros_like(val)


@implements("angle")
def angle(z: Array, deg: bool = False) -> Array:
    """The angle of complex numbers."""
    z = floating(z)
    angles = ag.atan2(ag.imag(z), ag.real(z)) if is_complex(z) else ag.atan2(ag.zeros_like(z), z)
    return angles * (180.0 / math.pi) if deg else angles


@implements("real_if_close")
def real_if_close(a: Array, tol: float = 100) -> Array:
    """The real part, where all imaginary parts are close to 0."""
    if not is_complex(a):
        return a
    bound = tol * np.finfo(dtype_of(a)).eps if tol > 1 else tol
    return ag.real(a) if bool(ag.all(ag.abs(ag.imag(a)) < bound)) else a


@implements("sinc")
def sinc(x: Array) -> Array:
    """``sin(pi x) / (pi x)``."""
    return ag.special.sinc(floating(x))


@implements("i0")
def i0(x: Array) -> Array:
    """The modified Bessel function of order 0."""
    return ag.special.i0(floating(x))


@implements("unwrap")
def unwrap(p: Array, discont: Any = None, axis: int = -1, *, period: float = 2 * math.pi) -> Array:
    """Angles without jumps by more than half a period."""
    p = floating(p)
    step = ag.diff(p, axis=axis)
    half = period / 2
    wrapped = ag.remainder(step + half, period) - half
    wrapped = ag.where((wrapped == -half) & (step > 0), ag.full_like(wrapped, half), wrapped)
    jump = wrapped - step
    jump = ag.where(ag.abs(step) < (half if discont is None else discont), ag.zeros_like(jump), jump)
    return p + ag.cumulative_sum(jump, axis=axis, include_initial=True)


def _when(outside: Callable[[Array], Array], function: Callable[..., Array]) -> Callable[[Array], Array]:
    """A function that goes complex where an element is outside of its real domain."""

    def of_any(x: Array) -> Array:
        x = floating(x)
        if not is_complex(x) and bool(ag.any(outside(x))):
            x = ag.astype(x, np.complex128 if dtype_of(x).itemsize == 8 else np.complex64)
        return function(x)

    return of_any


implements("emath.sqrt")(_when(lambda x: x < 0, ag.sqrt))
implements("emath.log")(_when(lambda x: x < 0, ag.log))
implements("emath.log2")(_when(lambda x: x < 0, ag.log2))
implements("emath.log10")(_when(lambda x: x < 0, ag.log10))
implements("emath.arccos")(_when(lambda x: ag.abs(x) > 1, ag.acos))
implements("emath.arcsin")(_when(lambda x: ag.abs(x) > 1, ag.asin))
implements("emath.arctanh")(_when(lambda x: ag.abs(x) > 1, ag.atanh))


# --- differences and integrals ----------------------------------------------------------------------------------------


@implements("diff")
def diff(a: Array, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Array:
    """The differences of neighbours along an axis."""
    shape = list(a.shape)
    shape[axis] = 1

    def end(x: Any) -> Any:
        x = as_array(x, a)
        return x if x.shape else ag.broadcast_to(x, tuple(shape))

    if n == 0:
        return a
    before, after = (None if x is None else end(x) for x in (prepend, append))
    parts = [x for x in (before, a, after) if x is not None]
    whole = ag.concat(promoted(parts), axis=axis) if len(parts) > 1 else a
    if kind_of(whole.dtype) == "b":
        return diff(_between(whole, axis), n - 1, axis)
    return ag.diff(whole, axis=axis, n=n)


def _between(a: Array, axis: int) -> Array:
    """Whether neighbours differ."""
    before = (slice(None),) * (axis % len(a.shape))
    return a[(*before, slice(1, None))] != a[(*before, slice(None, -1))]


@implements("ediff1d")
def ediff1d(ary: Array, to_end: Any = None, to_begin: Any = None) -> Array:
    """The differences of neighbours in the flattened array, with values before and behind."""
    parts = [to_begin, ag.diff(ag.reshape(ary, (-1,))), to_end]
    return ag.concat([ag.reshape(cast(as_array(x, ary), dtype_of(ary)), (-1,)) for x in parts if x is not None])


@implements("gradient")
def gradient(f: Array, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slope by differences: central within, one-sided at the ends; along each axis."""
    f = floating(f)
    axes = normalized(tuple(axis) if isinstance(axis, list) else axis, len(f.shape), "gradient")
    if edge_order not in (1, 2):
        raise ValueError(f"numpy.gradient: edge_order must be 1 or 2, given {edge_order}")
    spacings = list(varargs) or [1.0]
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    if len(spacings) != len(axes):
        raise TypeError(
            f"numpy.gradient: one spacing for all axes, or one for each of {len(axes)}, given {len(varargs)}"
        )
    slopes = []
    for i, spacing in zip(axes, spacings):
        if f.shape[i] < edge_order + 1:
            raise ValueError(f"numpy.gradient: axis {i} needs at least {edge_order + 1} elements, given {f.shape[i]}")
        slopes.append(ag.moveaxis(_slope(ag.moveaxis(f, i, 0), of_one_dtype((f[:0], spacing), f)[1], edge_order), 0, i))
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f: Array, spacing: Array, edge_order: int) -> Array:
    """The slope along the first axis, of even spacing (a number) or at given places."""
    n = f.shape[0]
    if len(spacing.shape) > 1 or (spacing.shape and spacing.shape[0] != n):
        raise ValueError(f"numpy.gradient: spacings must be numbers or one place for each of {n} elements")
    steps = ag.diff(floating(spacing)) if spacing.shape else ag.broadcast_to(floating(spacing), (n - 1,))
    steps = ag.reshape(steps, (n - 1, *(1,) * (len(f.shape) - 1)))
    before, after = steps[:-1], steps[1:]
    inner = (
        -after / (before * (before + after)) * f[:-2]
        + (after - before) / (before * after) * f[1:-1]
        + before / (after * (before + after)) * f[2:]
    )
    if edge_order == 1:
        return ag.concat([(f[1:2] - f[:1]) / steps[:1], inner, (f[-1:] - f[-2:-1]) / steps[-1:]])
    left = _edge(f[0:1], f[1:2], f[2:3], steps[:1], steps[1:2])
    right = _edge(f[n - 1 :], f[n - 2 : n - 1], f[n - 3 : n - 2], steps[n - 2 :], steps[n - 3 : n - 2])
    return ag.concat([left, inner, -right])


def _edge(f0: Array, f1: Array, f2: Array, first: Array, second: Array) -> Array:
    """The slope at an end, by the parabola through three points."""
    return (
        -(2 * first + second) / (first * (first + second)) * f0
        + (first + second) / (first * second) * f1
        - first / (second * (first + second)) * f2
    )


@implements("trapezoid", arrays=2)
def trapezoid(y: Array, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Array:
    """The integral by the trapezoidal rule."""
    if x is None:
        width = dx
    else:
        width = ag.diff(x, axis=axis if len(x.shape) > 1 else -1)
        if len(x.shape) == 1:
            width = ag.reshape(width, (-1,) + (1,) * (len(y.shape) - 1 - axis % len(y.shape)))
    before = (slice(None),) * (axis % len(y.shape))
    pairs = floating(y[(*before, slice(1, None))] + y[(*before, slice(None, -1))])
    return ag.sum(pairs * width / 2.0, axis=axis)


@implements("interp", arrays=3)
def interp(x: Array, xp: Array, fp: Array, left: Any = None, right: Any = None, period: Any = None) -> Array:
    """The piecewise linear function through points."""
    x, xp = cast(x, np.float64), cast(xp, np.float64)
    return ag.interp(x, xp, cast(fp, np.result_type(dtype_of(fp), np.float64)), left, right, period)


# --- functions along axes ---------------------------------------------------------------------------------------------


@implements("apply_along_axis", arrays=0)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Array:
    """A function of each line along an axis."""
    lines = ag.moveaxis(arr, axis, -1)
    outer = tuple(lines.shape[:-1])
    rows = ag.reshape(lines, (-1, lines.shape[-1]))
    results = ag.stack([as_array(func1d(row, *args, **kwargs), arr) for row in rows])
    results = ag.reshape(results, (*outer, *results.shape[1:]))
    made = range(len(outer), len(results.shape))
    return ag.moveaxis(results, tuple(made), tuple(axis % len(arr.shape) + i for i in range(len(made))))


@implements("apply_over_axes", arrays=0)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Array:
    """A function along axes, one after the other, which keep length 1."""
    ndim = len(a.shape)
    for axis in (axes,) if isinstance(axes, Integral) else axes:
        found = func(a, axis)
        a = found if len(found.shape) == ndim else ag.expand_dims(found, axis=axis)
    return a
