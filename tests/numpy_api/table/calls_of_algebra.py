"""Calls of NumPy's products, linear algebra, transforms, calculus, polynomials, and plain answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.numpy_api.table.cases import UP, V3, W3, ZM, A, B, I, L, M, N, P, S, T, X, Y, Z, case, drawn, pierced, plain

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
case("nan_to_num", lambda x: np.nan_to_num(pierced(x), nan=2.0), T)
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
