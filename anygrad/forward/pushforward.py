"""From what an operation says it is to how tangents travel forward through it.

The counterpart of :mod:`anygrad.reverse.pullback`: elementwise, linear and bilinear operations need no rule of their
own, the others have ``forward_rules``. Everything is written in anygrad's operations, so it runs on whatever the
tangents are.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, Primitive
from anygrad.core.rules import is_product, parameters_of
from anygrad.core.types import rank
from anygrad.ops.creation import zeros_like
from anygrad.ops.datatypes import astype, promoted
from anygrad.ops.elementwise import add, chain, negative, real
from anygrad.ops.manipulation import broadcast_to

__all__ = ["Pushforward", "pushforward_of"]

Pushforward: TypeAlias = Callable[[Sequence[Any], Sequence[Any], dict[str, Any], Any], Any]
"""``push(operands, tangents, params, out)`` gives the tangent of ``out``. A tangent is None where it is zero."""


@functools.cache
def pushforward_of(op: Primitive) -> Pushforward:
    """The forward rule of a primitive.

    Raises:
        TypeError: the operation has no forward rule.
    """
    if op.forward_rules:
        return _by_rules(op)
    by_kind = {"elementwise": _elementwise, "linear": _linear, "bilinear": _bilinear}
    if op.kind not in by_kind:
        raise TypeError(f"{op.name} has no forward rule; give it one with {op.name}.jvp(...)")
    return by_kind[op.kind](op)


def _total(terms: Sequence[Any], out: Any) -> Any:
    """The sum of what the operands' tangents contribute, in the shape and dtype of the result."""
    if isinstance(out, tuple):
        return tuple(_total([term[i] for term in terms if term[i] is not None], part) for i, part in enumerate(out))
    if not terms:
        return None
    return _matched(functools.reduce(add, terms), out)


def _matched(t: Array, out: Array) -> Array:
    if t.dtype != out.dtype:
        t = astype(real(t) if is_complex(t) and not is_complex(out) else t, out.dtype)
    return t if t.shape == out.shape else broadcast_to(t, tuple(out.shape))


def _elementwise(op: Primitive) -> Pushforward:
    terms = [None if rule is None else _term(rule, (*op.operands, "out")) for rule in op.rules]

    def push(operands: Sequence[Any], tangents: Sequence[Any], params: dict[str, Any], out: Any) -> Any:
        values = [promoted(x, out.dtype) for x in (*operands, out)]
        pairs = zip(terms, tangents)
        return _total([term(t, values) for term, t in pairs if t is not None and term is not None], out)

    return push


def _term(rule: Any, slots: tuple[str, ...]) -> Callable[[Array, Sequence[Any]], Array]:
    """A partial derivative times a tangent, of what the slots hold."""
    if rule == 1:
        return lambda t, values: t
    if rule == -1:
        return lambda t, values: negative(t)
    indices = [slots.index(name) for name in parameters_of(rule)]
    if isinstance(rule, str):
        return lambda t, values: chain(t, values[indices[0]])
    if is_product(rule):
        return lambda t, values: rule(t, *[values[i] for i in indices])
    return lambda t, values: chain(t, rule(*[values[i] for i in indices]))


def _linear(op: Primitive) -> Pushforward:
    is_moved = (
        itertools.repeat(True)
        if op.variadic
        else [i < len(op.rules) and op.rules[i] is not None for i in range(len(op.operands))]
    )

    def push(operands: Sequence[Any], tangents: Sequence[Any], params: dict[str, Any], out: Any) -> Any:
        moved = [x if not moves else _zero(x) if t is None else t for x, t, moves in zip(operands, tangents, is_moved)]
        return _matched(op.apply(tuple(moved), params), out)

    return push


def _zero(x: Any) -> Any:
    return zeros_like(x) if rank(type(x)) >= 0 else type(x)(0)  # not x * 0, which is NaN for an infinite x


def _bilinear(op: Primitive) -> Pushforward:
    def push(operands: Sequence[Any], tangents: Sequence[Any], params: dict[str, Any], out: Any) -> Any:
        (x1, x2), (t1, t2) = operands, tangents
        pairs = [(x, y) for x, y, t in ((t1, x2, t1), (x1, t2, t2)) if t is not None]
        return _total([op.apply(pair, params) for pair in pairs], out)

    return push


def _by_rules(op: Primitive) -> Pushforward:
    rules = [None if rule is None else (rule, parameters_of(rule)) for rule in op.forward_rules]

    def push(operands: Sequence[Any], tangents: Sequence[Any], params: dict[str, Any], out: Any) -> Any:
        known = {**params, **dict(zip(op.operands, operands)), "out": out}
        known.update({f"{name}_shape": tuple(getattr(x, "shape", ())) for name, x in zip(op.operands, operands)})
        pairs = [(entry, t) for entry, t in zip(rules, tangents) if entry is not None and t is not None]
        return _total([rule(t, *[known[name] for name in names]) for (rule, names), t in pairs], out)

    return push
