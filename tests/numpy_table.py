"""Calls of NumPy's functions: the table that drives their tests, and the lists of names that must be in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["AUTOGRAD", "CASES", "MISSING_IN_AUTOGRAD", "Case"]


class Case(NamedTuple):
    """A call of one of NumPy's functions.

    Attributes:
        name: NumPy's name of the function.
        call: the call, of arrays that may be NumPy's or anygrad's.
        arrays: what it is called with.
        order: how many derivatives are compared with finite differences; 0 for functions without one.
        is_batched: whether it runs under vmap, which the shape of its result may forbid.
    """

    name: str
    call: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    order: int
    is_batched: bool


CASES: list[Case] = []


def case(name: str, call: Callable[..., Any], *arrays: np.ndarray, order: int = 2, is_batched: bool = True) -> None:
    """Enter a call into the table."""
    CASES.append(Case(name, call, arrays, order, is_batched))


def plain(name: str, call: Callable[..., Any], *arrays: np.ndarray, is_batched: bool = True) -> None:
    """Enter a call that has no derivative."""
    case(name, call, *arrays, order=0, is_batched=is_batched)


def drawn(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers between two bounds, no two of them close to each other, to 0 or to an integer."""
    rng = np.random.default_rng(seed)
    n = int(np.prod(shape))
    spread = low + (high - low) * (np.arange(n) + 0.31 + 0.013 * seed) / n
    apart = spread + 0.13 * (np.abs(spread - np.round(spread)) < 0.06)
    return rng.permutation(apart).reshape(shape)


X = drawn(5)
Y = drawn(5, seed=1)
P = drawn(5, seed=2, low=0.2, high=3.0)
UNIT = drawn(5, seed=3, low=-0.9, high=0.9)
A = drawn(2, 3, seed=4)
B = drawn(2, 3, seed=5)
T = drawn(2, 3, 4, seed=6)
M = drawn(3, 3, seed=7) + 3.0 * np.eye(3)
S = M @ M.T
L = drawn(4, 3, seed=8)
Z = drawn(4, seed=9) + 1j * drawn(4, seed=10)
ZM = drawn(3, 3, seed=11) + 1j * drawn(3, 3, seed=12) + 3.0 * np.eye(3)
N = np.array([[1.0, np.nan, 3.5, -2.0], [np.nan, 0.5, 0.25, 4.0]])
I = np.array([2, 0, 3, 1])  # noqa: E741
V3 = drawn(4, 3, seed=13)
W3 = drawn(4, 3, seed=14)
UP = np.array([-1.5, -0.2, 0.7, 1.9])


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
    case(_name, lambda x, f=getattr(np, _name): f(_pierced(x)), T)
    case(_name, lambda x, f=getattr(np, _name): f(_pierced(x), axis=1), T)
case("sum", lambda x: np.sum(x, axis=0, initial=2.0, where=x > 0), A)
case("sum", lambda x: np.sum(x, axis=(0, 1), keepdims=True, dtype=np.float64), A)
case("prod", lambda x: np.prod(x, initial=2.0), A)
case("mean", lambda x: np.mean(x, axis=1, where=x > -1.9), A)
case("var", lambda x: np.var(x, axis=1, ddof=1), A)
case("var", lambda x: np.var(x), Z)
case("std", lambda x: np.std(x, ddof=1, axis=0), L)
case("max", lambda x: np.max(x, axis=1, initial=0.5, where=x < 1.0), A)
case("min", lambda x: np.min(x, initial=-1.0), A)
case("nanvar", lambda x: np.nanvar(_pierced(x), axis=1, ddof=1), T)
case("cumsum", np.cumsum, A)
case("cumsum", lambda x: np.cumsum(x, axis=1), A)
case("cumprod", np.cumprod, A)
case("cumprod", lambda x: np.cumprod(x, axis=0), A)
case("nancumsum", lambda x: np.nancumsum(_pierced(x), axis=1), T)
case("nancumprod", lambda x: np.nancumprod(_pierced(x)), T)
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


def _pierced(x: Any) -> Any:
    """An array with NaN in some places."""
    return np.where(np.sin(7.0 * x) > 0.75, np.nan, x)


