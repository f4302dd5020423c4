"""What derivatives are made of, on NumPy's arrays: each looks first whether there is anything to take care of."""

from __future__ import annotations

from typing import Any

import numpy as np

from anygrad.backends.numpy import MANY, NUMBERS, ONES, matmul, numpy
from anygrad.core.primitive import Array
from anygrad.ops.linalg.products import without_zeros
from anygrad.ops.trigonometry import FLAT


@numpy.implement("may_have_nan")
def has_nan(x: Array) -> bool:
    """Whether an array has a NaN; it may say so of huge complex numbers too.

    A dot product tells in half the time of a multiplication; isnan and any take five times as long.
    """
    flat = x if x.ndim == 1 else x.ravel("K")
    check = flat.dot(flat) if flat.size < MANY else np.minimum.reduce(flat.view(flat.real.dtype))
    return bool(check != check)


@numpy.implement("chain")
def _chain(g: Array, partial: Array) -> Array:
    if type(partial) is np.ndarray and partial.dtype.kind == "b" and partial.shape == g.shape:
        product = partial.astype(g.dtype)  # which NumPy does faster than to multiply numbers and truth values
        np.multiply(g, product, out=product)
    else:
        product = np.multiply(g, partial)
    flat = product if product.ndim == 1 else product.ravel("K")
    check = flat.dot(flat) if flat.size < MANY else np.minimum.reduce(flat.view(flat.real.dtype))  # as has_nan
    if check == check:
        return product
    if np.asarray(partial).dtype.kind == "b":
        return np.where(partial, g, g.dtype.type(0))
    return np.where((np.equal(g, 0)) & ~np.isfinite(partial), product.dtype.type(0), product)


def _chain_number(g: Any, partial: Any) -> Any:
    product = g * partial
    return product if product.__class__ in FLOATS and product == product else _chain(np.asarray(g), partial)


FLOATS = (np.float64, np.float32, np.float16)
NUMBERS["chain"] = _chain_number


@numpy.implement("strong_product")
def _strong_product(x1: Array, x2: Array) -> Array:
    product = np.multiply(x1, x2)
    return np.where(np.equal(x1, 0) | np.equal(x2, 0), product.dtype.type(0), product) if has_nan(product) else product


@numpy.implement("nan_for_zero")
def _nan_for_zero(x: Array) -> Array:
    return x if x.all() else np.where(np.equal(x, 0), x.dtype.type(np.nan), x)


@numpy.implement("settled")
@numpy.implement("settled_tangent")
def _settled(x1: Array, x2: Array, x3: Array) -> Array:
    return x1 if x2.all() else np.where(np.equal(x2, 0) & np.isfinite(x3), x1.dtype.type(0), x1)


@numpy.implement("tanh_slope")
def _tanh_slope(x: Array, out: Array) -> Array:
    return _steep(np.subtract(ONES[out.dtype], np.square(out)), x, 2)


@numpy.implement("expit_slope")
def _expit_slope(x: Array, out: Array) -> Array:
    return _steep(np.multiply(out, np.subtract(ONES[out.dtype], out)), x, 1)


def _steep(slope: Array, x: Array, scale: int) -> Array:
    """A slope of a logistic function, from ``x`` in those places where it is flat."""
    if slope.dtype.kind == "c":
        return slope
    least = min(slope.ravel().tolist(), default=1) if slope.size < 8 else np.minimum.reduce(slope, None)
    if least > FLAT:
        return slope
    slope, x = np.asarray(slope), np.asarray(x)
    is_flat = slope <= FLAT
    small = np.exp(np.abs(x[is_flat]) * -scale)
    slope[is_flat] = small * scale**2 / np.square(small + 1)
    return slope


@numpy.implement("may_have_zero")
def _may_have_zero(x: Array) -> bool:
    # Exact for a few numbers, where looking at a list takes 0.1 us; of many it would cost more than it saves.
    return x.size > 8 or 0.0 in (x if x.ndim == 1 else x.ravel()).tolist()


@numpy.implement("strong_matmul")
def _strong_matmul(x1: Array, x2: Array) -> Array:
    product = matmul(x1, x2)
    flat = product.ravel()
    check = flat.dot(flat) if flat.size < MANY else np.minimum.reduce(flat.view(flat.real.dtype))  # as has_nan
    return product if check == check else without_zeros(product, x1, x2)
