"""Asking about dtypes, of arrays of every library and of Tensors, and changing them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anygrad.backends import Backend, Dtype, backend_of, numpy_dtype
from anygrad.core.primitive import Array, describe
from anygrad.core.types import SCALARS, device_of, rank
from anygrad.ops import datatypes
from anygrad.ops.transfer import to_device

__all__ = ["KINDS", "astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]

KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}
"""The standard's kinds of dtypes, by NumPy's letters for them."""


class FloatInfo(NamedTuple):
    """The limits of a floating dtype, as Python numbers; of a complex one those of its real and imaginary parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Dtype


class IntegerInfo(NamedTuple):
    """The limits of an integer dtype, as Python numbers."""

    bits: int
    max: int
    min: int
    dtype: Dtype


def astype(x: Array, dtype: Any, /, *, copy: bool = True, device: str | None = None) -> Array:
    """Convert an array to another dtype, on its device unless another is named.

    With ``copy=False`` an array that has the dtype, and is on the device, comes back itself.

    Raises:
        TypeError: ``x`` is complex and the dtype real.

    >>> ag.astype(ag.Tensor([1.5]), ag.int64)
    Tensor([1])
    """
    before, after = numpy_dtype(x.dtype), as_dtype("astype", "dtype", dtype)
    if before.kind == "c" and after.kind not in "cb":
        raise TypeError(
            f"astype: x is {before} and dtype the real {after}, which would drop the imaginary part; "
            f"convert anygrad.real(x) or anygrad.imag(x)"
        )
    if copy or before != after:
        x = datatypes.astype(x, after, copy=copy)
    return x if device is None or device == device_of(x) else to_device(x, device, source=device_of(x))


def result_type(*arrays_and_dtypes: Any) -> Dtype:
    """The dtype of an operation's result on arrays, dtypes and Python numbers.

    Where arrays of a library are among them its own rules of promotion hold, else NumPy's.

    Raises:
        TypeError: no argument is an array or a dtype, or dtypes that the library does not promote together.

    >>> ag.result_type(ag.float32, np.ones(2, dtype="float64"), 1)
    dtype('float64')
    """
    backend: Backend | None = None
    given: list[Any] = []
    for i, value in enumerate(arrays_and_dtypes):
        if type(value) in SCALARS:
            given.append(value)
            continue
        if rank(type(value)) >= 0:
            backend = backend_of(raw_of(value))
        given.append(as_dtype("result_type", f"arrays_and_dtypes[{i}]", value))
    if all(type(value) in SCALARS for value in given):
        raise TypeError(f"result_type: at least one argument must be an array or a dtype, given {arrays_and_dtypes}")
    if backend is None or backend.name == "numpy":
        return np.result_type(*given)
    native = [value if type(value) in SCALARS else backend.native_dtype(value) for value in given]
    return numpy_dtype(backend.namespace.result_type(*native))


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion takes a dtype, or an array's, to another: whether together they give that other one.

    >>> ag.can_cast(ag.float32, ag.float64), ag.can_cast(ag.float64, ag.float32)
    (True, False)
    """
    target = as_dtype("can_cast", "to", to)
    as_dtype("can_cast", "from_", from_)
    try:
        return result_type(from_, target) == target
    except TypeError:  # a library that does not promote the two together
        return False


def finfo(type: Any, /) -> FloatInfo:
    """The limits of a floating dtype, or of an array's, as Python numbers; ``dtype`` is real also for complex ones.

    Raises:
        TypeError: the dtype is not floating.

    >>> ag.finfo(ag.complex64).bits
    32
    """
    dtype = as_dtype("finfo", "type", type)
    if dtype.kind not in "fc":
        raise TypeError(f"finfo: type must be a floating dtype or an array of one, given {dtype}; see anygrad.iinfo")
    info = np.finfo(dtype)
    limits = (float(info.eps), float(info.max), float(info.min), float(info.smallest_normal))
    return FloatInfo(info.bits, *limits, np.dtype(info.dtype))


def iinfo(type: Any, /) -> IntegerInfo:
    """The limits of an integer dtype, or of an array's, as Python numbers.

    Raises:
        TypeError: the dtype is not an integer one.

    >>> ag.iinfo(ag.uint8).max
    255
    """
    dtype = as_dtype("iinfo", "type", type)
    if dtype.kind not in "iu":
        raise TypeError(f"iinfo: type must be an integer dtype or an array of one, given {dtype}; see anygrad.finfo")
    info = np.iinfo(dtype)
    return IntegerInfo(info.bits, int(info.max), int(info.min), dtype)


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is a given one or of a given kind, or one of several in a tuple.

    The kinds are ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``, ``"real floating"``,
    ``"complex floating"`` and ``"numeric"``.

    Raises:
        ValueError: there is no such kind.
        TypeError: ``dtype`` or ``kind`` is no dtype.

    >>> ag.isdtype(ag.float32, ("integral", "real floating"))
    True
    """
    asked = as_dtype("isdtype", "dtype", dtype)
    matches = [_is_of("isdtype", asked, one) for one in (kind if isinstance(kind, tuple) else (kind,))]
    return any(matches)


def _is_of(function: str, dtype: Dtype, kind: Any) -> bool:
    if not isinstance(kind, str):
        return dtype == as_dtype(function, "kind", kind)
    if kind not in KINDS:
        raise ValueError(f"{function}: kind must be a dtype or one of {', '.join(KINDS)}, given {kind!r}")
    return dtype.kind in KINDS[kind]


# --- arguments --------------------------------------------------------------------------------------------------------


def raw_of(x: Array) -> Array:
    """The library's own array at the bottom of any wrappers."""
    while rank(type(x)) > 0:
        x = x.data
    return x


def as_dtype(function: str, name: str, value: Any) -> Dtype:
    """The NumPy dtype meant by an argument: a dtype, NumPy's or a library's own, or an array that has one.

    Raises:
        TypeError: it is neither.
    """
    if rank(type(value)) >= 0:
        return numpy_dtype(value.dtype)
    dtype: Dtype
    try:
        if value is None:  # which NumPy would take for float64
            raise TypeError
        try:
            dtype = np.dtype(value)
        except TypeError:
            dtype = numpy_dtype(value)
    except TypeError:
        raise TypeError(f"{function}: {name} must be a dtype or an array, given {describe(value)}") from None
    if dtype.kind not in "biufc":
        raise TypeError(f"{function}: {name} must be a boolean or numeric dtype, given {dtype}")
    return dtype