# --- quantiles and other statistics -----------------------------------------------------------------------------------

case("median", lambda x: np.median(x, axis=(0, 1)), T)
for _method in ("linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf"):
    case("quantile", lambda x, m=_method: np.quantile(x, [0.05, 0.4, 0.97], axis=1, method=m), T)
for _method in ("lower", "higher", "nearest", "midpoint"):
    case("percentile", lambda x, m=_method: np.percentile(x, [[30.0], [61.0]], axis=0, method=m, keepdims=True), T)
case("quantile", lambda x, q: np.quantile(x, q), A, np.array([0.23, 0.71]))
case("percentile", lambda x: np.percentile(x, 35), A)
plain("quantile", lambda x: np.quantile(_pierced(x), 0.3, axis=1), T)
case("nanquantile", lambda x: np.nanquantile(_pierced(x), [0.1, 0.6], axis=2), T)
case("nanpercentile", lambda x: np.nanpercentile(_pierced(x), 40, axis=(0, 1)), T)
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
for _name in ("all", "counts", "inverse", "values"):
    case(f"unique_{_name}", getattr(np, f"unique_{_name}"), X, order=1, is_batched=False)
plain("isin", lambda x: np.isin(x, [0, 2]), I)
case("union1d", lambda x, y: np.union1d(x, y), X, Y, order=1, is_batched=False)
case("intersect1d", lambda x: np.intersect1d(x, x[1:4]), X, is_batched=False, order=1)
case("setdiff1d", lambda x, y: np.setdiff1d(x, y), X, Y, is_batched=False, order=1)
case("setxor1d", lambda x, y: np.setxor1d(x, y), X, Y, is_batched=False, order=1)

# --- products ---------------------------------------------------------------------------------------------------------

case("dot", np.dot, A, drawn(3, 4, seed=21))
case("dot", np.dot, X, Y)
case("dot", np.dot, T, drawn(3, 4, 2, seed=22))
case("dot", np.dot, T, drawn(4, seed=23))
case("dot", lambda x: np.dot(x, 2.0), A)
case("vdot", np.vdot, Z, Z[::-1].copy())
case("vdot", np.vdot, A, B)
case("inner", np.inner, A, T[0, :, :3])
case("outer", np.outer, A, Y)
case("kron", np.kron, A, drawn(2, 2, seed=24))
case("kron", np.kron, X[:2], T)
case("cross", np.cross, V3, W3)
case("cross", lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), V3.T.copy(), W3)
case("tensordot", np.tensordot, T, drawn(3, 4, seed=25))
case("tensordot", lambda x, y: np.tensordot(x, y, axes=([0, 1], [1, 0])), T, drawn(3, 2, seed=26))
case("tensordot", lambda x, y: np.tensordot(x, y, axes=(2, 0)), T, drawn(4, 2, seed=27))
case("tensordot", lambda x, y: np.tensordot(x, y, axes=0), X, A)
case("einsum", lambda x, y: np.einsum("ij,kj->ik", x, y), A, L)
case("einsum", lambda x: np.einsum("ii->i", x), M)
case("einsum", lambda x, y: np.einsum(x, [0, 1], y, [1], [0]), A, drawn(3, seed=28))
case("einsum", lambda x, y: np.einsum("...j,...j", x, y, optimize=False), A, B)
case("convolve", np.convolve, X, Y[:3])
case("convolve", lambda x, y: np.convolve(x, y, "same"), X, Y[:3])
case("correlate", lambda x, y: np.correlate(x, y, mode="full"), X, Y[:3])
case("correlate", np.correlate, Z, Z[:2])

# --- linear algebra ---------------------------------------------------------------------------------------------------

for _name in ("det", "inv", "slogdet", "pinv", "cond"):
    case(f"linalg.{_name}", getattr(np.linalg, _name), M)
for _name in ("cholesky", "eigvalsh", "svdvals"):
    case(f"linalg.{_name}", lambda x, f=getattr(np.linalg, _name): f(x @ np.matrix_transpose(x)), M)
