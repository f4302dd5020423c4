"""Making Tensors from nothing, on the default device or a named one."""

from __future__ import annotations

from typing import Any

import numpy as np

from anygrad.device import resolve
from anygrad.primitive import rank
from anygrad.tensor import Tensor

__all__ = ["arange", "asarray", "empty", "eye", "from_dlpack", "full", "linspace", "ones", "zeros"]

Shape = int | tuple[int, ...]


def asarray(obj: Any, /, *, dtype: Any = None, device: str | None = None, copy: bool | None = None) -> Tensor:
    """A Tensor of numbers, nested lists of numbers, or an array; a Tensor comes back as it is, gradient and all.

    Raises:
        TypeError, ValueError: as :class:`Tensor`; ValueError too if ``copy=False`` and a copy is needed.

    >>> ag.asarray([1.0, 2.0])
    Tensor([1., 2.])
    """
    if copy is False and rank(type(obj)) < 0:
        raise ValueError("asarray: copy=False, and a Python object cannot become an array without a copy")
    x = obj if isinstance(obj, Tensor) else Tensor(obj)
    if device is not None:
        x = x.to(device)
    if dtype is not None:
        x = x.to(np.dtype(dtype))
    if copy is False and x is not obj and isinstance(obj, Tensor):
        raise ValueError(f"asarray: copy=False, and another dtype or device needs a copy (dtype={dtype}, device={device})")
    if copy and (x is obj or rank(type(obj)) >= 0):
        from anygrad.ops.creation import copy as copied

        x = copied(x)
    return x


def _made(function: str, *args: Any, dtype: Any, device: str | None, **options: Any) -> Tensor:
    """A Tensor of what the namespace of a device's backend makes."""
    place = resolve(device)
    backend = place.backend
    native = None if dtype is None else backend.native_dtype(np.dtype(dtype))
    make = getattr(backend.namespace, function)
    try:
        return Tensor(make(*args, dtype=native, device=backend.devices[place.short], **options))
    except (TypeError, ValueError) as error:
        given = ", ".join(map(repr, args))
        raise type(error)(f"{function}({given}): {error}") from error


def _floating(dtype: Any) -> Any:
    return np.float64 if dtype is None else dtype


def zeros(shape: Shape, *, dtype: Any = None, device: str | None = None) -> Tensor:
    """Zeros, of the default floating dtype (float64) if none is given.

    >>> ag.zeros((2, 3)).shape
    (2, 3)
    """
    return _made("zeros", shape, dtype=_floating(dtype), device=device)


def ones(shape: Shape, *, dtype: Any = None, device: str | None = None) -> Tensor:
    """Ones, of the default floating dtype (float64) if none is given.

    >>> ag.ones(3)
    Tensor([1., 1., 1.])
    """
    return _made("ones", shape, dtype=_floating(dtype), device=device)


def empty(shape: Shape, *, dtype: Any = None, device: str | None = None) -> Tensor:
    """An uninitialised Tensor, of the default floating dtype (float64) if none is given.

    >>> ag.empty((2, 2)).shape
    (2, 2)
    """
    return _made("empty", shape, dtype=_floating(dtype), device=device)


def full(shape: Shape, fill_value: complex, *, dtype: Any = None, device: str | None = None) -> Tensor:
    """One value everywhere, of that value's dtype if none is given.

    >>> ag.full(3, 7)
    Tensor([7, 7, 7])
    """
    inferred = np.asarray(fill_value).dtype if dtype is None else dtype
    return _made("full", shape, fill_value, dtype=inferred, device=device)


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: str | None = None
) -> Tensor:
    """The numbers from ``start`` up to but without ``stop``, by steps; ``arange(stop)`` starts at 0.

    >>> ag.arange(3)
    Tensor([0, 1, 2])
    """
    if stop is None:
        start, stop = 0, start
    integer = all(isinstance(v, int) for v in (start, stop, step))
    inferred = (np.int64 if integer else np.float64) if dtype is None else dtype
    return _made("arange", start, stop, step, dtype=inferred, device=device)


def linspace(
    start: complex, stop: complex, /, num: int, *, dtype: Any = None, device: str | None = None, endpoint: bool = True
) -> Tensor:
    """``num`` numbers at even distances from ``start`` to ``stop``.

    >>> ag.linspace(0.0, 1.0, 3)
    Tensor([0. , 0.5, 1. ])
    """
    return _made("linspace", start, stop, num, dtype=_floating(dtype), device=device, endpoint=endpoint)


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: str | None = None
) -> Tensor:
    """A matrix with ones on diagonal ``k`` and zeros elsewhere.

    >>> ag.eye(2)
    Tensor([[1., 0.],
            [0., 1.]])
    """
    return _made("eye", n_rows, n_cols, k=k, dtype=_floating(dtype), device=device)


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Tensor:
    """A Tensor over an array of a known library, or of any other that speaks DLPack.

    >>> ag.from_dlpack(np.array([1.0, 2.0]))
    Tensor([1., 2.])
    """
    if rank(type(x)) < 0:
        x = np.from_dlpack(x)
    return asarray(x, device=device, copy=copy)
