"""NumPy on the CPU, and what is worth saying to it more directly than through the array API."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from anygrad.backends import Backend, Dtype, numpy_dtype, register_backend
from anygrad.backends.generic import check_can_hold, fitted
from anygrad.backends.special import scipy_special
from anygrad.core.keys import has_array, is_plain
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import refused, scalar_results
from anygrad.ops import convolutions  # noqa: F401  which states an operation that is overridden here
from anygrad.ops.linalg._matrices import rounding
from anygrad.ops.special import logistic, networks

FEW = 256
"""As many numbers are copied in the time that it takes to look at some of a large array."""
SAMPLES = 32
"""Of how many numbers of a large array a change is looked for."""


class NumpyBackend(Backend):
    """NumPy: its devices need no prefix, its dtypes no translation, its scalars a 0-d array."""

    def native_dtype(self, dtype: Dtype) -> Dtype:
        return dtype

    def device_of(self, array: Array) -> str:
        return "cpu"

    writes_in_place = True

    def owns_memory(self, array: Array) -> bool:
        flags = array.flags
        return bool(flags.owndata and flags.writeable)

    def kept(self, array: Array) -> tuple[Array, Any]:
        return (array.copy("K"), None) if array.size <= FEW else (array, self.mark(array))

    def mark(self, array: Array) -> Any:
        flat = array.ravel() if array.flags.c_contiguous else array.flat
        return flat[:: array.size // SAMPLES | 1].tobytes()

    def copied(self, array: Array) -> Array:
        return np.array(array, order="K")

    def device_name(self, short: str) -> str:
        return "cpu"

    def implementation(self, op: Primitive, array_type: type) -> Implementation:
        found = NUMBERS.get(op.name) if issubclass(array_type, np.inexact) else None
        return found or super().implementation(op, array_type)

    def _translating(self, function: Implementation, op: Primitive) -> Implementation:
        return function

    def asarray(self, value: Any, dtype: Dtype | None, device: str, copy: bool | None = None) -> Array:
        return np.asarray(value, dtype=dtype, copy=copy)


class _Namespace:
    """array-api-compat's view of NumPy, imported when something is first looked up in it.

    With it come NumPy's f2py, testing and the like: half of the time that importing anygrad would take.
    """

    def __getattr__(self, name: str) -> Any:
        import array_api_compat.numpy

        return getattr(array_api_compat.numpy, name)


SMALL = 4096
"""Up to so many elements writing a copy takes less time than NumPy's function in Python for a view."""

SCALAR_TYPES = tuple({np.dtype(code).type for code in np.typecodes["All"] if code not in "SUVOMm"})

numpy = register_backend(
    "numpy",
    namespace=_Namespace(),
    array_types=(np.ndarray, *SCALAR_TYPES),
    mutable=True,
    quiet=functools.partial(np.errstate, all="ignore"),
    special=scipy_special,
    backend_class=NumpyBackend,
)

refused["numpy.MaskedArray"] = (
    "the mask of a masked array would be lost; give x.filled(value), or x.data, and write numpy.where(mask, 0, ...) "
    "around what is computed of it"
)
refused["numpy.matrix"] = "x * y of a matrix is the matrix product, and of an array it is not; give numpy.asarray(x)"

for _scalar_type in SCALAR_TYPES:
    scalar_results[_scalar_type] = np.asarray
    # NumPy's dtypes come first in the tables: they are then found without being compared to those of array-api-strict,
    # which have the same hashes, and warn when they are compared.
    numpy_dtype(np.dtype(_scalar_type))
    kind_of(np.dtype(_scalar_type))


# --- numbers: a function of arrays takes five times as long for one ---------------------------------------------------


NUMBERS: dict[str, Implementation] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "may_have_zero": operator.not_,
}


MANY = 8192
"""BLAS shares the dot product of so many numbers among threads, and waits long for them on a busy machine."""

ONES, _zeros = ({np.dtype(code): make((), code) for code in np.typecodes["AllFloat"]} for make in (np.ones, np.zeros))
"""Numbers as arrays, which Python's are made each time, for 0.3 us."""