case("linalg.det", np.linalg.det, ZM)
case("linalg.solve", np.linalg.solve, M, drawn(3, seed=29))
case("linalg.solve", np.linalg.solve, M, drawn(3, 2, seed=29))
case("linalg.eigh", lambda x: _of_vectors(*np.linalg.eigh(x + np.transpose(x))), M)
case("linalg.eigh", lambda x: np.linalg.eigh(x + np.transpose(x), UPLO="U")[0], M)
case("linalg.eig", lambda x: np.sort(np.real(np.linalg.eig(x + np.transpose(x))[0])), M)
case("linalg.eigvals", lambda x: np.sort(np.real(np.linalg.eigvals(x + np.transpose(x)))), M)
case("linalg.eigvalsh", lambda x: np.linalg.eigvalsh(x + np.transpose(x), "U"), M)
case("linalg.svd", lambda x: np.linalg.svd(x, compute_uv=False), L)
case("linalg.svd", lambda x: _of_vectors(np.linalg.svd(x, full_matrices=False)[1], np.linalg.svd(x)[2].T), L)
case("linalg.qr", lambda x: np.linalg.qr(x), L)
case("linalg.qr", lambda x: np.linalg.qr(x, mode="r"), L)
case("linalg.matrix_power", lambda x: np.linalg.matrix_power(x, 3), M)
case("linalg.matrix_power", lambda x: np.linalg.matrix_power(x, -2), M)
case("linalg.pinv", np.linalg.pinv, L)
case("linalg.cond", lambda x: np.linalg.cond(x, 1), M)
case("linalg.cond", lambda x: np.linalg.cond(x, -2), M)
case("linalg.lstsq", lambda x, y: np.linalg.lstsq(x, y, rcond=None)[:2], L, drawn(4, seed=30))
case("linalg.lstsq", lambda x, y: np.linalg.lstsq(x, y, rcond=None)[0], A, drawn(2, 2, seed=30))
plain("linalg.matrix_rank", np.linalg.matrix_rank, L)
case("linalg.tensorinv", lambda x: np.linalg.tensorinv(np.reshape(x, (3, 1, 1, 3)), ind=2), M)
case("linalg.tensorsolve", lambda x, y: np.linalg.tensorsolve(np.reshape(x, (3, 1, 3)), y[:, None]), M, X[:3])
case("linalg.multi_dot", lambda x, y, z: np.linalg.multi_dot([x, y, z]), A, M, drawn(3, seed=31))
case("linalg.multi_dot", lambda x, y: np.linalg.multi_dot([x, y, y]), A, M)
case("linalg.norm", np.linalg.norm, A)
case("linalg.norm", np.linalg.norm, Z)
for _ord in (None, 1, 2, 3, 0.5, np.inf, -np.inf):
    case("linalg.norm", lambda x, o=_ord: np.linalg.norm(x, o), X)
    case("linalg.norm", lambda x, o=_ord: np.linalg.norm(x, o, axis=1, keepdims=True), A)
for _ord in (None, "fro", "nuc", 1, -1, 2, -2, np.inf):
    case("linalg.norm", lambda x, o=_ord: np.linalg.norm(x, o), M)
    case("linalg.norm", lambda x, o=_ord: np.linalg.norm(x, o, axis=(2, 0), keepdims=True), T)
case("linalg.vector_norm", lambda x: np.linalg.vector_norm(x, axis=(0, 1), ord=3), A)
case("linalg.matrix_norm", lambda x: np.linalg.matrix_norm(x, ord="nuc", keepdims=True), T)
case("linalg.matmul", lambda x, y: np.linalg.matmul(x, y), A, M)
case("linalg.vecdot", lambda x, y: np.linalg.vecdot(x, y, axis=0), A, B)
case("linalg.outer", lambda x, y: np.linalg.outer(x, y), X, Y)
case("linalg.cross", lambda x, y: np.linalg.cross(x, y), V3, W3)
case("linalg.tensordot", lambda x, y: np.linalg.tensordot(x, y, axes=1), A, M)
case("linalg.diagonal", lambda x: np.linalg.diagonal(x, offset=1), T)
case("linalg.trace", lambda x: np.linalg.trace(x, offset=1), T)
case("linalg.matrix_transpose", np.linalg.matrix_transpose, T)


