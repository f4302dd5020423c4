"""Arrays within containers: what the transforms take as arguments and give as results.

A container is a tuple, list, dict, named tuple, dataclass instance, or an instance of a class told about by
:func:`register_container`. What is neither an array nor a number but part of what a model is, None, strings, functions
and classes, is an empty one, which is carried along. So are fields of dataclasses with ``metadata={"static": True}``.
Everything else is a leaf.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import enum
import functools
from collections.abc import Callable, Collection, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NamedTuple, TypeVar

from anygrad.core.primitive import Primitive
from anygrad.core.types import SCALARS, rank

__all__ = [
    "Structure",
    "attributes_of",
    "emptied",
    "flatten",
    "flatten_arguments",
    "mapped",
    "matching",
    "parts_of",
    "register_container",
    "unflatten",
]

C = TypeVar("C", bound=type)

CARRIED = (
    *(type(None), str, bytes, enum.Enum, type),
    *(FunctionType, BuiltinFunctionType, MethodType, functools.partial, Primitive),
)
"""What is no container of arrays, and is carried along."""


class _Registered(NamedTuple):
    """What is known of a class: how its parts are got, which are static, and how one is built from a like one."""

    flatten: Callable[[Any], dict[str, Any]]
    static: frozenset[str]
    unflatten: Callable[[dict[str, Any]], Any]


_registered: dict[type, _Registered] = {}


class Structure(NamedTuple):
    """The shape of nested containers.

    Attributes:
        example: the container itself, whose type and keys are what a like one is built from; None for a leaf.
        parts: the structures of its parts; None for a leaf.
        names: how each part is written after the container's name: ``[0]``, ``['w']``, ``.w``.
    """

    example: Any
    parts: tuple[Structure, ...] | None
    names: tuple[str, ...] = ()


LEAF = Structure(None, None)


def register_container(
    container: C,
    flatten: Callable[[Any], dict[str, Any]],
    unflatten: Callable[[dict[str, Any]], Any],
    *,
    static: Collection[str] = (),
) -> C:
    """Let the transforms look into instances of a class.

    Args:
        container: the class; its subclasses are leaves unless they are registered too.
        flatten: gives the parts of an instance by name.
        unflatten: builds an instance from parts of the same names.
        static: the names of parts that are no arrays, nor hold any: they are carried along, and equal in what belongs
            together, as a value and its tangent. Strings, functions, classes and None need not be named.

    Returns:
        The class.

    Raises:
        ValueError: the class is a container already.

    >>> class Line:
    ...     def __init__(self, slope, offset):
    ...         self.slope, self.offset = slope, offset
    >>> _ = ag.register_container(Line, vars, lambda parts: Line(**parts))
    >>> ag.grad(lambda line: line.slope * 3.0 + line.offset)(Line(2.0, 1.0)).slope
    array(3.)
    """
    if container in _registered or container in (tuple, list, dict):
        raise ValueError(f"register_container: {container.__name__} is a container already")
    _registered[container] = _Registered(flatten, frozenset(static), unflatten)
    return container


def parts_of(value: Any) -> list[tuple[str, Any]] | None:
    """The parts of a container, each with how it is written after the container's name; None for a leaf."""
    if value is None:
        return []
    kind = type(value)
    if rank(kind) >= 0 or kind in SCALARS:
        return None
    if kind in _registered:
        known = _registered[kind]
        return [(f".{name}", part) for name, part in known.flatten(value).items() if name not in known.static]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(f".{name}", getattr(value, name)) for name in value._fields]
    if kind in (tuple, list):
        return [(f"[{i}]", part) for i, part in enumerate(value)]
    if isinstance(value, dict):
        return [(name, value[key]) for key, name in _keys(value).items()]
    if is_carried(value):
        return []
    if dataclasses.is_dataclass(value):
        return [
            (f".{field.name}", getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.init and not field.metadata.get("static", False)
        ]
    return None


def _keys(value: dict[Any, Any]) -> dict[Any, str]:
    """The keys of a dict in order, as far as they have one, each with how it is written after the dict's name."""
    keys = list(value)
    if not keys:
        return {}
    if not isinstance(value, collections.OrderedDict):
        with contextlib.suppress(TypeError):
            keys.sort()
    names = {key: f"[{key!r}]" for key in keys}
    if len(set(names.values())) < len(keys):  # the hash is a key's wherever it stands
        names = {key: f"[{key!r} (hash {hash(key):x})]" for key in keys}
    if len(set(names.values())) < len(keys):
        names = {key: f"[{key!r} (key {i})]" for i, key in enumerate(keys)}
    return names


def is_carried(value: Any) -> bool:
    """Whether it is an empty container: what is no array and no number, but says what a model is."""
    return isinstance(value, CARRIED) or (callable(value) and not _may_hold_arrays(value))


def _may_hold_arrays(value: Any) -> bool:
    """Whether there may be arrays in an object that can be called."""
    kind = type(value)
    if kind in _registered or dataclasses.is_dataclass(value) or any(getattr(k, "__slots__", ()) for k in kind.__mro__):
        return True
    own = {name: x for name, x in getattr(value, "__dict__", {}).items() if not name.startswith("__")}
    return any(type(x) not in SCALARS for x in flatten(own)[0])


def attributes_of(value: Any) -> dict[str, Any]:
    """What an object that is no container holds: its attributes, in slots or not."""
    slots = [getattr(kind, "__slots__", ()) for kind in type(value).__mro__]
    names = [name for part in slots for name in ((part,) if isinstance(part, str) else part)]
    held = {name: getattr(value, name) for name in names if not name.startswith("__") and hasattr(value, name)}
    return {**getattr(value, "__dict__", {}), **held}


def _static_of(value: Any) -> Any:
    """What of a container is carried along: an empty one itself, or its static parts."""
    kind = type(value)
    if kind in _registered:
        known = _registered[kind]
        return {name: part for name, part in known.flatten(value).items() if name in known.static}
    if is_carried(value):
        return value
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: getattr(value, field.name) for field in fields if field.metadata.get("static", False)}
    return {}