@numpy.implement("may_be_equal")
def _may_be_equal(values: Array) -> bool:
    gaps = np.abs(values[..., 1:] - values[..., :-1])
    return values.dtype.kind == "c" or bool((gaps <= rounding(values, axis=-1)).any())


@numpy.implement("is_hermitian")
def _is_hermitian(x: Array) -> Array:
    other = x.swapaxes(-2, -1).conj() if x.dtype.kind == "c" else x.swapaxes(-2, -1)
    if (x == other).all():  # which is found in a fifth of the time
        return np.ones((*x.shape[:-2], 1, 1), np.bool_)
    return (np.abs(x - other) <= rounding(x)).all(axis=(-2, -1), keepdims=True)


@numpy.implement("may_have_zero")
def _may_have_zero(x: Array) -> bool:
    # Exact for a few numbers, where looking at a list takes 0.1 us; of many it would cost more than it saves.
    return x.size > 8 or 0.0 in (x if x.ndim == 1 else x.ravel()).tolist()


@numpy.implement("conj")
def _conj(x: Array) -> Array:
    return np.conjugate(x) if x.dtype.kind == "c" else x


# NumPy's functions for these go through two Python functions before they come to the ufunc's method.


@numpy.implement("sum")
def _sum(x: Array, axis: Any = None, dtype: Dtype | None = None, keepdims: Any = False) -> Array:
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)


@numpy.implement("max")
def _max(x: Array, axis: Any = None, keepdims: Any = False) -> Array:
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


@numpy.implement("min")
def _min(x: Array, axis: Any = None, keepdims: Any = False) -> Array:
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


@numpy.implement("mean")
def _mean(x: Array, axis: Any = None, keepdims: Any = False) -> Array:
    if x.dtype.kind not in "fc" or x.dtype.itemsize == 2:  # whose sums need a wider dtype
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = np.add.reduce(x, axis=axis, keepdims=keepdims)
    return total / (x.size // total.size) if total.size else total


@numpy.implement("reshape")
def _reshape(x: Array, shape: tuple[int, ...], copy: bool | None = None) -> Array:
    out = x.reshape(shape)
    if copy is None or not out.size:
        return out
    is_view = np.may_share_memory(x, out)  # NumPy's own copy= came with 2.1
    if not copy and not is_view:
        raise ValueError("the elements in this shape would be a copy, which copy=False refuses")
    return out.copy() if copy and is_view else out


@numpy.implement("astype")
def _astype(x: Array, dtype: Dtype, copy: bool = True) -> Array:
    return x.astype(dtype, copy=copy)


@numpy.implement("matmul")
def matmul(x1: Array, x2: Array) -> Array:
    """The product of matrices, or of stacks of them."""
    if x1.ndim == x2.ndim == 2 and x1.dtype.kind == "f":
        return x1.dot(x2)  # 0.6 us less than matmul, which on small matrices is a third
    return np.matmul(x1, x2)


@numpy.implement("linear")
def _linear(x: Array, weight: Array, bias: Array) -> Array:
    try:
        fits = weight.ndim == 2 and x.shape[-1] == weight.shape[0] and bias.shape == weight.shape[1:]
    except (AttributeError, IndexError):
        fits = False
    if not fits:
        networks.check_layer(x, weight, bias)
    out = matmul(x, weight)
    return np.add(out, bias, out=out if out.dtype == bias.dtype else None)


@numpy.implement("matrix_transpose")
def _matrix_transpose(x: Array) -> Array:
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)


@numpy.implement("expand_dims")
def _expand_dims(x: Array, axis: Any = 0) -> Array:
    if type(axis) is int and -x.ndim <= axis < x.ndim:
        shape = x.shape
        at = axis if axis >= 0 else axis + x.ndim + 1
        return x.reshape((*shape[:at], 1, *shape[at:]))
    return np.expand_dims(x, axis)


@numpy.implement("permute_dims")
def _permute_dims(x: Array, axes: tuple[int, ...]) -> Array:
    return x.transpose(axes)


@numpy.implement("broadcast_to")
def _broadcast_to(x: Array, shape: tuple[int, ...]) -> Array:
    if math.prod(shape) > SMALL or x.ndim > len(shape):  # which an assignment would let pass
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    if x.shape:
        out[...] = x
    else:
        out.fill(x)
    return out


