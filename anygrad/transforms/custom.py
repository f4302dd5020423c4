"""Functions with derivatives of their own: custom_vjp and custom_jvp."""

from __future__ import annotations

import abc
import functools
import inspect
from collections.abc import Callable
from typing import Any

from anygrad.core.containers import flatten, mapped, matching, unflatten
from anygrad.core.types import rank
from anygrad.transforms._arguments import check_callable, name_of
from anygrad.transforms._rules import Arrays, ForwardRules, ReverseRules, Rules, apply


class _Custom(abc.ABC):
    """A function whose arguments are flattened to arrays, and taken to its rules."""

    def __init__(self, f: Callable[..., Any], decorator: str) -> None:
        check_callable(f, decorator)
        functools.update_wrapper(self, f)
        self._f = f
        self._signature = inspect.signature(f)

    @abc.abstractmethod
    def _rules(self, name: str, rebuilt: Callable[[Arrays], tuple[Any, ...]]) -> Rules:
        """The rules of one call; ``rebuilt(arrays)`` gives the arguments around these arrays."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(
                f"{name_of(self._f)}: a function with a derivative of its own takes no keyword-only arguments"
            )
        leaves, _, structure = flatten(bound.args)
        places = [i for i, x in enumerate(leaves) if rank(type(x)) >= 0]

        def rebuilt(arrays: Arrays) -> tuple[Any, ...]:
            parts = list(leaves)
            for i, x in zip(places, arrays):
                parts[i] = x
            return tuple(unflatten(structure, parts))

        return apply(self._rules(name_of(self._f), rebuilt), [leaves[i] for i in places])


class custom_vjp(_Custom):
    """A function with a reverse rule of its own: a decorator.

    The rule has two halves, given with ``defvjp(fwd, bwd)``: ``fwd`` takes what the function takes and returns its
    value and whatever ``bwd`` needs; ``bwd(saved, cotangent)`` returns a tuple with the cotangent of each argument, of
    its structure, or None for zero. Forward mode uses the transpose of ``bwd``; higher derivatives differentiate both.

    Args:
        f: a function of arrays and containers of arrays. Whatever among its arguments is no array is constant.

    Raises:
        TypeError: when called: ``defvjp`` was not, or ``f`` uses a Tensor that is not among its arguments.

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

    def _rules(self, name: str, rebuilt: Callable[[Arrays], tuple[Any, ...]]) -> Rules:
        fwd, bwd = self._fwd, self._bwd
        if fwd is None or bwd is None:
            raise TypeError(f"{name}: give the rule with {name}.defvjp(fwd, bwd) before the first call")

        def flat_bwd(saved: Any, cotangent: Any) -> list[Any]:
            residuals, arguments = saved
            return _flat_cotangents(bwd(residuals, cotangent), arguments, name)

        def flat_fwd(*arrays: Any) -> tuple[Any, Any]:
            arguments = rebuilt(arrays)
            out, residuals = fwd(*arguments)
            return out, (residuals, _Kinds(arguments))

        return ReverseRules(name, lambda *arrays: self._f(*rebuilt(arrays)), flat_fwd, flat_bwd)


class _Kinds:
    """Which leaves of some arguments are arrays, held where the transforms do not look into it."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.of_each = []
        for argument in arguments:
            leaves, _, structure = flatten(argument)
            self.of_each.append((structure, [rank(type(x)) >= 0 for x in leaves]))


def _flat_cotangents(cotangents: Any, kinds: _Kinds, name: str) -> list[Any]:
    if not isinstance(cotangents, tuple | list) or len(cotangents) != len(kinds.of_each):
        raise TypeError(f"{name}: bwd must return a tuple with a cotangent for each of {len(kinds.of_each)} arguments")
    found = []
    for i, (c, (structure, are_arrays)) in enumerate(zip(cotangents, kinds.of_each)):
        is_zero = c is None
        leaves = [None] * len(are_arrays) if is_zero else matching(c, structure, f"cotangent {i}", f"argument {i}")
        found += [leaf for leaf, is_array in zip(leaves, are_arrays) if is_array]
    return found


class custom_jvp(_Custom):
    """A function with a forward rule of its own: a decorator.

    The rule is given with ``defjvp(rule)``: ``rule(primals, tangents)`` returns the function's value and its derivative
    in the direction of the tangents, in which it must be linear. Reverse mode uses the transpose.

    Args:
        f: a function of arrays and containers of arrays. Whatever among its arguments is no array is constant, and has
            the tangent None.

    Raises:
        TypeError: when called: ``defjvp`` was not, or ``f`` uses a Tensor that is not among its arguments.

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

    def _rules(self, name: str, rebuilt: Callable[[Arrays], tuple[Any, ...]]) -> Rules:
        rule = self._rule
        if rule is None:
            raise TypeError(f"{name}: give the rule with {name}.defjvp(rule) before the first call")

        def flat_rule(primals: Arrays, tangents: Arrays) -> tuple[Any, Any]:
            arguments = rebuilt(primals)
            moved = mapped(lambda x: None if rank(type(x)) < 0 else x, rebuilt(tangents))
            return rule(arguments, moved)  # type: ignore[no-any-return]

        return ForwardRules(name, lambda *arrays: self._f(*rebuilt(arrays)), flat_rule, self.by_loop)
