"""What the namespace can do on a device, in the words of the array API standard."""

from __future__ import annotations

from typing import Any

import numpy as np

from anygrad.arrays.device import resolve
from anygrad.arrays.dtypes import KINDS
from anygrad.backends import Dtype

__all__ = ["Info", "__array_namespace_info__"]

NAMES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
DTYPES = tuple(map(np.dtype, NAMES.split(" ")))
DEFAULTS = {"real floating": "float64", "complex floating": "complex128", "integral": "int64", "indexing": "int64"}


class Info:
    """What :func:`anygrad.__array_namespace_info__` gives."""

    __slots__ = ()

    def capabilities(self) -> dict[str, Any]:
        """Whether the default device's library has boolean indexing and shapes that depend on data; its most axes."""
        found = {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}
        own = _own(None)
        return found if own is None else {**found, **own.capabilities()}

    def default_device(self) -> str:
        """The name of the device on which arrays are made where none is asked for."""
        return resolve().name

    def devices(self) -> tuple[str, ...]:
        """The devices of the default device's library; :func:`anygrad.devices` lists those of every library."""
        backend = resolve().backend
        return tuple(backend.device_name(short) for short in backend.devices)

    def default_dtypes(self, *, device: str | None = None) -> dict[str, Dtype]:
        """The dtype that each kind has where none is asked for, on a device, by default the default one."""
        supported = self.dtypes(device=device)
        shorter = {"float64": "float32", "complex128": "complex64", "int64": "int32"}
        return {kind: supported.get(name) or np.dtype(shorter[name]) for kind, name in DEFAULTS.items()}

    def dtypes(self, *, device: str | None = None, kind: str | tuple[str, ...] | None = None) -> dict[str, Dtype]:
        """The standard's dtypes that a device supports, all or those of a kind or several, by name.

        Raises:
            ValueError: there is no such kind or device.
        """
        kinds = tuple(KINDS) if kind is None else kind if isinstance(kind, tuple) else (kind,)
        for name in kinds:
            if name not in KINDS:
                raise ValueError(f"dtypes: kind must be one of {', '.join(KINDS)}, or a tuple of them, given {name!r}")
        letters = "".join(KINDS[name] for name in kinds)
        place = resolve(device)
        own = _own(device)
        names = vars(place.backend.namespace) if own is None else own.dtypes(device=place.backend.devices[place.short])
        return {dtype.name: dtype for dtype in DTYPES if dtype.kind in letters and dtype.name in names}


def _own(device: str | None) -> Any:
    """The information that the library of a device gives of itself, or None."""
    give = getattr(resolve(device).backend.namespace, "__array_namespace_info__", None)
    return None if give is None else give()


def __array_namespace_info__() -> Info:  # noqa: N807  the standard's name
    """The capabilities, devices and dtypes of the namespace, as the array API standard asks about them.

    >>> ag.__array_namespace_info__().default_device()
    'cpu'
    """
    return Info()