def _of_vectors(values: Any, vectors: Any) -> Any:
    """Values, and of vectors what does not depend on their signs."""
    return values, vectors[:, None, :] * vectors[None, :, :]


# --- Fourier transforms -----------------------------------------------------------------------------------------------

for _name in ("fft", "ifft", "rfft", "ihfft"):
    case(f"fft.{_name}", getattr(np.fft, _name), X)
    case(f"fft.{_name}", lambda x, f=getattr(np.fft, _name): f(x, 4, axis=0, norm="ortho"), L)
for _name in ("fft", "ifft", "irfft", "hfft"):
    case(f"fft.{_name}", lambda x, f=getattr(np.fft, _name): f(x, n=5), Z)
for _name in ("fft2", "ifft2", "rfft2", "fftn", "ifftn", "rfftn"):
    case(f"fft.{_name}", getattr(np.fft, _name), T)
for _name in ("irfft2", "irfftn"):
    case(f"fft.{_name}", lambda x, f=getattr(np.fft, _name): f(x), ZM)
case("fft.fft2", lambda x: np.fft.fft2(x, s=(2, 5), axes=(0, 1)), T)
case("fft.fftshift", np.fft.fftshift, A)
case("fft.ifftshift", lambda x: np.fft.ifftshift(x, axes=1), A)

# --- element by element, differences, integrals -----------------------------------------------------------------------

case("clip", lambda x: np.clip(x, -1, 1), X)
case("clip", lambda x, lo, hi: np.clip(x, lo, hi), A, drawn(3, seed=32, high=-0.5), np.array(0.9))
case("clip", lambda x: np.clip(x, None, 0.6), X)
case("round", np.round, X)
case("around", lambda x: np.around(x, 1), X * 1.037)
case("round", lambda x: np.round(x, -1), 10 * X)
case("fix", np.fix, X)
case("nan_to_num", lambda x: np.nan_to_num(_pierced(x), nan=2.0), T)
case("nan_to_num", lambda x: np.nan_to_num(np.where(x > 1, np.inf, x), posinf=3.0), X)
plain("nan_to_num", lambda x: np.nan_to_num(np.where(np.abs(x) > 1, x / (0.0 * x), x)), X)
plain("nan_to_num", lambda x: np.nan_to_num(np.where(np.abs(x) > 1, np.sign(x) * np.inf, x)), X)
case("real", np.real, Z)
case("imag", np.imag, Z)
case("real", np.real, X)
plain("imag", np.imag, X)
case("angle", lambda x: np.angle(x, deg=True), Z)
case("angle", np.angle, X)
case("real_if_close", lambda x: np.real_if_close(x + 0j), X, is_batched=False)
case("real_if_close", np.real_if_close, Z, is_batched=False)
case("sinc", np.sinc, X)
case("i0", np.i0, X)
case("unwrap", lambda x: np.unwrap(3.0 * x), X)
case("unwrap", lambda x: np.unwrap(x, axis=0, period=1.5), L)
for _name, _x in (("sqrt", X), ("log", X), ("log2", X), ("log10", X), ("arccos", X), ("arcsin", X), ("arctanh", X)):
    case(f"emath.{_name}", getattr(np.emath, _name), _x, is_batched=False)
