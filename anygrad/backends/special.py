"""Where the special functions of a library come from: from its own module of them, else from SciPy on the host."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import rank

__all__ = ["scipy_special", "special_function"]


def scipy_special() -> ModuleType:
    """SciPy's special functions.

    Raises:
        ImportError: SciPy is not installed; the message has the pip command.
    """
    try:
        return importlib.import_module("scipy.special")
    except ImportError as error:
        raise ImportError(f"it needs SciPy ({error}); install it with: pip install scipy") from error


def special_function(backend: Any, op: Primitive) -> Implementation | None:
    """How a library runs a special function; None where anygrad's default does it, or nothing has it.

    Only elementwise functions are looked up: reductions take different arguments from library to library.
    """
    if op.kind != "elementwise":
        return None
    try:
        found: Implementation | None = getattr(backend.special, op.name, None)
    except ImportError:
        if op.default is None:
            raise
        return None
    if found is not None or op.default is not None:
        return found
    function = getattr(scipy_special(), op.name, None)
    return None if function is None else _on_the_host(backend, function)


def _on_the_host(backend: Any, function: Callable[..., Any]) -> Implementation:
    """A function of NumPy arrays as one of a library's arrays, whose result comes back to their device."""

    def run(*args: Any) -> Array:
        arrays = [rank(type(x)) == 0 for x in args]
        home = backend.device_of(next(x for x, is_array in zip(args, arrays) if is_array))
        device = next(short for short in backend.devices if backend.device_name(short) == home)
        result = function(*[backend.to_numpy(x) if is_array else x for x, is_array in zip(args, arrays)])
        return backend.asarray(np.asarray(result), None, device)

    return run
