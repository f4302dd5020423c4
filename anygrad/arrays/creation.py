"""Making arrays from nothing, on the default device or a named one: Tensors, or arrays like another array."""

from __future__ import annotations

import math
import numbers
import operator
from typing import Any

import numpy as np

from anygrad.arrays.above import above
from anygrad.arrays.device import resolve
from anygrad.backends import numpy_dtype
from anygrad.core.primitive import Array, describe
from anygrad.core.types import device_of, rank
from anygrad.ops import creation as like
from anygrad.ops.datatypes import astype
from anygrad.ops.joining import stack
from anygrad.ops.manipulation import broadcast_to
from anygrad.ops.transfer import to_device

__all__ = [
    "arange",
    "asarray",
    "constant",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]

Shape = int | tuple[int, ...]


# --- from what there is -----------------------------------------------------------------------------------------------


def asarray(obj: Any, /, *, dtype: Any = None, device: str | None = None, copy: bool | None = None) -> Array:
    """A Tensor of numbers, nested lists of numbers, or an array; a Tensor comes back as it is, gradient and all.

    Args:
        obj: what to make a Tensor of. An array's memory is shared where no other dtype or device is asked for. Arrays
            and Tensors in nested lists are stacked; their gradients travel back.
        dtype: the dtype to convert to; by default that of ``obj``.
        device: the device to move to; by default that of an array, and the default device for numbers.
        copy: True always copies, None does where it must, and False refuses where it must.

    Raises:
        TypeError, ValueError: as :class:`Tensor`; ValueError too if ``copy=False`` and a copy is needed.

    >>> ag.asarray([1.0, 2.0])
    Tensor([1., 2.])
    """
    if isinstance(obj, np.ndarray) and obj.dtype == object:  # as np.vectorize gives, of arrays with a derivative
        obj = obj.tolist()
    is_array = rank(type(obj)) >= 0
    if copy is False and not is_array:
        raise ValueError("asarray: copy=False, and a Python object cannot become an array without a copy")
    if not is_array:
        device_of_parts = _device_of_parts(obj)
        if device_of_parts is None:
            return above.tensor_type(obj, dtype=dtype, device=device)
        obj, copy = _stacked(obj, device_of_parts), None
    x = obj if rank(type(obj)) > 0 else above.tensor_type(obj)
    before = x.data
    if device is not None and (place := resolve(device)).name != x.device:
        x = to_device(x, place.name, source=x.device)
    if dtype is not None and np.dtype(dtype) != x.dtype:
        x = astype(x, np.dtype(dtype))
    if copy is False and x.data is not before:
        raise ValueError(
            f"asarray: copy=False, and another dtype or device needs a copy (dtype={dtype}, device={device})"
        )
    return (like.copy(x) if copy and x.data is before else x).unfrozen()


def constant(obj: Any, device: str) -> Array:
    """Numbers and nested lists of them as an array of a device's library; arrays in the lists are stacked.

    Beside an array under a transform no Tensor comes in that was not there: what goes in comes out.
    """
    return obj if rank(type(obj)) >= 0 else _stacked(obj, device)


def _device_of_parts(obj: Any) -> str | None:
    """The device of the first array in nested lists, None if they hold none."""
    if not isinstance(obj, list | tuple):
        return device_of(obj) if rank(type(obj)) >= 0 and not isinstance(obj, np.generic) else None
    return next((found for found in map(_device_of_parts, obj) if found is not None), None)


def _stacked(obj: Any, device: str) -> Array:
    if _device_of_parts(obj) is None:
        return above.tensor_type(obj, device=device).data
    if rank(type(obj)) >= 0:
        return obj
    parts = [_stacked(part, device) for part in obj]
    shapes = [tuple(part.shape) for part in parts]
    if len(set(shapes)) > 1:
        raise ValueError(f"asarray: obj must be a rectangular list, given one with parts of shapes {shapes}")
    dtypes = {numpy_dtype(part.dtype) for part in parts}
    if len(dtypes) > 1:  # which not every library mixes
        common = np.result_type(*dtypes)
        parts = [part if numpy_dtype(part.dtype) == common else astype(part, common) for part in parts]
    return stack(parts)


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Array:
    """A Tensor over an array of a known library, or of any other that speaks DLPack.

    Raises:
        TypeError: ``x`` does not speak DLPack.
        ValueError: ``copy=False`` and a copy is needed.

    >>> ag.from_dlpack(np.array([1.0, 2.0]))
    Tensor([1., 2.])
    """
    if rank(type(x)) < 0:
        if not hasattr(x, "__dlpack__"):
            raise TypeError(f"from_dlpack: x must be an array with a __dlpack__ method, given {describe(x)}")
        kind, _ = x.__dlpack_device__()
        home = "cuda" if int(kind) in CUDA_KINDS else "cpu"
        x = resolve(home).backend.namespace.from_dlpack(x)
    return asarray(x, device=device, copy=copy)


