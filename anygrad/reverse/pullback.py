"""From what an operation says it is to how a cotangent travels back through it.

The cotangent ``g`` of a complex array is dL/d(re) + i dL/d(im), the direction of steepest ascent. Everything here is
written in anygrad's operations, so the same code runs on raw arrays and, to record a derivative, on Tensors.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from anygrad.core.calling import written
from anygrad.core.kinds import is_complex, kinds
from anygrad.core.primitive import Array, Primitive, describe, forgetting
from anygrad.core.rules import is_product, parameters_of
from anygrad.core.specializing import places, specialized
from anygrad.core.types import SCALARS, library_types, rank
from anygrad.ops.datatypes import astype, promoted
from anygrad.ops.elementwise import add, chain, conj, may_have_zero, multiply, negative, positive, real
from anygrad.ops.indexing import Scatter
from anygrad.ops.manipulation import reshape
from anygrad.ops.reductions import sum
from anygrad.ops.transfer import to_device

__all__ = [
    "Cotangents",
    "ElementwisePullback",
    "JoinPullback",
    "Pullback",
    "match",
    "of_its_own",
    "pullback_of",
]

Meta = tuple[tuple[int, ...], Any]
Run = Callable[..., Sequence[Any]]

places.append(__name__)


def match(g: Array, meta: Meta) -> Array:
    """Bring an operand's cotangent to the operand's own shape and dtype.

    Sums over the axes along which the operand was broadcast, takes the real part if the operand is real, and casts.
    """
    shape, dtype = meta
    if type(g) is Scatter:
        return g
    if g.dtype != dtype:
        g = astype(real(g) if is_complex(g) and kinds[dtype] != "c" else g, dtype)
    if g.shape != shape:
        added = len(g.shape) - len(shape)
        if added < 0:  # what was assigned has leading axes of length 1
            return reshape(match(g, (shape[-added:], dtype)), shape)
        axes = tuple(range(added))
        if 1 in shape:
            axes += tuple(i + added for i, n in enumerate(shape) if n == 1 and g.shape[i + added] != 1)
        g = sum(g, axis=axes)
        if g.shape != shape:
            g = reshape(g, shape)
    return g


EACH = """
def run(g, parents, saved, node):
    if not ({are_known}):
        return general(g, parents, saved, node)
    params, shapes = node.params, node.shapes
    return ({cotangents})
"""
MATCHED = "(c if (c := {1}).shape == shapes[{0}][0] and c.dtype == shapes[{0}][1] else matched(c, shapes[{0}]))"
OF_ALL = """
def run(g, parents, saved, node):
    if not ({are_known}):
        return general(g, parents, saved, node)
    params, shapes = node.params, node.shapes
    cotangents = rules[0]({arguments})
    return [None if p is None else matched(c, meta) for c, p, meta in zip(cotangents, parents, shapes)]
"""


class Pullback:
    """The reverse rule of one primitive.

    Attributes:
        op: the primitive.
        saves: for each slot (the operands, then the output), the operands whose rule names it.
        output: what joins the cotangents of several results, where there are several.
        fresh: the operation's :attr:`~anygrad.core.primitive.Primitive.fresh`.
        runs: :attr:`run` by the type of ``g``: for a library's own arrays a function that is bound to them.
        follows_rules: whether it does what the operation's rules say and nothing else: not those that look on, or are a
            function's.
    """

    __slots__ = ("_run", "follows_rules", "fresh", "op", "output", "runs", "saves")

    fresh: bool
    runs: dict[type, Run]
    output: OutputPullback
    _run: Run | None

    def __init__(self, op: Primitive) -> None:
        self.op = op
        self.follows_rules = op is not to_device  # whose rule gives arrays of another library
        self.fresh = op.fresh
        slots = (*op.operands, "out")
        named = [parameters_of(rule) for rule in op.rules]
        self.saves = tuple(frozenset(i for i, names in enumerate(named) if slot in names) for slot in slots)
        self._run = None  # written when it is first asked for, so that importing anygrad takes 3 ms less
        self.runs = _Runs(self)
        if op.outputs is not None:
            self.output = OutputPullback(op, len(op.outputs._fields))  # type: ignore[attr-defined]  # a named tuple

    @property
    def run(self) -> Run:
        """``run(g, parents, saved, node)`` gives the operands' cotangents, None for those without a parent."""
        if self._run is None:
            self._run = self._written(lambda function: function, None)
        return self._run

    def _runs_by(self, op: Any, run: Run) -> None:
        """Be a pullback that no rules of a primitive are behind."""
        self.op = op
        self.follows_rules = False
        self.saves = ()
        self.fresh = False
        self._run = run
        self.runs = _Same(run)

    def run_for(self, kind: type) -> Run:
        """What runs for a ``g`` of a type."""
        crosses = "source" in self.op.defaults  # to another library: what is bound to one is not for the other
        if rank(kind) != 0 or not self.follows_rules or crosses:
            return self.run
        numbers = {type(None), *SCALARS}
        return self._written(lambda function: specialized(function, kind), library_types(kind) | numbers)

    def _written(self, of: Callable[[Any], Any], known: frozenset[type] | None) -> Run:
        """The function that calls the rules with what they name, written without loops and look-ups of names.

        The training step of a small network takes 0.95 of the time that it takes with these.

        Args:
            of: gives what to call in place of a function.
            known: the types of values for which that is made; those of other types go to :attr:`run`.
        """
        op = self.op
        names = {"rules": [of(rule) for rule in op.rules], "matched": of(match)}
        calls = [", ".join(["g", *(_expression(name, op) for name in parameters_of(rule))]) for rule in op.rules]
        if op.variadic:
            source = OF_ALL.format(are_known=self._are_known(known), arguments=calls[0] if calls else "g")
        else:
            each = "None if parents[{0}] is None or rules[{0}] is None else " + MATCHED + ", "
            cotangents = "".join(each.format(i, f"rules[{i}]({call})") for i, call in enumerate(calls))
            source = EACH.format(are_known=self._are_known(known), cotangents=cotangents)
        return written(source, "run", op, known=known, general=known and self.run, **names)

    def _are_known(self, known: frozenset[type] | None) -> str:
        """The condition that what the rules get is of known types."""
        used = [i for i, users in enumerate(self.saves) if users] if known is not None else []
        return " and ".join(f"type(saved[{i}]) in known" for i in used) or "True"

    def differentiable(self, i: int) -> bool:
        """Whether a gradient goes to operand i at all."""
        return self.op.variadic or (i < len(self.op.rules) and self.op.rules[i] is not None)


