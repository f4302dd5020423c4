"""``numpy.linalg``."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_arrays, dtype_of, floating, implements, is_readable, promoted
from anygrad.ops._axes import kept, normalized
from anygrad.ops.linalg._matrices import from_lower, identity, is_hermitian

__all__: list[str] = []


def _floats(*arrays: Array) -> list[Array]:
    return promoted([floating(x) for x in arrays])


def _unary(name: str) -> Any:
    """A function of one matrix that is the same here."""
    function = getattr(ag.linalg, name)

    def of_matrix(a: Array) -> Any:
        return function(floating(a))

    of_matrix.__name__ = name
    return implements(f"linalg.{name}")(of_matrix)


for _name in ("det", "inv", "slogdet", "svdvals"):
    _unary(_name)


def _is_real(values: Array, a: Array) -> bool:
    """Whether eigenvalues are all real, which decides NumPy's dtype; they stay complex where each batch has its own."""
    return not is_complex(a) and is_readable(a) and bool(ag.all(ag.imag(values) == 0))


@implements("linalg.eigvals")
def eigvals(a: Array) -> Array:
    """The eigenvalues, as real numbers if they all are."""
    values = ag.linalg.eigvals(floating(a))
    return ag.real(values) if _is_real(values, a) else values


@implements("linalg.eig")
def eig(a: Array) -> Any:
    """The eigenvalues and eigenvectors, as real numbers if all eigenvalues are."""
    found = ag.linalg.eig(floating(a))
    return type(found)(*map(ag.real, found)) if _is_real(found[0], a) else found


@implements("linalg.solve", arrays=2)
def solve(a: Array, b: Array) -> Array:
    """The solution of linear equations."""
    return ag.linalg.solve(*_floats(a, b))


@implements("linalg.cholesky")
def cholesky(a: Array, /, *, upper: bool = False) -> Array:
    """The triangular root of a positive definite matrix."""
    return ag.linalg.cholesky(floating(a), upper=upper)


@implements("linalg.matrix_power")
def matrix_power(a: Array, n: int) -> Array:
    """The product of a matrix with itself, n times."""
    n = operator.index(n)
    return ag.linalg.matrix_power(a if n >= 0 else floating(a), n)


def _read(a: Array, hermitian: bool) -> Array:
    """The matrix that NumPy reads, of one that is said to be Hermitian from its lower triangle."""
    a = floating(a)
    return ag.where(is_hermitian(a), a, from_lower(a)) if hermitian else a