@numpy.implement("relu")
def _relu(x: Array) -> Array:
    return np.maximum(x, _zeros.get(x.dtype, 0))


@numpy.implement("softmax")
def _softmax(x: Array, axis: Any = None) -> Array:
    if x.dtype.kind == "f" and x.dtype.itemsize > 2 and x.size and x.ndim:  # half precision is added up in single
        grown = np.subtract(x, np.maximum.reduce(x, axis=axis, keepdims=True))
        np.exp(grown, out=grown)
        return np.divide(grown, np.add.reduce(grown, axis=axis, keepdims=True), out=grown)
    return logistic.softmax.default(x, axis)  # type: ignore[misc]  # which has one


@numpy.implement("log_softmax")
def _log_softmax(x: Array, axis: Any = None) -> Array:
    if x.dtype.kind == "f" and x.dtype.itemsize > 2 and x.size and x.ndim:
        top = np.maximum.reduce(x, axis=axis, keepdims=True)
        tops = top.ravel()
        if math.isfinite(tops.dot(tops)):
            moved = np.subtract(x, top)
            total = np.add.reduce(np.exp(moved), axis=axis, keepdims=True)
            return np.subtract(moved, np.log(total, out=total), out=moved)
    return logistic.log_softmax.default(x, axis)  # type: ignore[misc]


@numpy.implement("cross_entropy")
def _cross_entropy(labels: Array, logarithms: Array, axis: int) -> Array:
    flat = logarithms.ravel()
    if logarithms.size < MANY and labels.shape == logarithms.shape and math.isfinite(flat.dot(flat)):
        return np.negative(np.add.reduce(np.multiply(labels, logarithms), axis=axis))
    return networks._cross_entropy.default(labels, logarithms, axis=axis)  # type: ignore[misc]  # with care for -inf


@numpy.implement("where")
def _where(condition: Array, x1: Array, x2: Array) -> Array:
    return np.where(condition, x1, x2)


# The namespace's own check their arguments for 3 us, as long as a whole backward step on a small array takes.


@numpy.implement("zeros_like")
def _zeros_like(x: Array, dtype: Dtype | None = None, device: str | None = None) -> Array:
    return np.zeros(x.shape, x.dtype if dtype is None else dtype)


@numpy.implement("ones_like")
def _ones_like(x: Array, dtype: Dtype | None = None, device: str | None = None) -> Array:
    out = np.empty(x.shape, x.dtype if dtype is None else dtype)
    out.fill(1)
    return out


@numpy.implement("new_zeros")
def _new_zeros(x: Array, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, x.dtype)


@numpy.implement("new_index")
def _new_index(x: Array, index: Any) -> Array:
    return index if isinstance(index, np.ndarray) else numpy.index_beside(x, index)


@numpy.implement("copy")
def _copy(x: Array) -> Array:
    return np.array(x, order="C")


@numpy.implement("getitem")
def _getitem(x: Array, key: Any) -> Array:
    return x[key]


@numpy.implement("index_set")
def _index_set(x: Array, values: Array, key: Any) -> Array:
    check_can_hold(x, values)
    out = x.copy() if isinstance(x, np.ndarray) else np.array(x)
    out[key] = values
    return out


COMPLEX = (complex, np.complex64, np.complex128, np.clongdouble)


@numpy.implement("index_iset")
def _index_iset(x: Array, values: Array, key: Any) -> Array:
    if has_array(key) and isinstance(values, np.ndarray) and np.may_share_memory(x, values):
        values = np.array(values)  # through a mask NumPy reads places that it has written to
    kind = type(values)
    if (kind is np.ndarray and values.dtype.kind == "c") or kind in COMPLEX:
        check_can_hold(x, values)
    x[key] = values
    return x


@numpy.implement("from_parts")
def _from_parts(x1: Array, x2: Array) -> Array:
    out = np.empty(np.broadcast_shapes(np.shape(x1), np.shape(x2)), np.result_type(x1, x2, np.complex64))
    out.real, out.imag = x1, x2
    return out


