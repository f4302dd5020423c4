"""Errors of operations, which name the operation and what it was given."""

from __future__ import annotations

import contextlib
from typing import Any, NoReturn, Protocol

from anygrad.core.types import device_of

__all__ = ["describe", "explain"]


class Operation(Protocol):
    """What is asked of a :class:`~anygrad.core.primitive.Primitive` here."""

    name: str
    operands: tuple[str, ...]
    defaults: dict[str, Any]
    variadic: bool


def describe(value: Any) -> str:
    """A value as an error message shows it: an array by dtype and shape, all else by its repr."""
    if hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type):
        return f"{str(value.dtype).rpartition('.')[2]}{tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _devices_of(operands: tuple[Any, ...]) -> list[str]:
    """The names of the devices of some operands, as far as their libraries can tell."""
    found = set()
    for operand in operands:
        with contextlib.suppress(Exception):  # an error is being explained; this one must not hide it
            found.add(device_of(operand))
    return sorted(found)


def explain(op: Operation, operands: tuple[Any, ...], params: dict[str, Any], error: Exception) -> NoReturn:
    """Raise the error again, of the same kind, naming the operation and what it was given."""
    if getattr(error, "explained", False):
        try:
            raise error
        finally:
            del error  # whose traceback holds this frame
    names = [f"{op.operands[0]}[{i}]" for i in range(len(operands))] if op.variadic else op.operands
    given = [f"{n}={describe(v)}" for n, v in zip(names, operands)]
    given += [f"{n}={describe(v)}" for n, v in params.items() if v is not op.defaults.get(n)]
    message = f"{op.name}({', '.join(given)}): {error}"
    kind = type(error)
    devices = _devices_of(operands)
    if len(devices) > 1:
        kind = ValueError
        message = (
            f"{op.name}({', '.join(given)}): operands live on different devices, {' and '.join(map(repr, devices))}; "
            f"move one with .to({devices[0]!r})"
        )
    raised: Exception
    try:
        raised = kind(message)
    except TypeError:  # an exception class that does not take one message
        builtins = (IndexError, ValueError, TypeError, RuntimeError)
        raised = next((k for k in builtins if isinstance(error, k)), RuntimeError)(message)
    raised.explained = True  # type: ignore[attr-defined]
    try:
        raise raised from error
    finally:
        del raised, error  # whose tracebacks hold this frame: a cycle, and with it all that the operation was given