@implements("linalg.matrix_rank", kind="plain")
def matrix_rank(A: Array, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """The number of singular values above a bound."""
    x = _read(A, hermitian)
    if tol is not None:
        return ag.sum(ag.astype(ag.linalg.svdvals(x) > tol, np.int64), axis=-1)
    return ag.linalg.matrix_rank(x, rtol=rtol)


@implements("linalg.pinv")
def pinv(a: Array, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Array:
    """The pseudo-inverse; singular values below a share of the largest count as zero."""
    bound = rtol if rcond is None else rcond
    return ag.linalg.pinv(_read(a, hermitian), rtol=1e-15 if bound is None else bound)


def _lower(a: Array, UPLO: str) -> Array:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"UPLO must be 'L' or 'U', given {UPLO!r}")
    return floating(a if UPLO.upper() == "L" else ag.conj(ag.matrix_transpose(a)))


@implements("linalg.eigh")
def eigh(a: Array, UPLO: str = "L") -> Any:
    """The eigenvalues and eigenvectors of a Hermitian matrix."""
    return ag.linalg.eigh(_lower(a, UPLO))


@implements("linalg.eigvalsh")
def eigvalsh(a: Array, UPLO: str = "L") -> Array:
    """The eigenvalues of a Hermitian matrix."""
    return ag.linalg.eigvalsh(_lower(a, UPLO))


@implements("linalg.svd")
def svd(a: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The singular value decomposition."""
    a = _read(a, hermitian)
    return ag.linalg.svd(a, full_matrices=full_matrices) if compute_uv else ag.linalg.svdvals(a)


@implements("linalg.qr")
def qr(a: Array, mode: str = "reduced") -> Any:
    """The product of a matrix of orthonormal columns and a triangular one, or the triangular one alone."""
    if mode == "r":
        return ag.linalg.qr(floating(a)).R
    if mode == "complete":
        return ag.linalg.qr(floating(a), mode="complete")
    if mode != "reduced":
        raise ValueError(f"numpy.linalg.qr: mode must be 'reduced', 'complete' or 'r', given {mode!r}")
    return ag.linalg.qr(floating(a))


# --- norms ------------------------------------------------------------------------------------------------------------


@implements("linalg.norm")
def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """The norm of a vector or a matrix."""
    x = floating(x)
    if axis is None and ord is None:
        return ag.linalg.vector_norm(x, keepdims=keepdims)
    axes = normalized(tuple(range(len(x.shape))) if axis is None else axis, len(x.shape), "norm")
    if len(axes) == 1 or ord is None:
        return ag.linalg.vector_norm(x, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError(f"numpy.linalg.norm: ord={ord!r} needs one axis or two, given axis={axis} and shape {x.shape}")
    found = ag.linalg.matrix_norm(ag.moveaxis(x, axes, (-2, -1)), ord="fro" if ord == "f" else ord)
    return ag.reshape(found, kept(x.shape, axes)) if keepdims else found


@implements("linalg.vector_norm")
def vector_norm(x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """The norm of vectors along axes."""
    return ag.linalg.vector_norm(floating(x), axis=axis, keepdims=keepdims, ord=ord)


@implements("linalg.matrix_norm")
def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """The norm of matrices."""
    return ag.linalg.matrix_norm(floating(x), keepdims=keepdims, ord=ord)


@implements("linalg.cond")
def cond(x: Array, p: Any = None) -> Array:
    """The condition number: how much a matrix and its inverse stretch."""
    x = floating(x)
    with np.errstate(all="ignore"):
        found = _ratio_of_values(x, p) if p in (None, 2, -2) else _product_of_norms(x, p)
    is_lost = ag.isnan(found) & ~ag.any(ag.isnan(x), axis=(-2, -1))
    infinite = ag.where(is_lost, math.inf, ag.ones_like(found))
    size = 1.0 + ag.sum(_abs_square(x), axis=(-2, -1))  # by which no element has a derivative that is finite
    return ag.where(is_lost, size * infinite, found)


def _ratio_of_values(x: Array, p: Any) -> Array:
    values = ag.linalg.svdvals(x)
    first, last = values[..., 0], values[..., -1]
    return last / first if p == -2 else first / last


def _product_of_norms(x: Array, p: Any) -> Array:
    is_singular = ag.linalg.slogdet(x).sign == 0
    inverse = ag.linalg.inv(ag.where(is_singular[..., None, None], identity(x, x.shape[-1]), x))
    return ag.where(is_singular, math.nan, norm(x, p, (-2, -1)) * norm(inverse, p, (-2, -1)))


# --- least squares and tensors ----------------------------------------------------------------------------------------


@implements("linalg.lstsq", arrays=2)
def lstsq(a: Array, b: Array, rcond: Any = None) -> Any:
    """The solution of least squares and least norm, the squared residuals, the rank and the singular values."""
    a, b = _floats(a, b)
    rtol = np.finfo(dtype_of(a)).eps * max(a.shape) if rcond is None else max(rcond, 0.0)
    solution = ag.matmul(ag.linalg.pinv(a, rtol=rtol), b)
    values = ag.linalg.svdvals(a)
    rank = ag.sum(ag.astype(values > rtol * values[0], np.int64))
    rest = ag.reshape(_abs_square(b - ag.matmul(a, solution)), (a.shape[0], -1))
    is_full = a.shape[1] < a.shape[0] and not (is_readable(rank) and int(rank) < a.shape[1])
    squares = ag.sum(rest, axis=0) if is_full else ag.reshape(rest[:0], (-1,))
    return solution, squares, int(rank) if is_readable(rank) else rank, values


def _abs_square(x: Array) -> Array:
    return ag.real(x * ag.conj(x)) if is_complex(x) else x * x


@implements("linalg.tensorinv")
def tensorinv(a: Array, ind: int = 2) -> Array:
    """The inverse of a tensor as of a matrix of its first axes and its last ones."""
    if ind <= 0:
        raise ValueError(f"numpy.linalg.tensorinv: ind must be positive, given {ind}")
    rows = math.prod(a.shape[:ind])
    return ag.reshape(ag.linalg.inv(ag.reshape(floating(a), (rows, -1))), (*a.shape[ind:], *a.shape[:ind]))


@implements("linalg.tensorsolve", arrays=2)
def tensorsolve(a: Array, b: Array, axes: Any = None) -> Array:
    """The solution x of ``tensordot(a, x, x.ndim) == b``."""
    a, b = _floats(*as_arrays((a, b)))
    if axes is not None:
        a = ag.moveaxis(a, tuple(axes), tuple(range(len(a.shape) - len(axes), len(a.shape))))
    shape = tuple(a.shape[len(b.shape) :])
    solution = ag.linalg.solve(ag.reshape(a, (-1, math.prod(shape))), ag.reshape(b, (-1,)))
    return ag.reshape(solution, shape)
