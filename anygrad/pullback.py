"""From what an operation says it is to how a cotangent travels back through it.

The cotangent ``g`` of a complex array is dL/d(re) + i dL/d(im), the direction of steepest ascent. Everything here is
written in anygrad's operations, so the same code runs on raw arrays and, to record a derivative, on Tensors.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from anygrad.ops.datatypes import astype, is_complex
from anygrad.ops.elementwise import chain, conj, multiply, negative, real
from anygrad.ops.indexing import Scatter
from anygrad.ops.manipulation import reshape
from anygrad.ops.reductions import sum
from anygrad.primitive import SCALARS, Array, Primitive

__all__ = ["Pullback", "pullback_of"]

Meta = tuple[tuple[int, ...], Any]


def match(g: Array, meta: Meta) -> Array:
    """Bring an operand's cotangent to the operand's own shape and dtype.

    Sums over the axes along which the operand was broadcast, takes the real part if the operand is real, and casts.
    """
    shape, dtype = meta
    if g.dtype != dtype:
        g = astype(real(g) if is_complex(g) and not _is_complex_dtype(dtype) else g, dtype)
    if g.shape != shape:
        added = len(g.shape) - len(shape)
        axes = tuple(range(added)) + tuple(
            i + added for i, n in enumerate(shape) if n == 1 and g.shape[i + added] != 1
        )
        g = reshape(sum(g, axis=axes), shape)
    return g


def _is_complex_dtype(dtype: Any) -> bool:
    return "complex" in str(dtype)


class Pullback:
    """The reverse rule of one primitive.

    Attributes:
        op: the primitive.
        saves: for each slot (the operands, then the output), the operands whose rule names it.
        fresh: whether each operand's rule makes an array of its own, which may be given away without a copy.
    """

    __slots__ = ("_rules", "fresh", "op", "saves")

    def __init__(self, op: Primitive) -> None:
        self.op = op
        slots = (*op.operands, "out")
        named = [_parameters(rule) for rule in op.rules]
        self.saves = tuple(frozenset(i for i, names in enumerate(named) if slot in names) for slot in slots)
        self.fresh = (op.kind == "bilinear",) * len(op.rules)
        self._rules = tuple(
            None if rule is None else (rule, tuple(_getter(name, op) for name in names))
            for rule, names in zip(op.rules, named)
        )

    def __call__(
        self, g: Array, parents: Sequence[Any], saved: tuple[Any, ...], params: dict[str, Any], shapes: Any
    ) -> Sequence[Any]:
        """The cotangents of the operands, None for those that have no parent."""
        if self.op.variadic:
            rule, getters = self._rules[0]  # type: ignore[misc]
            cotangents = rule(g, *[get(saved, params, shapes) for get in getters])
            return [c if p is None else _matched(c, meta) for c, p, meta in zip(cotangents, parents, shapes)]
        cotangents = []
        for entry, parent, meta in zip(self._rules, parents, shapes):
            if parent is None or entry is None:
                cotangents.append(None)
            else:
                rule, getters = entry
                cotangents.append(_matched(rule(g, *[get(saved, params, shapes) for get in getters]), meta))
        return cotangents

    def differentiable(self, i: int) -> bool:
        """Whether a gradient goes to operand i at all."""
        return self.op.variadic or (i < len(self._rules) and self._rules[i] is not None)


def _matched(c: Any, meta: Meta) -> Any:
    if type(c) is Scatter or (c.shape == meta[0] and c.dtype == meta[1]):
        return c
    return match(c, meta)


class ElementwisePullback(Pullback):
    """Partial times cotangent, operand by operand."""

    __slots__ = ("_partials",)

    def __init__(self, op: Primitive) -> None:
        super().__init__(op)
        self.fresh = tuple(callable(rule) or rule == -1 for rule in op.rules)
        self._partials = tuple(_partial(rule, op) for rule in op.rules)

    def __call__(
        self, g: Array, parents: Sequence[Any], saved: tuple[Any, ...], params: dict[str, Any], shapes: Any
    ) -> Sequence[Any]:
        if shapes is None:  # all operands have the output's shape and its real dtype
            return [None if p is None else partial(g, saved) for p, partial in zip(parents, self._partials)]
        return [
            None if p is None else match(partial(g, saved, is_complex(g) or is_complex_meta(shapes)), meta)
            for p, partial, meta in zip(parents, self._partials, shapes)
        ]


def is_complex_meta(shapes: Sequence[Meta | None]) -> bool:
    """Whether any operand that wants a gradient is complex."""
    return any(meta is not None and _is_complex_dtype(meta[1]) for meta in shapes)


def _partial(rule: Any, op: Primitive) -> Callable[..., Array]:
    """The function of cotangent and saved slots that applies one partial derivative."""
    if rule is None:
        return lambda g, saved, is_complex=False: None
    if rule == 1:
        return lambda g, saved, is_complex=False: g
    if rule == -1:
        return lambda g, saved, is_complex=False: negative(g)
    slots = (*op.operands, "out")
    indices = [slots.index(name) for name in _parameters(rule)]
    if len(indices) == 1:
        (only,) = indices
        return lambda g, saved, is_complex=False: _chained(g, rule(saved[only]), is_complex)
    return lambda g, saved, is_complex=False: _chained(g, rule(*[saved[i] for i in indices]), is_complex)


def _chained(g: Array, partial: Any, is_complex: bool) -> Array:
    if type(partial) in SCALARS:
        return multiply(g, partial.conjugate())
    return chain(g, conj(partial) if is_complex else partial)


def _parameters(rule: Any) -> tuple[str, ...]:
    """The names a rule asks for; of a rule that takes the cotangent, without its ``g``."""
    names = tuple(inspect.signature(rule).parameters) if callable(rule) else ()
    return names[1:] if names[:1] == ("g",) else names


def _getter(name: str, op: Primitive) -> Callable[[Any, Any, Any], Any]:
    slots = (*op.operands, "out")
    if name in slots:
        i = slots.index(name)
        return lambda saved, params, shapes: saved[i]
    if name in op.defaults:
        return lambda saved, params, shapes: params[name]
    operand = name.removesuffix("_shape")
    if operand == "arrays":
        return lambda saved, params, shapes: [meta[0] for meta in shapes]
    if operand not in op.operands or operand == name:
        raise TypeError(f"the rule of {op.name} asks for {name!r}, which is neither operand, parameter nor 'out'")
    i = op.operands.index(operand)
    return lambda saved, params, shapes: shapes[i][0]


_pullbacks: dict[str, Pullback] = {}


def pullback_of(op: Primitive) -> Pullback:
    """The pullback of a primitive, made when it is first recorded."""
    if op.name not in _pullbacks:
        _pullbacks[op.name] = (ElementwisePullback if op.kind == "elementwise" else Pullback)(op)
    return _pullbacks[op.name]
