"""Calls of NumPy's ufuncs, reductions and statistics, and of what rearranges, joins, chooses and sorts."""

from __future__ import annotations

import numpy as np

from tests.numpy_api.table.cases import UNIT, ZM, A, B, I, L, M, N, P, T, X, Y, Z, case, drawn, pierced, plain

# --- ufuncs -----------------------------------------------------------------------------------------------------------

for _name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "exp2", "square", "negative", "positive"):
    case(_name, getattr(np, _name), X)
for _name in (
    "cbrt",
    "reciprocal",
    "absolute",
    "fabs",
    "arcsinh",
    "arctan",
    "deg2rad",
    "degrees",
    "rad2deg",
    "radians",
):
    case(_name, getattr(np, _name), X)
for _name in ("log", "log2", "log10", "log1p", "sqrt"):
    case(_name, getattr(np, _name), P)
for _name in ("arcsin", "arccos", "arctanh"):
    case(_name, getattr(np, _name), UNIT)
case("arccosh", np.arccosh, P + 1.0)
for _name in ("floor", "ceil", "trunc", "rint", "sign"):
    case(_name, getattr(np, _name), X)
for _name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin", "hypot", "arctan2"):
    case(_name, getattr(np, _name), X, Y)
for _name in ("logaddexp", "logaddexp2", "copysign", "fmod", "remainder", "floor_divide"):
    case(_name, getattr(np, _name), X, Y)
case("true_divide", lambda x, y: np.true_divide(x, y), A, drawn(3, seed=15))
case("mod", lambda x: np.mod(x, 0.7), X)
case("power", np.power, P, Y)
case("power", lambda x: np.power(x, 3), X)
case("float_power", np.float_power, P, Y)
case("conjugate", np.conjugate, Z)
case("conjugate", np.conjugate, X)
case("heaviside", np.heaviside, X, Y)
case("ldexp", lambda x: np.ldexp(x, 3), X)
case("modf", np.modf, X)
case("divmod", np.divmod, X, Y)
case("matmul", np.matmul, A, drawn(3, 2, seed=16))
case("matmul", lambda x: np.matmul(x, np.array([1.0, 2.0, 3.0], like=x)), T.reshape(2, 4, 3))
case("vecdot", lambda x, y: np.vecdot(x, y, axis=0), A, B)
if hasattr(np, "matvec"):
    case("matvec", np.matvec, A, drawn(3, seed=17))
    case("vecmat", np.vecmat, drawn(2, seed=18), A)
for _name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "nextafter"):
    plain(_name, getattr(np, _name), X, Y)
for _name in ("isfinite", "isinf", "isnan", "signbit", "logical_not"):
    plain(_name, getattr(np, _name), N)
for _name in ("logical_and", "logical_or", "logical_xor"):
    plain(_name, getattr(np, _name), X, np.trunc(Y))
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
    plain(_name, getattr(np, _name), I, I[::-1].copy())
plain("invert", np.invert, I)
case("add", lambda x: np.add.reduce(x), A)
case("add", lambda x: np.add.accumulate(x, axis=1), A)
case("multiply", lambda x: np.multiply.reduce(x, axis=1, keepdims=True), A)
case("multiply", lambda x: np.multiply.accumulate(x), A)
case("maximum", lambda x: np.maximum.reduce(x, axis=None), A)
case("maximum", lambda x: np.maximum.accumulate(x, axis=1), A)
case("logaddexp", lambda x: np.logaddexp.reduce(x, axis=1), A)
case("subtract", lambda x: np.subtract.reduce(x, axis=0), A)
case("multiply", lambda x, y: np.multiply.outer(x, y), X, A)
case("add", lambda x: np.add(x, 1, dtype=np.float64), X)
plain("logical_and", lambda x: np.logical_and.reduce(x > 0), A)

# --- reductions -------------------------------------------------------------------------------------------------------

for _name in ("sum", "prod", "mean", "var", "std", "max", "min", "amax", "amin", "ptp", "median"):
    case(_name, lambda x, f=getattr(np, _name): f(x), A)
    case(_name, lambda x, f=getattr(np, _name): f(x, axis=1), A)
    case(_name, lambda x, f=getattr(np, _name): f(x, axis=(0, 2), keepdims=True), T)
for _name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian"):
    case(_name, lambda x, f=getattr(np, _name): f(pierced(x)), T)
    case(_name, lambda x, f=getattr(np, _name): f(pierced(x), axis=1), T)
