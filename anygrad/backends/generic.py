"""What every library gets by default: the few operations the array API standard lacks, written in the standard.

They are right on any library and fast on none; a backend overrides those that matter to it.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from anygrad.primitive import Array

if TYPE_CHECKING:
    from anygrad.backends import Backend

__all__ = ["library", "supply_defaults"]


def library(module: str) -> Callable[[], ModuleType]:
    """A function that imports a module when a backend is first used."""
    return lambda: importlib.import_module(module)


def supply_defaults(backend: Backend) -> None:
    """Implement on a backend, in the standard's own functions, what the standard does not name."""
    xp = backend.namespace

    def new_zeros(x: Array, shape: tuple[int, ...]) -> Array:
        return xp.zeros(shape, dtype=x.dtype, device=x.device)

    def new_arange(x: Array, n: int) -> Array:
        return xp.arange(n, dtype=xp.int64, device=x.device)

    def copy(x: Array) -> Array:
        return xp.asarray(x, copy=True)

    def getitem(x: Array, key: Any) -> Array:
        """Index with what the standard allows: by a mask or by linear positions where the key mixes arrays in."""
        if not _has_array(key) or _is_mask(key):
            return x[key]
        return xp.reshape(xp.take(xp.reshape(x, (-1,)), xp.reshape(positions(x, key), (-1,))), positions(x, key).shape)

    def positions(x: Array, key: Any) -> Array:
        """The positions in the flattened array that a key reads, worked out on the host from the key alone."""
        on_host = _mapped(key, backend.to_numpy)
        read = np.arange(int(np.prod(x.shape))).reshape(x.shape)[on_host]
        return xp.asarray(np.asarray(read), dtype=xp.int64, device=x.device)

    def write(x: Array, values: Array, key: Any, combine: Callable[[Array, Array], Array]) -> Array:
        out = copy(x)
        if not _has_array(key):
            out[key] = combine(out[key], values)
            return out
        at = positions(x, key)
        flat = xp.reshape(out, (-1,))
        values = xp.asarray(values, dtype=x.dtype, device=x.device)
        values = xp.reshape(xp.broadcast_to(values, at.shape), (-1,))
        for i, position in enumerate(backend.to_numpy(at).ravel().tolist()):
            flat[position] = combine(flat[position], values[i])
        return xp.reshape(flat, x.shape)

    def index_set(x: Array, values: Array, key: Any) -> Array:
        return write(x, values, key, lambda old, new: new)

    def index_add(x: Array, values: Array, key: Any) -> Array:
        return write(x, values, key, operator.add)

    for function in (new_zeros, new_arange, copy, getitem, index_set, index_add):
        backend.overrides.setdefault(function.__name__, function)
    if backend.mutable:
        backend.overrides.setdefault("iadd", operator.iadd)


def _parts(key: Any) -> Iterable[Any]:
    return key if isinstance(key, tuple) else (key,)


def _has_array(key: Any) -> bool:
    return any(hasattr(part, "shape") and part.shape != () for part in _parts(key))


def _is_mask(key: Any) -> bool:
    return all("bool" in str(part.dtype) for part in _parts(key) if hasattr(part, "dtype")) and not isinstance(key, tuple)


def _mapped(key: Any, function: Callable[[Any], Any]) -> Any:
    parts = tuple(function(part) if hasattr(part, "shape") else part for part in _parts(key))
    return parts if isinstance(key, tuple) else parts[0]
