"""What the forward half of a rule saves for the other half: arrays in containers, and in whatever else."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from anygrad.batch.batch import Batch
from anygrad.core.containers import Structure, attributes_of, flatten, parts_of, register_container, unflatten
from anygrad.core.types import SCALARS, rank

__all__ = ["join", "opened", "split"]


class _Opened:
    """An object that is no container, as one of its attributes."""

    def __init__(self, example: Any, attributes: dict[str, Any]) -> None:
        self.example = example
        self.attributes = attributes


def _closed(parts: dict[str, Any]) -> Any:
    """An object like the example, of other attributes."""
    made = copy.copy(parts["example"])
    for name, value in parts["attributes"].items():
        object.__setattr__(made, name, value)
    return made


register_container(_Opened, vars, _closed, static=("example",))


def opened(value: Any) -> Any:
    """Containers, with objects that are none, and hold arrays in their attributes, as containers of these."""
    leaves, _, structure = flatten(value)
    return unflatten(structure, [_as_container(x) for x in leaves])


def _as_container(x: Any) -> Any:
    if type(x) in SCALARS or rank(type(x)) >= 0:
        return x
    inner = opened(attributes_of(x))
    return _Opened(x, inner) if any(rank(type(y)) >= 0 for y in flatten(inner)[0]) else x


class _Split:
    """What was saved for a batch: the arrays of members as whole arrays, and the rest as it is."""

    def __init__(self, leaves: list[Any], are_batched: Sequence[bool], structure: Structure) -> None:
        self.leaves = leaves
        self.are_batched = are_batched
        self.structure = structure


register_container(_Split, vars, lambda parts: _Split(**parts), static=("are_batched", "structure"))


def split(saved: Any, batch_type: type[Batch], what: str) -> _Split:
    """Take what was saved apart, at the end of the level of a batch.

    Raises:
        TypeError: a function among it uses an array of the batch.
    """
    _refuse_functions(saved, batch_type, what)
    leaves, _, structure = flatten(opened(saved))
    are_batched = [batch_type.is_of_level(x) for x in leaves]
    return _Split([x.data if batched else x for x, batched in zip(leaves, are_batched)], are_batched, structure)


def join(parts: _Split, batch_type: type[Batch]) -> Any:
    """What was saved, for the members of another level."""
    leaves = [batch_type(x) if batched else x for x, batched in zip(parts.leaves, parts.are_batched)]
    return unflatten(parts.structure, leaves)


def _refuse_functions(value: Any, batch_type: type[Batch], what: str) -> None:
    used: list[Any] = []
    if isinstance(value, FunctionType):
        used = [cell.cell_contents for cell in value.__closure__ or ()]
    elif isinstance(value, functools.partial):
        used = [value.func, *value.args, *value.keywords.values()]
    for x in used:
        if any(map(batch_type.is_of_level, flatten(x)[0])):
            raise TypeError(
                f"{what} is a function that uses an array under vmap; save the array, or containers of arrays, instead"
            )
    for x in used or [part for _, part in parts_of(value) or ()]:
        _refuse_functions(x, batch_type, what)