class _Runs(dict[type, Run]):
    """How a pullback runs by the type of the cotangent, filled as types first show up."""

    __slots__ = ("_pullback",)

    def __init__(self, pullback: Pullback) -> None:
        super().__init__()
        self._pullback = pullback

    def __missing__(self, kind: type) -> Run:
        run = self[kind] = self._pullback.run_for(kind)
        return run


class _Same(dict[type, Run]):
    """One function for all types. It holds no pullback, which lives no longer than the call that it is of."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __missing__(self, kind: type) -> Run:
        return self._run


def _expression(name: str, op: Primitive) -> str:
    """Where a rule's parameter is found."""
    slots = (*op.operands, "out")
    if name in slots:
        return f"saved[{slots.index(name)}]"
    if name in op.defaults:
        return f"params[{name!r}]"
    operand = name.removesuffix("_shape")
    if operand == "arrays":
        return "[meta[0] for meta in shapes]"
    if operand not in op.operands or operand == name:
        raise TypeError(f"the rule of {op.name} asks for {name!r}, which is neither operand, parameter nor 'out'")
    return f"shapes[{op.operands.index(operand)}][0]"


class Cotangents(tuple[Any, ...]):
    """The cotangents of an operation's several results, None for those that no gradient has reached."""

    __slots__ = ()

    def __add__(self, other: Any) -> Cotangents:
        return Cotangents(b if a is None else a if b is None else add(a, b) for a, b in zip(self, other))

    def __repr__(self) -> str:
        return f"({', '.join('None' if g is None else describe(g) for g in self)})"


class OutputPullback(Pullback):
    """From one result of several to the operation that made them all."""

    __slots__ = ()

    def __init__(self, op: Primitive, count: int) -> None:
        numbers = range(count)

        def run(g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any) -> Sequence[Any]:
            return (Cotangents(g if i == node.params["index"] else None for i in numbers),)

        self._runs_by(op, run)


class JoinPullback(Pullback):
    """From the cotangents of several arrays, which a backward pass starts from, to each of them."""

    __slots__ = ()

    def __init__(self) -> None:
        self._runs_by(positive, lambda g, parents, saved, node: g)  # nothing is computed


SHORT = """
def run(g, parents, saved, node):
    shapes = node.shapes
    if not ({are_known}):
        return general(g, parents, saved, node)
    {times}
    if shapes is None:
        return ({cotangents})
    dtype = g.dtype
    if kinds[dtype] != "f"{differ}:
        return general(g, parents, saved, node)
    return ({matched})
"""
TIMES = """x1, x2, _ = saved
    if type(x1) is not type(x2) and ((type(x1) in reals and isfinite(x1)) or (type(x2) in reals and isfinite(x2))):
        times = multiply
    else:
        times = chain if shapes is not None or may_have_zero(g) else multiply"""
"""Of a product: numbers and gradients without a zero need no care for partials that are not finite."""


