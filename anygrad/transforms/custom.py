"""Functions with derivatives of their own: custom_vjp and custom_jvp."""

from __future__ import annotations

import abc
import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from anygrad.core.containers import emptied, flatten, mapped, matching, unflatten
from anygrad.core.types import rank
from anygrad.transforms._arguments import check_callable, name_of
from anygrad.transforms._rules import Arrays, ForwardRules, ReverseRules, Rules, apply, lending


class _Custom(abc.ABC):
    """A function whose arguments are flattened to arrays, and taken to its rules."""

    def __init__(self, f: Callable[..., Any], decorator: str) -> None:
        check_callable(f, decorator)
        functools.update_wrapper(self, f)
        self._f = f
        self._signature: inspect.Signature | None = None
        if not isinstance(f, np.ufunc):  # whose parameters are NumPy's own
            with contextlib.suppress(ValueError):  # of a function written in C
                self._signature = inspect.signature(f)

    @abc.abstractmethod
    def _rules(self, arguments: _Arguments) -> Rules:
        """The rules of one call."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        named = kwargs
        if self._signature is not None:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            args, named = bound.args, {name: x for name, x in bound.kwargs.items() if name in kwargs}
        name = name_of(self._f)
        if any(rank(type(x)) >= 0 for x in flatten(named)[0]):
            raise TypeError(
                f"{name}: an array given by name alone has no place in the rule of a function's own; make it positional"
            )
        arguments = _Arguments(name, args, named)
        with lending(name):
            return apply(self._rules(arguments), arguments.arrays(args))


class _Arguments:
    """The arguments of one call without their arrays, which would live as long as the graph does."""

    def __init__(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.name = name
        self._named = named
        self.structures = []
        self._leaves: list[Any] = []
        for argument in args:
            leaves, _, structure = flatten(argument)
            self.structures.append((emptied(structure), [rank(type(x)) >= 0 for x in leaves]))
            self._leaves += [None if rank(type(x)) >= 0 else x for x in leaves]
        self.are_arrays = [is_array for _, are_arrays in self.structures for is_array in are_arrays]

    def arrays(self, args: tuple[Any, ...]) -> list[Any]:
        """The arrays among some arguments."""
        leaves = [x for argument in args for x in flatten(argument)[0]]
        return [x for x, is_array in zip(leaves, self.are_arrays) if is_array]

    def around(self, arrays: Arrays) -> tuple[Any, ...]:
        """The arguments around other arrays, or what stands for these."""
        others = iter(arrays)
        leaves = iter([next(others) if is_array else x for x, is_array in zip(self._leaves, self.are_arrays)])
        return tuple(unflatten(structure, leaves) for structure, _ in self.structures)

    def called(self, f: Callable[..., Any], arrays: Arrays) -> Any:
        """What a function gives for the arguments around other arrays."""
        return f(*self.around(arrays), **self._named)


class custom_vjp(_Custom):
    """A function with a reverse rule of its own: a decorator.

    The rule has two halves, given with ``defvjp(fwd, bwd)``: ``fwd`` takes what the function takes and returns its
    value and whatever ``bwd`` needs; ``bwd(saved, cotangent)`` returns a tuple with the cotangent of each argument, of
    its structure, or None for zero. Forward mode uses the transpose of ``bwd``; higher derivatives differentiate both.

    Args:
        f: a function of arrays and containers of arrays. Whatever among its arguments is no array is constant; what is
            given by name alone is given to ``fwd`` too.

    Raises:
        TypeError: when called: ``defvjp`` was not, or ``f`` uses an array that a derivative travels with, and that is
            not among its arguments.

    >>> @ag.custom_vjp
    ... def clipped(x):
    ...     return ag.clip(x, -1.0, 1.0)
    >>> clipped.defvjp(lambda x: (clipped(x), None), lambda saved, g: (g,))
    >>> ag.grad(clipped)(3.0)
    array(1.)
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f, "custom_vjp")
        self._fwd: Callable[..., Any] | None = None
        self._bwd: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the two halves of the rule."""
        check_callable(fwd, "defvjp")
        check_callable(bwd, "defvjp")
        self._fwd, self._bwd = fwd, bwd

    def _rules(self, arguments: _Arguments) -> Rules:
        f, fwd, bwd, name = self._f, self._fwd, self._bwd, arguments.name
        if fwd is None or bwd is None:
            raise TypeError(f"{name}: give the rule with {name}.defvjp(fwd, bwd) before the first call")
        return ReverseRules(
            self,
            name,
            lambda *arrays: arguments.called(f, arrays),
            lambda *arrays: arguments.called(fwd, arrays),
            lambda saved, cotangent: _flat_cotangents(bwd(saved, cotangent), arguments),
        )


def _flat_cotangents(cotangents: Any, arguments: _Arguments) -> list[Any]:
    count = len(arguments.structures)
    if not isinstance(cotangents, tuple | list) or len(cotangents) != count:
        raise TypeError(f"{arguments.name}: bwd must return a tuple with a cotangent for each of {count} arguments")
    found = []
    for i, (c, (structure, are_arrays)) in enumerate(zip(cotangents, arguments.structures)):
        leaves = [None] * len(are_arrays) if c is None else matching(c, structure, f"cotangent {i}", f"argument {i}")
        found += [leaf for leaf, is_array in zip(leaves, are_arrays) if is_array]
    return found


class custom_jvp(_Custom):
    """A function with a forward rule of its own: a decorator.

    The rule is given with ``defjvp(rule)``: ``rule(primals, tangents)`` returns the function's value and its derivative
    in the direction of the tangents, in which it must be linear. Reverse mode uses the transpose.

    Args:
        f: a function of arrays and containers of arrays. Whatever among its arguments is no array is constant, and has
            the tangent None; what is given by name alone is given to ``rule`` too.

    Raises:
        TypeError: when called: ``defjvp`` was not, or ``f`` uses an array that a derivative travels with, and that is
            not among its arguments.

    >>> @ag.custom_jvp
    ... def log1pexp(x):
    ...     return ag.log1p(ag.exp(x))
    >>> log1pexp.defjvp(lambda primals, tangents: (log1pexp(*primals), tangents[0] / (1 + ag.exp(-primals[0]))))
    >>> ag.grad(log1pexp)(100.0)
    array(1.)
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f, "custom_jvp")
        self.by_loop = False  # whether f is called for each member under vmap, since it takes no Batch
        self._rule: Callable[..., Any] | None = None

    def defjvp(self, rule: Callable[..., Any]) -> None:
        """Set the rule."""
        check_callable(rule, "defjvp")
        self._rule = rule

    def _rules(self, arguments: _Arguments) -> Rules:
        f, rule, name = self._f, self._rule, arguments.name
        if rule is None:
            raise TypeError(f"{name}: give the rule with {name}.defjvp(rule) before the first call")

        def flat_rule(primals: Arrays, tangents: Arrays) -> tuple[Any, Any]:
            moved = mapped(lambda x: None if rank(type(x)) < 0 else x, arguments.around(tangents))
            return arguments.called(lambda *args, **named: rule(args, moved, **named), primals)  # type: ignore[no-any-return]

        return ForwardRules(self, name, lambda *arrays: arguments.called(f, arrays), flat_rule, self.by_loop)
