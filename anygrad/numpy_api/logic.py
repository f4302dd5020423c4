"""Questions about arrays, whose answers carry no gradient: Python's numbers where NumPy gives these."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.arrays.wrapper import Wrapper
from anygrad.core.kinds import is_complex, kind_of
from anygrad.core.primitive import Array
from anygrad.core.types import rank
from anygrad.numpy_api.registry import as_arrays, dtype_of, floating, implements, promoted, to_host

__all__: list[str] = []


# --- of shapes and dtypes ---------------------------------------------------------------------------------------------


@implements("shape", kind="plain")
def shape(a: Array) -> tuple[int, ...]:
    """The length of each axis."""
    return tuple(a.shape)


@implements("ndim", kind="plain")
def ndim(a: Array) -> int:
    """The number of axes."""
    return len(a.shape)


@implements("size", kind="plain")
def size(a: Array, axis: Any = None) -> int:
    """The number of elements, or along axes."""
    axes = range(len(a.shape)) if axis is None else (axis,) if isinstance(axis, Integral) else axis
    return int(np.prod([a.shape[i] for i in axes], dtype=np.int64))


def _dtype_of(x: Any) -> Any:
    """What NumPy's promotion makes of a value: a dtype, or a Python number."""
    return dtype_of(x) if rank(type(x)) >= 0 else x


@implements("result_type", arrays=0, kind="plain")
def result_type(*arrays_and_dtypes: Any) -> Any:
    """The dtype that arrays, dtypes and numbers are promoted to."""
    return np.result_type(*map(_dtype_of, arrays_and_dtypes))


@implements("can_cast", arrays=0, kind="plain")
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether a dtype can be converted to another."""
    return np.can_cast(_dtype_of(from_), to, casting)


@implements("common_type", arrays=0, kind="plain")
def common_type(*arrays: Any) -> Any:
    """The floating dtype that arrays have in common."""
    return np.common_type(*(np.empty(0, dtype=dtype_of(x)) for x in arrays))


@implements("min_scalar_type", kind="plain")
def min_scalar_type(a: Array) -> Any:
    """The dtype: that of a number alone may be smaller."""
    return np.min_scalar_type(to_host(a))


@implements("iscomplexobj", kind="plain")
def iscomplexobj(x: Array) -> bool:
    """Whether the dtype is complex."""
    return is_complex(x)


@implements("isrealobj", kind="plain")
def isrealobj(x: Array) -> bool:
    """Whether the dtype is not complex."""
    return not is_complex(x)


# --- of values --------------------------------------------------------------------------------------------------------


@implements("iscomplex", kind="plain")
def iscomplex(x: Array) -> Array:
    """Whether each element has an imaginary part."""
    return ag.imag(x) != 0 if is_complex(x) else ag.zeros_like(x, dtype=np.bool_)


@implements("isreal", kind="plain")
def isreal(x: Array) -> Array:
    """Whether each element has no imaginary part."""
    return ~iscomplex(x)


@implements("isposinf", kind="plain")
def isposinf(x: Array) -> Array:
    """Whether each element is infinite and positive."""
    return ag.isinf(x) & (x > 0)


@implements("isneginf", kind="plain")
def isneginf(x: Array) -> Array:
    """Whether each element is infinite and negative."""
    return ag.isinf(x) & (x < 0)


@implements("isclose", arrays=2, kind="plain")
def isclose(a: Array, b: Array, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Array:
    """Whether elements are equal within a tolerance."""
    a, b = promoted([floating(x) for x in as_arrays((a, b))])
    close = (ag.abs(a - b) <= atol + rtol * ag.abs(b)) & ag.isfinite(b) | (a == b)
    return close | (ag.isnan(a) & ag.isnan(b)) if equal_nan else close


@implements("allclose", arrays=2, kind="plain")
def allclose(a: Array, b: Array, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are equal within a tolerance."""
    return bool(ag.all(isclose(a, b, rtol, atol, equal_nan)))


@implements("array_equal", arrays=2, kind="plain")
def array_equal(a1: Array, a2: Array, equal_nan: bool = False) -> bool:
    """Whether shapes and all elements are equal."""
    if tuple(a1.shape) != tuple(a2.shape):
        return False
    a1, a2 = promoted((a1, a2))
    equal = a1 == a2
    if equal_nan and kind_of(a1.dtype) in "fc":
        equal = equal | (ag.isnan(a1) & ag.isnan(a2))
    return bool(ag.all(equal))


@implements("array_equiv", arrays=2, kind="plain")
def array_equiv(a1: Array, a2: Array) -> bool:
    """Whether all elements are equal where the shapes broadcast."""
    try:
        np.broadcast_shapes(tuple(a1.shape), tuple(a2.shape))
    except ValueError:
        return False
    a1, a2 = promoted((a1, a2))
    return bool(ag.all(a1 == a2))


# --- in print ---------------------------------------------------------------------------------------------------------


@implements("array_repr", kind="plain")
def array_repr(arr: Array, *args: Any, **options: Any) -> str:
    """The values as NumPy shows them."""
    return np.array_repr(to_host(arr), *args, **options)


@implements("array_str", kind="plain")
def array_str(a: Array, *args: Any, **options: Any) -> str:
    """The values as NumPy prints them."""
    return np.array_str(to_host(a), *args, **options)


@implements("array2string", kind="plain")
def array2string(a: Array, *args: Any, **options: Any) -> str:
    """The values as text."""
    return np.array2string(to_host(a), *args, **options)


# --- to files ---------------------------------------------------------------------------------------------------------


def _saver(name: str) -> Callable[..., None]:
    """NumPy's own function, of the values of arrays that carry no derivative; those that do refuse."""
    function = getattr(np, name)

    def save(file: Any, *arrays: Any, **options: Any) -> None:
        function(file, *map(_plain, arrays), **{key: _plain(value) for key, value in options.items()})

    save.__name__ = name
    return save


def _plain(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, Wrapper) else value


for _name in ("save", "savez", "savez_compressed", "savetxt"):
    implements(_name, arrays=0, kind="plain")(_saver(_name))