case("sum", lambda x: np.sum(x, axis=0, initial=2.0, where=x > 0), A)
case("sum", lambda x: np.sum(x, axis=(0, 1), keepdims=True, dtype=np.float64), A)
case("prod", lambda x: np.prod(x, initial=2.0), A)
case("mean", lambda x: np.mean(x, axis=1, where=x > -1.9), A)
case("var", lambda x: np.var(x, axis=1, ddof=1), A)
case("var", lambda x: np.var(x), Z)
case("std", lambda x: np.std(x, ddof=1, axis=0), L)
case("max", lambda x: np.max(x, axis=1, initial=0.5, where=x < 1.0), A)
case("min", lambda x: np.min(x, initial=-1.0), A)
case("nanvar", lambda x: np.nanvar(pierced(x), axis=1, ddof=1), T)
case("cumsum", np.cumsum, A)
case("cumsum", lambda x: np.cumsum(x, axis=1), A)
case("cumprod", np.cumprod, A)
case("cumprod", lambda x: np.cumprod(x, axis=0), A)
case("nancumsum", lambda x: np.nancumsum(pierced(x), axis=1), T)
case("nancumprod", lambda x: np.nancumprod(pierced(x)), T)
if hasattr(np, "cumulative_sum"):
    case("cumulative_sum", lambda x: np.cumulative_sum(x, axis=1, include_initial=True), A)
    case("cumulative_prod", lambda x: np.cumulative_prod(x, axis=1, include_initial=True), A)
plain("all", lambda x: np.all(x > -1, axis=1), A)
plain("any", lambda x: np.any(x, axis=(0, 1), keepdims=True), A)
for _name in ("argmax", "argmin"):
    plain(_name, lambda x, f=getattr(np, _name): f(x, axis=1), A)
    plain(_name, getattr(np, _name), A)
plain("nanargmax", lambda x: np.nanargmax(x, axis=1), N)
plain("nanargmin", lambda x: np.nanargmin(x), N)
plain("count_nonzero", lambda x: np.count_nonzero(x > 0, axis=0), A)


# --- quantiles and other statistics -----------------------------------------------------------------------------------

case("median", lambda x: np.median(x, axis=(0, 1)), T)
for _method in ("linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf"):
    case("quantile", lambda x, m=_method: np.quantile(x, [0.05, 0.4, 0.97], axis=1, method=m), T)
for _method in ("lower", "higher", "nearest", "midpoint"):
    case("percentile", lambda x, m=_method: np.percentile(x, [[30.0], [61.0]], axis=0, method=m, keepdims=True), T)
case("quantile", lambda x, q: np.quantile(x, q), A, np.array([0.23, 0.71]))
case("percentile", lambda x: np.percentile(x, 35), A)
plain("quantile", lambda x: np.quantile(pierced(x), 0.3, axis=1), T)
case("nanquantile", lambda x: np.nanquantile(pierced(x), [0.1, 0.6], axis=2), T)
case("nanpercentile", lambda x: np.nanpercentile(pierced(x), 40, axis=(0, 1)), T)
case("average", lambda x: np.average(x, axis=1), A)
case("average", lambda x, w: np.average(x, axis=1, weights=w, returned=True), A, drawn(3, seed=19, low=0.2))
case("average", lambda x, w: np.average(x, weights=w), A, drawn(2, 3, seed=19, low=0.2))
case("cov", np.cov, L)
case("cov", lambda x, y: np.cov(x, y, rowvar=False, ddof=0), X, Y)
case("cov", lambda x, w: np.cov(x, aweights=w), A, P[:3])
case("cov", lambda x: np.cov(x, fweights=[1, 3, 2], bias=True), A)
case("cov", np.cov, ZM)
case("corrcoef", lambda x, y: np.corrcoef(x, y), X, Y)
case("corrcoef", lambda x: np.corrcoef(x), L)
case("histogram", lambda x, w: np.histogram(x, [-2.0, 0.0, 1.0, 2.0], weights=w, density=True), X, P)
plain("histogram", lambda x: np.histogram(x, bins=4, range=(-1.0, 1.5))[0], X, is_batched=False)
case("histogram_bin_edges", lambda x: np.histogram_bin_edges(x, 3), X, is_batched=False)
case("bincount", lambda w: np.bincount(np.array([0, 2, 2, 1, 0], like=w), w, 4), P, is_batched=False)
plain("bincount", np.bincount, I, is_batched=False)
plain("digitize", lambda x: np.digitize(x, [-1.0, 0.0, 1.0]), X)
plain("digitize", lambda x: np.digitize(x, [1.0, 0.0, -1.0], right=True), X)

# --- shapes -----------------------------------------------------------------------------------------------------------