CUDA_KINDS = (2, 13)  # DLPack's numbers for memory on a CUDA device, and managed by CUDA


# --- from nothing -----------------------------------------------------------------------------------------------------


def zeros(shape: Shape, *, dtype: Any = None, device: str | None = None) -> Array:
    """Zeros, of the default floating dtype (float64) if none is given.

    >>> ag.zeros((2, 3)).shape
    (2, 3)
    """
    return _made("zeros", _lengths("zeros", shape), dtype=_floating(dtype), device=device)


def ones(shape: Shape, *, dtype: Any = None, device: str | None = None) -> Array:
    """Ones, of the default floating dtype (float64) if none is given.

    >>> ag.ones(3)
    Tensor([1., 1., 1.])
    """
    return _made("ones", _lengths("ones", shape), dtype=_floating(dtype), device=device)


def empty(shape: Shape, *, dtype: Any = None, device: str | None = None) -> Array:
    """An uninitialised Tensor, of the default floating dtype (float64) if none is given.

    >>> ag.empty((2, 2)).shape
    (2, 2)
    """
    return _made("empty", _lengths("empty", shape), dtype=_floating(dtype), device=device)


def full(shape: Shape, fill_value: Any, *, dtype: Any = None, device: str | None = None) -> Array:
    """One value everywhere, of that value's dtype if none is given; the gradient travels back to a 0-d Tensor.

    >>> ag.full(3, 7)
    Tensor([7, 7, 7])
    """
    if _is_array(fill_value):
        scalar = asarray(fill_value, dtype=dtype, device=device)
        return like.copy(broadcast_to(scalar, _lengths("full", shape))).unfrozen()
    value = _number("full", "fill_value", fill_value)
    inferred = np.asarray(fill_value).dtype if dtype is None else dtype
    return _made("full", _lengths("full", shape), value, dtype=inferred, device=device)


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: str | None = None
) -> Array:
    """The numbers from ``start`` up to but without ``stop``, by steps; ``arange(stop)`` starts at 0.

    Integers throughout give int64, any float among them float64, if no dtype is given.

    >>> ag.arange(3)
    Tensor([0, 1, 2])
    """
    if stop is None:
        start, stop = 0, start
    given = {"start": start, "stop": stop, "step": step}
    values = [_number("arange", name, value) for name, value in given.items()]
    for name, value in zip(given, values):
        if isinstance(value, complex) or not math.isfinite(value):
            raise ValueError(f"arange: {name} must be a finite real number, given {value!r}")
    if step == 0:
        raise ValueError(f"arange: step must not be zero, given {step!r}")
    inferred = np.int64 if all(isinstance(value, int) for value in values) else np.float64
    return _made("arange", *values, dtype=inferred if dtype is None else dtype, device=device)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: str | None = None, endpoint: bool = True
) -> Array:
    """``num`` numbers at even distances from ``start`` to ``stop``, with or without ``stop`` itself.

    Of the default floating dtype (float64, or complex128 if an end is complex) if none is given. Ends may be 0-d
    Tensors; the gradient travels back to them.

    >>> ag.linspace(0.0, 1.0, 3)
    Tensor([0. , 0.5, 1. ])
    """
    if _is_array(start) or _is_array(stop):
        place = device or device_of(start if _is_array(start) else stop)
        share = linspace(0.0, 1.0, num, device=place, endpoint=endpoint)
        made = start * (1 - share) + stop * share
        return made if dtype is None else astype(made, np.dtype(dtype))
    ends = [_number("linspace", name, value) for name, value in (("start", start), ("stop", stop))]
    (num,) = _lengths("linspace", num, "num")
    inferred = np.complex128 if any(isinstance(end, complex) for end in ends) else np.float64
    n = num if endpoint else num + 1
    made = _made("linspace", *ends, n, dtype=inferred if dtype is None else dtype, device=device)
    return made if endpoint else made[:num]


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: str | None = None
) -> Array:
    """A matrix with ones on diagonal ``k`` and zeros elsewhere, of float64 if no dtype is given.

    >>> ag.eye(2)
    Tensor([[1., 0.],
            [0., 1.]])
    """
    (rows,) = _lengths("eye", n_rows, "n_rows")
    (cols,) = (rows,) if n_cols is None else _lengths("eye", n_cols, "n_cols")
    return _made("eye", rows, cols, k=k, dtype=_floating(dtype), device=device)