@numpy.implement("index_iadd")
def _index_iadd(x: Array, values: Array, key: Any) -> Array:
    if is_plain(key) and type(x) is np.ndarray:
        x[key] += values
        return x
    check_can_hold(x, values)
    x = np.asarray(x)  # NumPy's scalars stand for 0-d arrays
    if not any(isinstance(part, np.ndarray) and part.dtype != bool for part in (key if type(key) is tuple else (key,))):
        x[key] += values
    elif x.flags.c_contiguous:
        _add_at_positions(x, values, key)
    else:
        np.add.at(x, key, values)
    return x


@numpy.implement("index_add")
def _index_add(x: Array, values: Array, key: Any) -> Array:
    return _index_iadd(np.array(x, order="C"), values, key)


def _add_at_positions(x: Array, values: Array, key: Any) -> None:
    """``np.add.at`` over linear positions: over whole rows it is about four times slower."""
    positions = _positions_of_rows(x.shape, key)
    if positions is None:
        positions = np.arange(x.size).reshape(x.shape)[key]
    values = np.broadcast_to(fitted(np, values, positions.ndim), positions.shape)
    np.add.at(x.reshape(-1), positions.reshape(-1), values.reshape(-1))


def _positions_of_rows(shape: tuple[int, ...], key: Any) -> Array | None:
    """The linear positions of whole rows that one array of integers names, without an array of all positions."""
    *before, rows = key if type(key) is tuple else (key,)
    if not isinstance(rows, np.ndarray) or any(type(part) is not slice or part != slice(None) for part in before):
        return None
    axis = len(before)
    n, width = shape[axis], math.prod(shape[axis + 1 :])
    if not rows.size or rows.min() < -n or rows.max() >= n:
        return None
    positions = np.where(rows < 0, rows + n, rows).reshape(-1, 1) * width + np.arange(width)
    outer = np.arange(math.prod(shape[:axis])).reshape(-1, 1, 1) * (n * width)
    return (outer + positions).reshape((*shape[:axis], *rows.shape, *shape[axis + 1 :]))


def _over_last_axes(name: str) -> None:
    transform = getattr(np.fft, name)

    @numpy.implement(name)
    def run(x: Array, s: Any = None, axes: Any = None, norm: Any = "backward") -> Array:
        if axes is None and s is not None:  # the last ones, which NumPy wants to be told
            axes = range(-len(s), 0)
        return transform(x, s=s, axes=axes, norm=norm)


for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    _over_last_axes(_name)


@numpy.implement("convolve")
def _convolve(x1: Array, x2: Array, mode: Any) -> Array:
    return np.convolve(x1, x2, mode)


@numpy.implement("flip")
def _flip(x: Array, axis: Any = None) -> Array:
    return np.flip(x, axis=axis)


# --- special values, where NumPy's differ from the standard's ---------------------------------------------------------


@numpy.implement("floor_divide")
def _floor_divide(x1: Array, x2: Array) -> Array:
    out = np.floor_divide(x1, x2)
    if out.dtype.kind != "f" or not (_has_infinity(x1) or _has_infinity(x2)):
        return out
    # NumPy pairs // with %, as Python does: inf // 2 is NaN and 1 // -inf is -1. The standard wants floor(x1 / x2).
    return np.where(np.isinf(x1) | np.isinf(x2), np.divide(x1, x2), out)


def _has_infinity(x: Array) -> bool:
    return bool(np.isinf(x).any()) if isinstance(x, np.ndarray) else math.isinf(x)


@numpy.implement("expm1")
def _expm1(x: Array) -> Array:
    out = np.expm1(x)
    if out.dtype.kind != "c":
        return out
    out = np.asarray(out)
    out.real += 0.0  # -0 for a real part of -0, where the standard wants 0
    if np.isfinite(x).all():
        return out
    return np.where(np.isfinite(x), out, np.exp(x) - 1)  # NumPy's exp has the special values of the C standard


@numpy.implement("tanh")
def _tanh(x: Array) -> Array:
    out = np.tanh(x)
    if out.dtype.kind != "c" or np.isfinite(x).all():
        return out
    # NumPy's imaginary part has the sign of sin(2 y), also where the limit is 0 from neither side.
    limit = np.empty_like(out)
    limit.real, limit.imag = np.copysign(1, np.real(x)), np.copysign(0, np.imag(x))
    return np.where(np.isinf(np.real(x)) & np.isfinite(np.imag(x)), limit, out)