case("reshape", lambda x: np.reshape(x, (3, -1)), A)
case("reshape", lambda x: np.reshape(x, (3, 2, 4), order="F"), T)
case("ravel", np.ravel, A)
case("ravel", lambda x: np.ravel(x, order="F"), A)
case("transpose", np.transpose, T)
case("transpose", lambda x: np.transpose(x, (1, 2, 0)), T)
case("permute_dims", lambda x: np.permute_dims(x, (2, 0, 1)), T)
case("matrix_transpose", np.matrix_transpose, T)
case("swapaxes", lambda x: np.swapaxes(x, 0, -1), T)
case("moveaxis", lambda x: np.moveaxis(x, [0, 1], [-1, 0]), T)
case("rollaxis", lambda x: np.rollaxis(x, 2), T)
case("rollaxis", lambda x: np.rollaxis(x, 0, 3), T)
case("expand_dims", lambda x: np.expand_dims(x, (0, -1)), A)
case("squeeze", lambda x: np.squeeze(x[:, None, :1]), A)
case("squeeze", lambda x: np.squeeze(x[:, None], axis=1), A)
for _n in (1, 2, 3):
    for _x in (np.array(0.7), X, A):
        case(f"atleast_{_n}d", getattr(np, f"atleast_{_n}d"), _x)
case("atleast_2d", lambda x, y: np.atleast_2d(x, y), X, A)
case("broadcast_to", lambda x: np.broadcast_to(x, (2, 2, 3)), A)
case("broadcast_arrays", lambda x, y: np.broadcast_arrays(x, y), A, drawn(3, seed=20))
if hasattr(np, "astype"):
    case("astype", lambda x: np.astype(x, np.complex128), X)
case("tile", lambda x: np.tile(x, (2, 1, 2)), A)
case("tile", lambda x: np.tile(x, 3), A)
case("repeat", lambda x: np.repeat(x, 2), A)
case("repeat", lambda x: np.repeat(x, [1, 0, 2], axis=1), A)
case("flip", np.flip, A)
case("flip", lambda x: np.flip(x, (0, 2)), T)
case("flipud", np.flipud, A)
case("fliplr", np.fliplr, A)
for _k in (0, 1, 2, 3, -1):
    case("rot90", lambda x, k=_k: np.rot90(x, k), A)
case("rot90", lambda x: np.rot90(x, 1, (2, 0)), T)
case("roll", lambda x: np.roll(x, 2), A)
case("roll", lambda x: np.roll(x, (1, -1), axis=(0, 2)), T)
case("roll", lambda x: np.roll(x, 1, axis=(0, 1)), A)
case("resize", lambda x: np.resize(x, (2, 4)), A)
for _mode in ("edge", "reflect", "symmetric", "wrap"):
    case("pad", lambda x, m=_mode: np.pad(x, ((1, 0), (2, 1)), mode=m), A)
case("pad", lambda x: np.pad(x, 1), A)
case("pad", lambda x: np.pad(x, [(1, 2)], "constant", constant_values=[3.0]), X)
for _name in ("array_split", "split", "vsplit", "hsplit", "dsplit"):
    case(_name, lambda x, f=getattr(np, _name): f(x, 2), T[:, :2])
case("array_split", lambda x: np.array_split(x, 3), X)
case("split", lambda x: np.split(x, [1, 3]), X)
case("hsplit", lambda x: np.hsplit(x, [2]), X)
if hasattr(np, "unstack"):
    case("unstack", lambda x: np.unstack(x, axis=1), A)
case("trim_zeros", lambda x: np.trim_zeros(np.pad(x, 2)), X, is_batched=False)
case("lib.stride_tricks.sliding_window_view", lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=1), A)

# --- joining ----------------------------------------------------------------------------------------------------------

case("concatenate", lambda x, y: np.concatenate([x, y], axis=1), A, B)
case("concatenate", lambda x, y: np.concatenate((x, y, [1.0]), axis=None), A, B)
case("stack", lambda x, y: np.stack([x, y], axis=-1), A, B)
for _name in ("vstack", "hstack", "dstack", "column_stack"):
    case(_name, lambda x, y, f=getattr(np, _name): f([x, y]), X, Y)
    case(_name, lambda x, y, f=getattr(np, _name): f((x, y)), A, B)
case("block", lambda x, y: np.block([[x, np.zeros((2, 2), like=x)], [y, np.ones((2, 2), like=x)]]), A, B)
case("block", lambda x: np.block([x, 1.0]), X)
case("append", lambda x: np.append(x, [1.0, 2.0]), A)
case("append", lambda x, y: np.append(x, y, axis=0), A, B)
case("insert", lambda x: np.insert(x, 2, 7.0), A)
case("insert", lambda x, y: np.insert(x, 1, y, axis=1), A, Y[:2])
case("insert", lambda x, y: np.insert(x, [0, 3], y, axis=1), A, Y[:2])
case("insert", lambda x, y: np.insert(x, [1, 1, 4], y), X, Y[:3])
case("insert", lambda x, y: np.insert(x, slice(1, 3), y), X, Y[:2])
case("delete", lambda x: np.delete(x, 1, axis=1), A)
case("delete", lambda x: np.delete(x, [0, 3]), A)
case("meshgrid", lambda x, y: np.meshgrid(x, y), X, Y[:3])
case("meshgrid", lambda x, y: np.meshgrid(x, y, sparse=True, indexing="ij"), X, Y[:3])