# --- like another array -----------------------------------------------------------------------------------------------


def zeros_like(x: Array, /, *, dtype: Any = None, device: str | None = None) -> Array:
    """Zeros of an array's shape and dtype, on its device unless another is named.

    >>> ag.zeros_like(np.array([1.0, 2.0]))
    array([0., 0.])
    """
    return _moved(like.zeros_like(x, dtype=dtype), device)


def ones_like(x: Array, /, *, dtype: Any = None, device: str | None = None) -> Array:
    """Ones of an array's shape and dtype, on its device unless another is named.

    >>> ag.ones_like(np.array([3.0, 4.0]))
    array([1., 1.])
    """
    return _moved(like.ones_like(x, dtype=dtype), device)


def empty_like(x: Array, /, *, dtype: Any = None, device: str | None = None) -> Array:
    """An uninitialised array of an array's shape and dtype, on its device unless another is named.

    >>> ag.empty_like(np.ones((2, 3))).shape
    (2, 3)
    """
    return _moved(like.empty_like(x, dtype=dtype), device)


def full_like(x: Array, /, fill_value: Any, *, dtype: Any = None, device: str | None = None) -> Array:
    """An array of one value, of an array's shape and dtype, on its device unless another is named.

    The gradient travels back to a value that is a 0-d Tensor.

    >>> ag.full_like(np.array([1.0, 2.0]), 7)
    array([7., 7.])
    """
    if _is_array(fill_value):
        scalar = asarray(fill_value, dtype=x.dtype if dtype is None else dtype, device=device or device_of(x))
        return like.copy(broadcast_to(scalar, tuple(x.shape))).unfrozen()
    return _moved(like.full_like(x, _number("full_like", "fill_value", fill_value), dtype=dtype), device)


def _moved(x: Array, device: str | None) -> Array:
    return x if device is None else to_device(x, device, source=device_of(x))


# --- arguments --------------------------------------------------------------------------------------------------------


def _made(function: str, *args: Any, dtype: Any, device: str | None, **options: Any) -> Array:
    """A Tensor of what the namespace of a device's backend makes."""
    place = resolve(device)
    backend = place.backend
    native = backend.native_dtype(np.dtype(dtype))
    try:
        return above.tensor_type(backend.make(function, *args, dtype=native, short=place.short, **options))
    except (TypeError, ValueError) as error:
        given = ", ".join(map(repr, args))
        raise type(error)(f"{function}({given}, dtype={np.dtype(dtype).name}): {error}") from error


def _floating(dtype: Any) -> Any:
    return np.float64 if dtype is None else dtype


def _lengths(function: str, value: Any, name: str = "shape") -> tuple[int, ...]:
    """A shape, or a count, as a tuple of integers that are not negative."""
    try:
        lengths = tuple(map(operator.index, value)) if isinstance(value, tuple | list) else (operator.index(value),)
    except TypeError:
        kind = "an integer or a tuple of integers" if name == "shape" else "an integer"
        raise TypeError(f"{function}: {name} must be {kind}, given {describe(value)}") from None
    if min(lengths, default=0) < 0:
        raise ValueError(f"{function}: {name} must not be negative, given {value!r}")
    return lengths


def _is_array(value: Any) -> bool:
    """Whether a value is an array or a Tensor, rather than a number of Python's or NumPy's."""
    return rank(type(value)) >= 0 and not isinstance(value, np.generic)


def _number(function: str, name: str, value: Any) -> complex:
    """A Python number, of NumPy's scalars too, and of arrays of one element that carry no gradient."""
    if isinstance(value, np.generic) or (
        _is_array(value) and value.shape == () and not getattr(value, "requires_grad", False)
    ):
        value = value.item()
    if not isinstance(value, numbers.Number):
        raise TypeError(f"{function}: {name} must be a number, given {describe(value)}")
    return value  # type: ignore[return-value]