case("emath.sqrt", np.emath.sqrt, P, is_batched=False)
case("diff", np.diff, A)
case("diff", lambda x: np.diff(x, n=2, axis=1, prepend=0.0), A)
case("diff", lambda x, y: np.diff(x, axis=0, append=y), A, B)
case("ediff1d", lambda x: np.ediff1d(x, to_end=[1.0, 2.0], to_begin=0.5), A)
case("gradient", np.gradient, L)
case("gradient", lambda x: np.gradient(x, 0.5, axis=0), L)
case("gradient", lambda x: np.gradient(x, 0.5, axis=0, edge_order=2), L)
case("gradient", lambda f, x: np.gradient(f, x), L[:, 0].copy(), UP)
case("gradient", lambda f, x: np.gradient(f, x, 2.0, edge_order=2), L, UP)
case("trapezoid", lambda y: np.trapezoid(y, dx=0.5), A)
case("trapezoid", lambda y, x: np.trapezoid(y, x), A, drawn(3, seed=33))
case("trapezoid", lambda y, x: np.trapezoid(y, x, axis=0), L, UP)
case("interp", lambda x, xp, fp: np.interp(x, xp, fp), X / 1.3, UP, P[:4])
case("interp", lambda x: np.interp(x, [-1.1, 0.3, 1.2], [1.0, 4.0, 2.0], left=0.0), X)
case("interp", lambda x: np.interp(x, [0.1, 0.5, 0.9], [1.0, 4.0, 2.0], period=1.0), X)
case("apply_along_axis", lambda x: np.apply_along_axis(lambda row: np.cumsum(row) * row[0], 1, x), A)
case("apply_along_axis", lambda x: np.apply_along_axis(lambda row: np.stack([row, row**2]), 0, x), A)
case("apply_along_axis", lambda x: np.apply_along_axis(np.sum, 0, x), A)
case("apply_over_axes", lambda x: np.apply_over_axes(np.sum, x, [0, 2]), T)

# --- polynomials ------------------------------------------------------------------------------------------------------

case("polyval", np.polyval, X, A)
case("polyval", lambda x: np.polyval([2.0, 0.0, -1.0], x), A)
case("polyadd", np.polyadd, X, Y[:3])
case("polysub", np.polysub, X[:2], Y)
case("polymul", np.polymul, X, Y[:3])
case("polydiv", np.polydiv, X, Y[:3], is_batched=False)
case("polyder", lambda x: np.polyder(x, 2), X)
case("polyint", lambda x: np.polyint(x, 2, [1.0, 3.0]), X)
case("poly", np.poly, X)
case("poly", np.poly, S)
case("roots", lambda x: np.sort(np.real(np.roots(np.poly(x)))), np.array([-1.5, 0.5, 2.0]), is_batched=False)
case("roots", lambda x: np.roots(np.concatenate([[0.0], x, [0.0]])), np.array([1.0, -0.5]), is_batched=False)
case("polyfit", lambda x, y: np.polyfit(x, y, 2), UP, L[:, 0].copy(), is_batched=False)
case("polyfit", lambda x, y, w: np.polyfit(x, y, 1, w=w), UP, L, P[:4], is_batched=False)
case("vander", lambda x: np.vander(x, 4), X)
case("vander", lambda x: np.vander(x, increasing=True), X)

# --- after the model of an array --------------------------------------------------------------------------------------

for _name in ("zeros_like", "ones_like"):
    case(_name, lambda x, f=getattr(np, _name): f(x, shape=(2, 2)) + 0 * x[0, 0], A)
case("empty_like", lambda x: 0 * np.empty_like(x), A, order=0)
case("full_like", lambda x, y: np.full_like(x, y), A, np.array(0.7))
case("linspace", lambda x, y: np.linspace(x, y, 5), np.array(0.7), np.array(3.1))
case("linspace", lambda x: np.linspace(x, 1, 4, endpoint=False, axis=-1), A)
case("linspace", lambda x: np.linspace(x, x**2, 3, retstep=True), X)
case("logspace", lambda x: np.logspace(x, 2.0, 4, base=3.0), np.array(0.7))
case("geomspace", lambda x, y: np.geomspace(x, y, 4), P, P[::-1].copy())

# --- plain answers ----------------------------------------------------------------------------------------------------