# --- choosing ---------------------------------------------------------------------------------------------------------

case("take", lambda x: np.take(x, [0, 2, -1]), A)
case("take", lambda x: np.take(x, [[0, 2], [1, 1]], axis=1), A)
case("take", lambda x: np.take(x, [4, -7], mode="wrap"), X)
case("take", lambda x: np.take(x, [9, -7], mode="clip"), X)
case("take_along_axis", lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), A)
case("choose", lambda x, y: np.choose(np.array([0, 1, 1, 0, 1], like=x), [x, y]), X, Y)
case("compress", lambda x: np.compress([True, False, True], x, axis=1), A)
case("extract", lambda x: np.extract(x > 0, x), A, is_batched=False)
case("where", lambda x, y: np.where(x > 0, x, y), A, B)
plain("where", lambda x: np.where(x > 0), A, is_batched=False)
case("select", lambda x: np.select([x < -1, x < 1], [x**2, np.sin(x)], 3.0), X)
case("piecewise", lambda x: np.piecewise(x, [x < 0, x >= 1], [lambda t: t**2, 5.0, np.exp]), X)
case("diagonal", lambda x: np.diagonal(x, 1, 1, 2), T)
case("diagonal", np.diagonal, T)
case("trace", np.trace, T)
case("trace", lambda x: np.trace(x, offset=-1, axis1=2, axis2=1), T)
case("diag", np.diag, X)
case("diag", lambda x: np.diag(x, -2), X)
case("diag", lambda x: np.diag(x, 1), M)
case("diagflat", np.diagflat, A)
case("tril", lambda x: np.tril(x, -1), T)
case("triu", np.triu, T)
plain("tril_indices_from", np.tril_indices_from, M)
plain("triu_indices_from", lambda x: np.triu_indices_from(x, 1), M)
plain("diag_indices_from", np.diag_indices_from, M)
plain("nonzero", np.nonzero, N, is_batched=False)
plain("flatnonzero", lambda x: np.flatnonzero(x > 0), A, is_batched=False)
plain("argwhere", lambda x: np.argwhere(x > 0), A, is_batched=False)
plain("ix_", lambda i: np.ix_(i, i[:2]), I)
plain("unravel_index", lambda i: np.unravel_index(i, (2, 2)), I)
plain("ravel_multi_index", lambda i: np.ravel_multi_index((i, i), (4, 5)), I)

# --- sorting and sets -------------------------------------------------------------------------------------------------

case("sort", np.sort, A)
case("sort", lambda x: np.sort(x, axis=None), A)
case("sort", lambda x: np.sort(x, axis=0, kind="stable"), A)
case("sort", np.sort, Z)
case("sort_complex", np.sort_complex, X)
case("partition", lambda x: np.partition(x, 2)[2], X)
plain("argsort", np.argsort, A)
plain("argpartition", lambda x: np.argpartition(x, 1)[1], X)
plain("lexsort", lambda x, y: np.lexsort((x, np.round(y))), X, Y)
plain("searchsorted", lambda x, y: np.searchsorted(np.sort(x), y, side="right"), X, Y)
case("unique", lambda x: np.unique(np.concatenate([x, x[:2]]), return_counts=True), X, order=1, is_batched=False)
for _axis in (0, 1):
    case(
        "unique",
        lambda x, axis=_axis: np.unique(np.concatenate([x, x[:, ::-1], x]), True, True, True, axis=axis),
        A[:, :2],
        order=1,
        is_batched=False,
    )
for _name in ("all", "counts", "inverse", "values"):
    case(f"unique_{_name}", getattr(np, f"unique_{_name}"), X, order=1, is_batched=False)
plain("isin", lambda x: np.isin(x, [0, 2]), I)
case("union1d", lambda x, y: np.union1d(x, y), X, Y, order=1, is_batched=False)
case("intersect1d", lambda x: np.intersect1d(x, x[1:4]), X, is_batched=False, order=1)
case("setdiff1d", lambda x, y: np.setdiff1d(x, y), X, Y, is_batched=False, order=1)
case("setxor1d", lambda x, y: np.setxor1d(x, y), X, Y, is_batched=False, order=1)