class ElementwisePullback(Pullback):
    """Partial times cotangent, operand by operand."""

    __slots__ = ()

    def _written(self, of: Callable[[Any], Any], known: frozenset[type] | None) -> Run:
        """A short way for real arrays of one dtype: on small arrays it takes a half of what :func:`_careful` takes."""
        op = self.op
        partials = [_partial_text(i, rule, op) for i, rule in enumerate(op.rules)]
        each = "None if parents[{0}] is None else {1}, "
        plain = "".join(text + ", " if text == "g" else each.format(i, text) for i, text in enumerate(partials))
        is_product = op.rules == ("x2", "x1")
        source = SHORT.format(
            are_known=self._are_known(known),
            times=TIMES if is_product else "times = chain",
            cotangents=plain,
            matched="".join(each.format(i, MATCHED.format(i, text)) for i, text in enumerate(partials)),
            differ="".join(f" or shapes[{i}] is not None and shapes[{i}][1] != dtype" for i in range(len(partials))),
        )
        names = {f.__name__: of(f) for f in (chain, multiply, may_have_zero, negative)}
        names |= {"rules": [of(rule) for rule in op.rules], "matched": of(match)}
        names |= {"kinds": kinds, "reals": {int, float}, "isfinite": math.isfinite}
        general = self._careful() if known is None else self.run
        return written(source, "run", op, known=known, general=general, **names)

    def _careful(self) -> Run:
        partials = tuple(_applied(rule, self.op) for rule in self.op.rules)

        def run(g: Array, parents: Sequence[Any], saved: tuple[Any, ...], node: Any) -> Sequence[Any]:
            shapes, dtype = node.shapes, g.dtype
            if any(meta is not None and meta[1] != dtype for meta in shapes):
                saved = tuple(promoted(value, dtype) for value in saved)
            any_complex = is_complex(g) or any(meta is not None and kinds[meta[1]] == "c" for meta in shapes)
            return [
                None if p is None else match(partial(g, saved, any_complex), meta)
                for p, partial, meta in zip(parents, partials, shapes)
            ]

        return run


def _partial_text(i: int, rule: Any, op: Primitive) -> str:
    """The cotangent of an operand, as an expression."""
    if rule is None:
        return "None"
    if rule in (1, -1):
        return "g" if rule == 1 else "negative(g)"
    slots = (*op.operands, "out")
    arguments = ", ".join(f"saved[{slots.index(name)}]" for name in parameters_of(rule))
    if is_product(rule):
        return f"rules[{i}](g, {arguments})"
    return f"times(g, {arguments if isinstance(rule, str) else f'rules[{i}]({arguments})'})"


Partial = Callable[..., Any]


def _applied(rule: Any, op: Primitive) -> Partial:
    """One partial derivative as a function of cotangent and saved slots."""
    if rule is None:
        return lambda g, saved, any_complex: None
    if rule == 1:
        return lambda g, saved, any_complex: g
    if rule == -1:
        return lambda g, saved, any_complex: negative(g)
    if is_product(rule):
        return _product(rule, op)
    partial = _partial(rule, op)
    return lambda g, saved, any_complex: _chained(g, partial(saved), any_complex)


def _partial(rule: Any, op: Primitive) -> Callable[[tuple[Any, ...]], Any]:
    """A partial derivative as a function of the saved slots."""
    slots = (*op.operands, "out")
    indices = [slots.index(name) for name in parameters_of(rule)]
    if isinstance(rule, str):
        return operator.itemgetter(indices[0])
    if len(indices) == 1:
        only = indices[0]
        return lambda saved: rule(saved[only])
    return lambda saved: rule(*[saved[i] for i in indices])


def _product(rule: Any, op: Primitive) -> Partial:
    slots = (*op.operands, "out")
    indices = [slots.index(name) for name in parameters_of(rule)]
    return lambda g, saved, any_complex: rule(g, *[_conjugated(saved[i], any_complex) for i in indices])


def _chained(g: Array, partial: Any, any_complex: bool) -> Array:
    return chain(g, _conjugated(partial, any_complex))


def _conjugated(x: Any, any_complex: bool) -> Any:
    if type(x) in SCALARS:
        return x.conjugate()
    return conj(x) if any_complex and kinds[x.dtype] == "c" else x


_pullbacks: dict[Primitive, Pullback] = {}

of_its_own: dict[Primitive, type[Pullback]] = {}
"""The operations whose pullback is of a class of its own, which says more than their rules."""


def pullback_of(op: Primitive) -> Pullback:
    """The pullback of a primitive, made when it is first recorded."""
    if op not in _pullbacks:
        by_rules = ElementwisePullback if op.kind == "elementwise" else Pullback
        _pullbacks[op] = of_its_own.get(op, by_rules)(op)
    return _pullbacks[op]


def _forget() -> None:
    for pullback in _pullbacks.values():
        pullback.runs.clear()


forgetting.append(_forget)
