"""What a function uses beside its arguments, as arguments of it.

The function runs on arrays of a level of their own, deeper than all others. What wrapper meets these there, comes from
outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from anygrad.arrays.levels import next_level
from anygrad.arrays.scalar import type_without_axes
from anygrad.arrays.wrapper import Wrapper, bottom, leaves_to, with_list
from anygrad.core.containers import mapped
from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import rank, register_type, scalar_results
from anygrad.transforms._arguments import name_of
from anygrad.transforms._rules import travelling

__all__ = ["found_in", "substituted"]


class _Search:
    """The arrays from outside that a function has used so far, and what to use in their place."""

    def __init__(self, given: Sequence[Any] | None = None) -> None:
        self.found: list[Any] = []
        self._places: dict[int, int] = {}
        self._given = given

    def of(self, x: Any) -> Any:
        """A value that is not made of the arguments, or what stands in its place."""
        if rank(type(x)) <= 0:
            return x
        place = self._places.setdefault(id(x), len(self.found))
        if place == len(self.found):
            self.found.append(x)
        return x if self._given is None else self._given[place]


class _Inner(Wrapper, is_family=True):
    """An array that is made of the arguments of a function."""

    __slots__ = ("__weakref__", "_view", "born", "data", "search")

    data: Array
    search: _Search

    def __init__(self, data: Array, search: _Search) -> None:
        self.data = data
        self.search = search
        self.born = self.place.level

    def __repr__(self) -> str:
        return repr(self.data)

    _described = "an argument of a function"

    def _holding(self, data: Any) -> _Inner:
        return self.array_type(data, self.search)  # type: ignore[no-any-return]

    def _twin(self) -> Any:
        twin = super()._twin()
        twin.search = self.search
        return twin


def _handler(op: Primitive, inner_type: type[_Inner]) -> Implementation:
    inner_type = inner_type.array_type
    scalar_type = type_without_axes(op, inner_type)
    is_binary = op.operands == ("x1", "x2")

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and (leaves_to(operands[1], inner_type.place.level) or isinstance(operands[0], list | tuple)):
            return with_list(op, *operands)
        search = next(x.search for x in operands if inner_type.is_of_level(x))
        held = tuple(x.data if inner_type.is_of_level(x) else search.of(x) for x in operands)
        return _wrapped(op.apply(held, params), search, inner_type, scalar_type)

    return run


def _wrapped(out: Any, search: _Search, inner_type: type[_Inner], scalar_type: type[_Inner]) -> Any:
    if isinstance(out, tuple):
        parts = [_wrapped(part, search, inner_type, scalar_type) for part in out]
        return type(out)(*parts) if hasattr(out, "_fields") else tuple(parts)
    if not hasattr(out, "shape"):
        return out
    if type(out) in scalar_results:
        out = scalar_results[type(out)](out)
    return (inner_type if out.shape else scalar_type)(out, search)


register_type(_Inner, _handler, lambda inner: inner.device)


def _run(f: Callable[..., Any], args: Sequence[Any], search: _Search) -> Any:
    with next_level(_Inner) as inner_type:
        out = f(*mapped(lambda x: inner_type(x, search) if rank(type(x)) >= 0 else x, list(args)))
        return mapped(lambda y: y.data if inner_type.is_of_level(y) else search.of(y), out)


def found_in(f: Callable[..., Any], *args: Any) -> list[Any]:
    """The wrappers that a function uses beside its arguments; of constants the arrays."""
    search = _Search()
    _run(f, args, search)
    return [x if travelling(x) else bottom(x) for x in search.found]


def substituted(f: Callable[..., Any], given: Sequence[Any]) -> Callable[..., Any]:
    """A function with other arrays in place of those that :func:`found_in` has found.

    Raises:
        RuntimeError: it uses more of them than it did.
    """
    if not given:
        return f

    def closed(*args: Any) -> Any:
        try:
            return _run(f, args, _Search(given))
        except IndexError as error:
            raise RuntimeError(
                f"{name_of(f)} must use the same arrays in each call; pass in what it does not always use"
            ) from error

    return closed
