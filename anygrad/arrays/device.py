"""Devices by name: ``"cpu"`` is NumPy, ``"cuda:1"`` CuPy, ``"torch:cpu"`` and the like any other backend."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import NamedTuple

from anygrad.backends import Backend, Dtype, backend_of, backends
from anygrad.core.primitive import Array
from anygrad.ops.transfer import to_device

__all__ = ["default_device", "device", "devices", "is_available", "set_default_device", "synchronize"]


class Place(NamedTuple):
    """A backend, and the short name of one of its devices."""

    backend: Backend
    short: str

    @property
    def name(self) -> str:
        """The full name of the device."""
        return self.backend.device_name(self.short)


def resolve(name: str | None = None) -> Place:
    """The backend and device that a name means; the default device for None.

    Raises:
        ValueError: no device has that name.
        ImportError: the device's library is not installed.
        RuntimeError: the library is there and the hardware is not.
        TypeError: the name is no string.
    """
    if name is None:
        return _default_place()
    if not isinstance(name, str):
        raise TypeError(f"device must be a name such as 'cpu' or 'cuda:1', given {name!r}")
    if name == "auto":
        name = "cuda" if is_available("cuda") else "cpu"
    head, _, short = name.partition(":")
    backend = {"cpu": backends["numpy"], "cuda": backends["cupy"]}.get(head) or backends.get(head)
    if backend is None:
        known = ["cpu", "cuda", *(b for b in backends if b not in ("numpy", "cupy"))]
        raise ValueError(f"unknown device {name!r}; the names are 'auto' and, with ':' and a device of theirs, {known}")
    try:
        found = backend.devices
        short = short or backend.default_device
    except ImportError as error:
        raise ImportError(f"device {name!r} asked for, but {error}; or use device 'cpu' or 'auto'") from error
    except RuntimeError as error:
        raise RuntimeError(f"device {name!r} asked for, but there is {error}; use device 'cpu' or 'auto'") from error
    if short not in found:
        names = [backend.device_name(s) for s in found]
        missing = backend.name == "cupy" and short.isdigit()  # a name that means something, on another machine
        raise (RuntimeError if missing else ValueError)(
            f"unknown device {name!r}; the devices of backend {backend.name!r} here: {names or 'none'}"
        )
    return Place(backend, short)


def _default_place() -> Place:
    name = default_device()
    try:
        return resolve(name)
    except (ImportError, RuntimeError, ValueError) as error:
        if name != os.environ.get(VARIABLE):
            raise
        raise type(error)(f"{error}; the name comes from the environment variable {VARIABLE}") from error


def move(array: Array, place: Place, dtype: Dtype | None = None, copy: bool | None = None) -> Array:
    """A raw array as one of the place's library, on its device."""
    backend = backend_of(array)
    if backend is not place.backend:
        array = backend.to_numpy(array)
    return place.backend.asarray(array, dtype, place.short, copy)


# --- the default device -----------------------------------------------------------------------------------------------


class _Default(threading.local):
    def __init__(self) -> None:
        self.stack: list[str] = []


VARIABLE = "ANYGRAD_DEVICE"
_process_default = [os.environ.get(VARIABLE) or "cpu"]
_default = _Default()


def default_device() -> str:
    """The name of the device on which Tensors are made where none is asked for.

    ``"cpu"``, unless the environment variable ``ANYGRAD_DEVICE``, :func:`set_default_device` or :class:`device` says
    otherwise.

    >>> ag.default_device()
    'cpu'
    """
    if _default.stack:
        return _default.stack[-1]
    if _process_default[0] == "auto":
        _process_default[0] = resolve("auto").name
    return _process_default[0]


def set_default_device(name: str) -> None:
    """Make a device the default of all threads.

    Raises:
        ValueError: no device has that name.
        ImportError: the device's library is not installed.
        RuntimeError: the library is there and the hardware is not.

    >>> ag.set_default_device("cpu")
    """
    _process_default[0] = resolve(name).name


class device:
    """Make a device the default of this thread for the length of a ``with``.

    Raises:
        ValueError, ImportError, RuntimeError: as :func:`set_default_device`, when the block is entered.

    >>> with ag.device("cpu"):
    ...     x = ag.Tensor([1.0, 2.0])
    >>> x.device
    'cpu'
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> str:
        name = resolve(self.name).name
        _default.stack.append(name)
        return name

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        _default.stack.pop()


# --- what there is ----------------------------------------------------------------------------------------------------


def is_available(name: str) -> bool:
    """Whether a device can be used here.

    >>> ag.is_available("cpu")
    True
    """
    try:
        resolve(name)
    except (ImportError, RuntimeError, ValueError):
        return False
    return True


def unavailable_reason(backend: Backend) -> str | None:
    """Why a backend cannot be used here, or None if it can."""
    try:
        return None if backend.devices else "it finds no device"
    except (ImportError, RuntimeError) as error:
        return str(error)


def devices() -> list[str]:
    """The names of all devices of this machine, on every installed library. Imports those libraries.

    >>> "cpu" in ag.devices()
    True
    """
    usable = [b for b in backends.values() if unavailable_reason(b) is None]
    return [b.device_name(short) for b in usable for short in b.devices]


def synchronize(name: str | None = None) -> None:
    """Wait for the work queued on a device, by default the default one: for timing, not for correctness.

    >>> ag.synchronize("cpu")
    """
    place = resolve(name)
    place.backend.synchronize(place.short)


def _to_device(x: Array, device: str, source: str) -> Array:
    return move(x, resolve(device))


to_device.default = _to_device
