"""Calls with nothing, with one element, with NaN and infinities, and in dtypes other than those of the arguments."""

from __future__ import annotations

import numpy as np

from tests.numpy_api.table.cases import A, I, P, T, X, Y, case, plain

IS_TRANSPOSED = np.lib.NumpyVersion(np.__version__) >= "2.2.0"  # by rowvar=False also a single row

# --- nothing ----------------------------------------------------------------------------------------------------------

for _call in (np.max, np.min):
    plain(_call.__name__, lambda x, f=_call: f(x[:0], initial=1.5), X)
    case(_call.__name__, lambda x, f=_call: f(x[:, :0], axis=1, initial=x[0, 0], keepdims=True), A)
plain("max", lambda x: np.max(x[:0], axis=0, initial=3), I.reshape(2, 2))
plain("delete", lambda x: np.delete(x, [0, 1, 2, 3, 4]), X)
plain("delete", lambda x: np.delete(x, slice(None), axis=0), A)
case("delete", lambda x: np.delete(x, []), X)
plain("repeat", lambda x: np.repeat(x, [0, 0], axis=0), A)
plain("take", lambda x: np.take(x, []), X)
plain("take", lambda x: np.take(x, [], axis=1), A)
plain("resize", lambda x: np.resize(x[:0], (2, 2)), X)
plain("resize", lambda x: np.resize(x[:0], 0), X)
case("diff", lambda x: np.diff(x, n=0, prepend=5.0), X)
plain("cov", lambda x: np.cov(x[:, :0]), A)
plain("hypot", lambda x: np.hypot.reduce(x), np.array([-1.0]))
for _axis in (None, 0, 1, (0, 1)):
    plain("median", lambda x, axis=_axis: np.median(x[:, :0], axis=axis, keepdims=True), A)

# --- counts, and their corrections ------------------------------------------------------------------------------------

plain("cov", lambda x: np.cov(x, ddof=9), P)
plain("cov", lambda x: np.cov(x, fweights=[1, 2, 1], ddof=9), A)
if IS_TRANSPOSED:
    plain("cov", lambda x: np.cov(x, rowvar=False), np.ones((1, 3)))
    plain("corrcoef", lambda x: np.corrcoef(x, rowvar=False), np.ones((1, 3)))
for _name in ("nanvar", "nanstd"):
    plain(_name, lambda x, f=getattr(np, _name): f(x, ddof=9), P)
    plain(_name, lambda x, f=getattr(np, _name): f(x, axis=1, ddof=2), np.array([[1.0, 2.0, np.nan], [1.0, 2.0, 4.0]]))

# --- NaN and infinities -----------------------------------------------------------------------------------------------

SEVERAL_NAN = np.array([np.nan, 1.0, np.nan, 0.0, 1.0])
plain("unique", np.unique, SEVERAL_NAN, is_batched=False)
plain("unique", lambda x: np.unique(x, True, True, True), SEVERAL_NAN, is_batched=False)
plain("unique", lambda x: np.unique(x, return_counts=True, equal_nan=False), SEVERAL_NAN, is_batched=False)
plain("modf", np.modf, np.array([np.inf, 1.25, np.nan]))
plain("ldexp", lambda x: np.ldexp(x, [1050, -1050, 2000]), np.array([1e-300, 1e300, 1e-310]))

# --- dtypes -----------------------------------------------------------------------------------------------------------

plain("mean", lambda x: np.mean(x, dtype=np.int32), I)
plain("mean", lambda x: np.mean(x, axis=0, dtype=np.int64), I.reshape(2, 2))
for _name in ("cumsum", "cumprod", "sum", "prod"):
    for _dtype in (np.bool_, np.int8, np.float32):
        plain(_name, lambda x, f=getattr(np, _name), d=_dtype: f(x, dtype=d), I)
for _dtype in (np.int8, np.uint16, np.bool_):
    plain("heaviside", lambda x: np.heaviside(x, x[:1]).astype(np.float64), np.array([1, 0, 1], _dtype))
plain("diff", lambda x: np.diff(x > 0), X)
plain("diff", lambda x: np.diff(x > 0, prepend=1.5, append=2.5), A)
plain("diff", lambda x: np.diff(x > 0, prepend=True, axis=0), A)
for _name in ("hypot", "arctan2", "logaddexp", "copysign", "true_divide"):
    plain(_name, getattr(np, _name), np.float32([1.0, 2.0, 3.0]), np.array([1, 1, 1], np.uint8))
    plain(_name, getattr(np, _name), np.array([True, True]), np.float32([1.0, 2.0]))
for _name in ("logical_and", "logical_or", "logical_xor"):
    plain(_name, lambda x, f=getattr(np, _name): f.accumulate(x), np.array([3.0, 0.0, 2.0]))
    plain(_name, lambda x, f=getattr(np, _name): f.reduce(x), np.array([3.0]))
    plain(_name, lambda x, f=getattr(np, _name): f.reduce(x, axis=1), np.array([[3.0, 0.0], [2.0, 1.0]]))

# --- places -----------------------------------------------------------------------------------------------------------

case("roll", lambda x: np.roll(x, (1, 2)), A)
case("roll", lambda x: np.roll(x, (1, 2), axis=1), A)
case("roll", lambda x: np.roll(x, np.array([1, 2]), axis=[0, 0]), A)
case("repeat", lambda x: np.repeat(x, True), X)
case("repeat", lambda x: np.repeat(x, np.int64(2), axis=1), A)
case("rollaxis", lambda x: np.rollaxis(x, -1, -2), T)
for _bins in ([1.0, 0.0, -1.0], [-1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.5], [1.0, 1.0]):
    for _right in (False, True):
        plain("digitize", lambda x, b=_bins, r=_right: np.digitize(x, b, r), np.array([1.0, 0.0, -1.0, 0.5, 7.0]))
case("histogram", lambda w: np.histogram(np.array([1, 2, 2, 5, 9]), weights=w)[0], P, is_batched=False)
case("histogram", lambda w: np.histogram(np.array([1.0, 2.0, 2.0, 5.0, 9.0]), 3, weights=w)[0], P, is_batched=False)
plain("unravel_index", lambda i: np.unravel_index(i, np.int64(4)), I)
plain("ravel_multi_index", lambda i: np.ravel_multi_index((i, i), (4, 3), mode=("raise", "wrap")), I)
case("choose", lambda x, y: np.choose(np.array([-1, 5, 1, 0, 1], like=x), [x, y], mode="clip"), X, Y)