plain("shape", np.shape, A)
plain("ndim", np.ndim, A)
plain("size", lambda x: (np.size(x), np.size(x, 1)), A)
plain("result_type", lambda x: np.result_type(x, np.float32, 1), A)
plain("can_cast", lambda x: np.can_cast(np.result_type(x), np.float32), A)
plain("common_type", lambda x: np.common_type(x, x), I)
plain("min_scalar_type", np.min_scalar_type, A, is_batched=False)
plain("iscomplexobj", np.iscomplexobj, Z)
plain("isrealobj", np.isrealobj, Z)
plain("iscomplex", lambda x: np.iscomplex(np.where(np.arange(4, like=x) == 1, 1.0 + 0j, x)), Z)
plain("isreal", np.isreal, X)
plain("isposinf", lambda x: np.isposinf(np.where(x > 1, np.inf, x)), X)
plain("isneginf", lambda x: np.isneginf(np.where(x > 1, -np.inf, x)), X)
plain("isclose", lambda x: np.isclose(x, x + np.where(x > 0, 1e-9, 1e-3)), X)
plain("isclose", lambda x: np.isclose(x, x, equal_nan=True), N)
plain("allclose", lambda x: np.allclose(x, x + 1e-9), X, is_batched=False)
plain("array_equal", lambda x: (np.array_equal(x, x[:2]), np.array_equal(x, x)), X, is_batched=False)
plain("array_equal", lambda x: np.array_equal(x, x, equal_nan=True), N, is_batched=False)
plain("array_equiv", lambda x: np.array_equiv(x, x[None]), X, is_batched=False)
plain("array_repr", np.array_repr, X, is_batched=False)
plain("array_str", lambda x: np.array_str(x, precision=2), X, is_batched=False)
plain("array2string", lambda x: np.array2string(x, separator=";"), X, is_batched=False)


# --- what must be there -----------------------------------------------------------------------------------------------

AUTOGRAD = """
    absolute add all allclose amax amin angle any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
    argpartition argsort argwhere around array_equal array_equiv array_split astype atleast_1d atleast_2d atleast_3d
    broadcast_to ceil clip concatenate conjugate cos cosh count_nonzero cross cumsum deg2rad degrees diag diagonal diff
    divide dot dsplit einsum empty_like equal exp exp2 expand_dims expm1 fabs fix flatnonzero fliplr flipud floor
    floor_divide fmax fmin full_like gradient greater greater_equal hsplit hypot imag inner isclose iscomplex
    iscomplexobj isfinite isinf isnan isneginf isposinf isreal kron less less_equal linspace log log10 log1p log2
    logaddexp logaddexp2 logical_and logical_not logical_or logical_xor matmul max maximum mean min minimum mod moveaxis
    multiply nan_to_num ndim negative nonzero not_equal ones_like outer pad partition power prod rad2deg radians ravel
    real real_if_close reciprocal remainder repeat reshape result_type rint roll rollaxis rot90 round searchsorted shape
    sign sin sinc sinh size sort split sqrt square squeeze std subtract sum swapaxes tan tanh tensordot tile trace
    transpose tril triu true_divide trunc var vsplit where zeros_like linalg.cholesky linalg.det linalg.eig linalg.eigh
    linalg.inv linalg.norm linalg.pinv linalg.slogdet linalg.solve linalg.svd fft.fft fft.fft2 fft.fftn fft.fftshift
    fft.ifft fft.ifft2 fft.ifftn fft.ifftshift fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn
"""
"""What autograd's wrapper of NumPy differentiates, or knows to have no derivative."""

MISSING_IN_AUTOGRAD = """
    append apply_along_axis apply_over_axes average bincount block broadcast_arrays cbrt choose column_stack compress
    convolve copysign corrcoef correlate cov cumprod cumulative_prod cumulative_sum delete diagflat divmod dstack
    ediff1d extract flip float_power fmod geomspace heaviside histogram hstack i0 insert interp ldexp logspace
    matrix_transpose matvec median meshgrid modf nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile
    nanprod nanquantile nanstd nansum nanvar percentile permute_dims piecewise poly polyadd polyder polydiv polyfit
    polyint polymul polysub polyval positive ptp quantile resize roots select sort_complex stack take take_along_axis
    trapezoid trim_zeros unique unstack unwrap vander vdot vecdot vecmat vstack linalg.cond linalg.cross
    linalg.diagonal linalg.eigvals linalg.eigvalsh linalg.lstsq linalg.matmul linalg.matrix_norm linalg.matrix_power
    linalg.matrix_transpose linalg.multi_dot linalg.outer linalg.qr linalg.svdvals linalg.tensordot linalg.tensorinv
    linalg.tensorsolve linalg.trace linalg.vecdot linalg.vector_norm fft.hfft fft.ihfft
"""
"""What autograd runs and does not differentiate, the gaps that HIPS/autograd#788 is about."""