def flatten(value: Any, name: str = "") -> tuple[list[Any], list[str], Structure]:
    """The leaves of nested containers, the path of each one, starting with a name, and the structure."""
    parts = parts_of(value)
    if parts is None:
        return [value], [name], LEAF
    leaves: list[Any] = []
    paths: list[str] = []
    structures = []
    for suffix, part in parts:
        found, found_paths, structure = flatten(part, name + suffix)
        leaves += found
        paths += found_paths
        structures.append(structure)
    return leaves, paths, Structure(value, tuple(structures), tuple(suffix for suffix, _ in parts))


def flatten_arguments(args: tuple[Any, ...]) -> tuple[list[Any], list[str], Structure]:
    """The leaves of a function's arguments, the path of each one such as ``argument 0['w']``, and the structure."""
    leaves: list[Any] = []
    paths: list[str] = []
    structures = []
    for i, argument in enumerate(args):
        found, found_paths, structure = flatten(argument, f"argument {i}")
        leaves += found
        paths += found_paths
        structures.append(structure)
    return leaves, paths, Structure(args, tuple(structures), tuple(f"[{i}]" for i in range(len(args))))


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """Nested containers of a structure around other leaves."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Structure, leaves: Any) -> Any:
    if structure.parts is None:
        return next(leaves)
    example = structure.example
    parts = [_unflatten(part, leaves) for part in structure.parts]
    kind = type(example)
    if is_carried(example):
        return example
    if kind in _registered:
        known = _registered[kind]
        named = {name[1:]: part for name, part in zip(structure.names, parts)}
        return known.unflatten({name: named.get(name, part) for name, part in known.flatten(example).items()})
    if kind in (tuple, list):
        return kind(parts)
    if isinstance(example, tuple):
        return kind(*parts)
    if isinstance(example, dict):
        rebuilt = example.copy()  # keeps the type, of a defaultdict also its factory
        rebuilt.update(zip(_keys(example), parts))
        return rebuilt
    return dataclasses.replace(example, **{name[1:]: part for name, part in zip(structure.names, parts)})


def emptied(structure: Structure) -> Structure:
    """The same structure, whose examples hold no leaves as far as these are Python's own containers."""
    example, parts, names = structure
    if parts is None:
        return structure
    kind = type(example)
    if kind in (tuple, list):
        example = kind()
    elif isinstance(example, tuple):
        example = kind(*[None] * len(parts))
    elif isinstance(example, dict):
        example = example.copy()
        example.update(dict.fromkeys(example))
    return Structure(example, tuple(map(emptied, parts)), names)


def mapped(function: Callable[..., Any], value: Any, *others: Any, name: str = "value") -> Any:
    """Nested containers with a function of corresponding leaves in place of each leaf.

    Raises:
        ValueError: containers of different structure; the message names where they differ.
    """
    leaves, _, structure = flatten(value, name)
    columns = [matching(other, structure, name, name) for other in others]
    return unflatten(structure, [function(*group) for group in zip(leaves, *columns)])


def matching(value: Any, structure: Structure, name: str, reference: str) -> list[Any]:
    """The leaves of containers that must have a structure.

    Raises:
        ValueError: they do not; the message names both sides at the first place where they differ.
    """
    if structure.parts is None:
        return [value]
    parts = parts_of(value)
    given = None if parts is None else dict(parts)
    if given is None or given.keys() != set(structure.names):
        shown = "no container" if given is None else f"a {type(value).__name__} of {', '.join(given) or 'nothing'}"
        raise ValueError(
            f"{name} must have the structure of {reference}, a {type(structure.example).__name__} of "
            f"{', '.join(structure.names) or 'nothing'}; given {shown}"
        )
    static, its_static = _static_of(structure.example), _static_of(value)
    if static is not None and its_static is not None and static != its_static:
        raise ValueError(f"{name} must have what is no array of {reference}, {static!r}; given {its_static!r}")
    leaves = []
    for suffix, inner in zip(structure.names, structure.parts):
        leaves += matching(given[suffix], inner, name + suffix, reference + suffix)
    return leaves
