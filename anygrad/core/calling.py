"""How a primitive is called: by a function written for its signature.

Sorting the arguments of a call into operands and parameters takes longer than an operation on a small array. Python
does it at no cost where a function has the signature itself, so each primitive gets such a function as its
``__call__``: the implementation for the operands' type is one look-up away. A training step of a small network takes
0.83 of the time.

Calls that are not plain, and all that is wrong with a call, go to
:meth:`~anygrad.core.primitive.Primitive.apply`, which resolves operands of different types and explains errors.
"""

from __future__ import annotations

import inspect
import itertools
import linecache
import operator
import os
from collections.abc import Callable
from typing import Any, Protocol

from anygrad.core.kinds import kind_of
from anygrad.core.types import ranks, scalar_results

__all__ = ["MISSING", "adaptor", "caller", "in_python", "written"]

MISSING = inspect.Parameter.empty

COUNTS = frozenset(("axis", "axes", "shape", "shift", "offset", "ord", "correction", "k", "n", "s", "lengths"))
"""The static parameters that are lengths, axes and other numbers, which NumPy's scalars may stand for."""
PLAIN = frozenset((int, float, tuple, str, type(None)))
"""The types of such parameters that every library takes as they are."""


class Operation(Protocol):
    """What is asked of a :class:`~anygrad.core.primitive.Primitive` here."""

    name: str
    operands: tuple[str, ...]
    defaults: dict[str, Any]
    positional: tuple[str, ...]
    variadic: bool
    outputs: type | None
    table: Any
    door: Any
    __signature__: inspect.Signature


TEMPLATE = """
def __call__({signature}):
    if unnamed or unknown:
        self.refuse_arguments(({positional}*unnamed), {{{keywords}**unknown}})
    kind = type({first}){or_second}
    if {is_plain}:
        try:
            {result} table[kind]({arguments})
        except Exception as error:
            if getattr(error, "explained", False):
                raise{linked}
    return self.called(({operands}), {{{parameters}}})
"""
LINKED = """
        else:
            return slots.link(self, {0}, out, ({1}), {{{2}}}) if ranks[kind] > 0 else out"""
OR_SECOND = """
    if kind is not type({0}) and kind in scalars:
        kind = type({0})"""


def caller(op: Operation, scalars: tuple[type, ...], **names_of_views: Any) -> Callable[..., Any]:
    """The function behind calls of a primitive; of a view operation with what its results are linked by."""
    names = op.operands
    by_place, by_keyword = _parameters(op)
    given = _defaults(op)
    same = [f"(type({x}) is kind or type({x}) in scalars)" for x in names[1:]]
    same += ["(type(key) is int or type(key) is slice)"] if "key" in op.defaults and op.door is not None else []
    same += [f"type({x}) in plain" for x in op.defaults if x in COUNTS]
    parameters = ", ".join(f"{x!r}: {x}" for x in op.defaults)
    lines = TEMPLATE.format(
        result="out =" if names_of_views else "return",
        linked=LINKED.format(names[0], "".join(f"{x}, " for x in names[1:]), parameters) if names_of_views else "",
        signature=", ".join(
            ["self", *(f"{x}=given[{x!r}]" for x in names), "/", *by_place, "*unnamed", *by_keyword, "**unknown"]
        ),
        positional="".join(f"{x}, " for x in (*names, *op.positional)),
        keywords="".join(f"{x!r}: {x}, " for x in op.defaults if x not in op.positional),
        first=names[0],
        is_plain="False" if op.variadic or op.outputs is not None else " and ".join(same) or "True",
        arguments=", ".join([*names, *(f"{x}={x}" for x in op.defaults)]),
        or_second=OR_SECOND.format(names[1]) if len(names) == 2 else "",
        operands="".join(f"{x}, " for x in names),
        parameters=parameters,
    )
    return written(lines, "__call__", op, given=given, table=op.table, scalars=scalars, plain=PLAIN, **names_of_views)


ADAPTOR = """
def {name}({signature}):
    return function({arguments})
"""


def adaptor(op: Operation, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a primitive's signature that calls another one with all parameters by name."""
    by_place, by_keyword = _parameters(op)
    lines = ADAPTOR.format(
        name=op.name,
        signature=", ".join([*op.operands, "/", *by_place, *(["*", *by_keyword] if by_keyword else [])]),
        arguments=", ".join([*op.operands, *(f"{x}={x}" for x in op.defaults)]),
    )
    return written(lines, op.name, op, given=_defaults(op), function=function)


def _parameters(op: Operation) -> tuple[list[str], list[str]]:
    """Static parameters as a signature has them: those that may be given by their place, and the others."""
    texts = [f"{name}=given[{name!r}]" for name in op.defaults]
    return texts[: len(op.positional)], texts[len(op.positional) :]


def _defaults(op: Operation) -> dict[str, Any]:
    return {p.name: p.default for p in op.__signature__.parameters.values()}


def _place(title: str, source: str) -> str:
    """The path of a source that no file holds, by which a traceback finds its lines."""
    lines = source.splitlines(keepends=True)
    for number in itertools.count(1):
        place = os.path.join(os.path.dirname(__file__), f"<{title}>" if number == 1 else f"<{title} ({number})>")
        linecache.cache.setdefault(place, (len(source), None, lines, place))
        if linecache.getlines(place) == lines:
            break
    return place


def written(source: str, name: str, op: Operation, /, **namespace: Any) -> Callable[..., Any]:
    """A function of a primitive, from its source and the names in it."""
    place = _place(f"{name} of {op.name}", source)
    exec(compile(source, place, "exec"), namespace)
    function: Callable[..., Any] = namespace.pop(name)  # which it would hold in a cycle
    return function


# --- static parameters that are numbers -------------------------------------------------------------------------------


def in_python(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters with Python's numbers, for libraries other than NumPy do not all take NumPy's."""
    return {name: _plain(value) if name in COUNTS else value for name, value in params.items()}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is tuple or kind is list:
        return tuple(map(_plain, value))
    if kind in PLAIN or value is MISSING:
        return value
    if kind in scalar_results:
        return value.item()
    if ranks[kind] < 0:
        return operator.index(value) if hasattr(kind, "__index__") else value
    if kind_of(value.dtype) != "i" or len(value.shape) > 1:
        return value
    return tuple(map(operator.index, value)) if value.shape else operator.index(value)
