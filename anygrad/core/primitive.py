"""Operations as multimethods over array types.

A :class:`Primitive` is a callable with a table from array type to implementation. It also says what it *is*
(elementwise, linear, bilinear, or none of these) and carries its derivative, written in anygrad's own operations.
This module knows no Tensor and no array library: both register themselves here, with :func:`register_type`.

An operation is one statement, a decorated ``def`` that gives its name, signature and documentation::

    @elementwise(lambda x: cos(x))
    def sin(x: Array, /) -> Array:
        '''The sine of each element, an angle in radians.'''

A body that only documents means "the array library's function of that name"; any other body is the default
implementation, written in anygrad's operations, for every library that does not override it.

Positional-only parameters are *operands* (arrays, or scalars in their place); the rest are static *parameters*. A rule
receives what its parameter names ask for: operands by name, ``out``, static parameters, and ``<operand>_shape``. Only
the arrays that some rule names are kept for the backward pass.

Elementwise, linear and bilinear operations have both modes from what they are. The others carry rules for each operand:
``rule(g, ...)`` from the result's cotangent to the operand's, and ``rule(t, ...)`` from the operand's tangent to the
result's. Of an operation with several results ``g`` is a tuple, None where no gradient arrives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, NoReturn, TypeAlias

from anygrad.core.calling import MISSING, caller, in_python
from anygrad.core.errors import describe, explain
from anygrad.core.types import (
    ENDED,
    SCALARS,
    find_entry,
    on_new_type,
    outlived,
    ranks,
    same_library,
    scalar_results,
)

__all__ = [
    "Array",
    "Elementwise",
    "Primitive",
    "describe",
    "elementwise",
    "explain",
    "linear",
    "nondifferentiable",
    "primitive",
    "primitives",
    "slots",
    "view",
]

Array: TypeAlias = Any
"""An array of any library, or a Tensor: the type cannot be named without importing every library."""

Rule: TypeAlias = Callable[..., Any]
Implementation: TypeAlias = Callable[..., Any]

primitives: dict[str, Primitive] = {}
"""Every primitive by its key."""

CHAPTERS = ("linalg", "fft", "special")
"""The sub-namespaces: an operation declared in a module of such a name is looked up there in a library."""

observers: list[Callable[[Primitive, type, Implementation], Implementation]] = []
"""What is put around each implementation when a table is filled, while something watches all operations."""

forgetting: list[Callable[[], None]] = []
"""What to call when implementations change, by those who keep some that come from the tables."""


class _Slots:
    """What rooms above put here when they are loaded.

    Attributes:
        link: ``link(op, x, out, rest, params)`` is told of each call of a view operation on a wrapper, and gives its
            result.
    """

    link: Callable[[Primitive, Array, Array, tuple[Any, ...], dict[str, Any]], Array]


slots = _Slots()


def forget_implementations(*ops: Primitive) -> None:
    """Empty the tables of some primitives, or of all, to be filled anew."""
    for p in ops or primitives.values():
        p.table.clear()
    for forget in forgetting:
        forget()


on_new_type.append(forget_implementations)


class Table(dict[type, Implementation]):
    """A primitive's implementations by array type, filled as types first show up."""

    __slots__ = ("primitive",)

    def __init__(self, primitive: Primitive) -> None:
        super().__init__()
        self.primitive = primitive

    def __missing__(self, array_type: type) -> Implementation:
        entry = find_entry(array_type)
        if entry is None:
            raise TypeError(
                f"{self.primitive.name}: no backend handles {array_type.__module__}.{array_type.__qualname__}; "
                f"give an array or an anygrad.Tensor (or add its library with anygrad.register_backend)"
            )
        made = entry.maker(self.primitive, array_type)
        for observe in observers:
            made = observe(self.primitive, array_type, made)
        self[array_type] = made
        return made


# --- the operations ---------------------------------------------------------------------------------------------------


class Primitive:
    """One differentiable operation: a multimethod over array types, with its derivative.

    Attributes:
        name: the name in the namespace, and in ``Tensor.creation_op``.
        key: what tells it from all others: the name, of one made outside of anygrad after that of its module.
        operands: names of the array operands.
        variadic: whether the first operand is a sequence of arrays (``concat``).
        defaults: the static parameters and their defaults.
        positional: those of the static parameters that may be given by their place.
        table: implementation by array type.
        default: the implementation in anygrad's operations where a library has none, or None.
        rules: what the reverse rule of each operand is; what it means depends on the kind.
        forward_rules: the forward rule of each operand, of an operation whose kind does not imply it.
        outputs: of an operation with several results the named tuple it gives, else None.
        fresh: whether what the reverse rules give, unless it is ``g`` itself, are arrays of their own, not parts of
            others: the engine may write into them.
        is_view: whether its result shares the operand's elements, as NumPy's does.
        shares: of a view operation that gives a copy at times, whether it shares: ``shares(x, out, **params)``.
        put: of a view operation how a changed part is put back into the whole: ``put(part, ...)``, which asks for the
            rest as a rule does and may write into ``x``; None of views for reading alone.
        beneath: what runs in its place on wrappers beneath one that differentiates it, where the value of its
            derivative is a convention at some points: it has the same result, and NaN for that derivative.
        squared: of a magnitude, its square as a smooth function of the operands and parameters.
        chapter: the extension of the standard it belongs to (``linalg``, ``fft``), or ``special``; else empty.
        hint: why a derivative may be NaN, and what to write instead, for those who look for one.
        kind: ``elementwise``, ``linear``, ``bilinear``, ``general``, or ``none`` (no derivative).
        batch_rule: of an operation made outside of anygrad what :meth:`vmap` has set.
        door: what a call with indices goes through, ``door(op, operands, params)``: it brings them to their normal form
            and goes on with :meth:`linked`. None where there are no indices.
    """

    kind: Literal["elementwise", "linear", "bilinear", "general", "none"] = "general"
    fresh = False
    hint = ""
    door: Callable[[Primitive, tuple[Any, ...], dict[str, Any]], Any] | None = None
    is_view = False
    shares: Callable[..., bool] | None = None
    put: Rule | None = None
    batch_rule: Any = None
    beneath: Primitive | None = None
    squared: Callable[..., Any] | None = None

    def __init__(
        self,
        function: Callable[..., Any],
        rules: tuple[Any, ...] = (),
        forward_rules: tuple[Rule | None, ...] = (),
        outputs: type | None = None,
    ) -> None:
        self.name = self.__name__ = function.__name__.removeprefix("_")
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__ or "__main__"  # which what runs without a module's name has not
        self.__doc__ = function.__doc__
        self.__signature__ = inspect.signature(function)
        params = self.__signature__.parameters.values()
        self.operands = tuple(p.name for p in params if p.kind is p.POSITIONAL_ONLY)
        self.defaults = {p.name: p.default for p in params if p.kind is not p.POSITIONAL_ONLY}
        self.positional = tuple(p.name for p in params if p.kind is p.POSITIONAL_OR_KEYWORD)
        self.variadic = self.operands[0] == "arrays"
        self.default = None if _only_documents(function) else function
        self.rules = rules
        self.forward_rules = forward_rules
        self.outputs = outputs
        self.chapter = next((part for part in self.__module__.split(".") if part in CHAPTERS), "")
        self.table = Table(self)
        is_own = self.__module__.partition(".")[0] == "anygrad"
        self.key = self.name if is_own else f"{self.__module__}.{self.name}"
        taken = primitives.get(self.name)
        if taken is not None and taken.__module__ != self.__module__:
            raise ValueError(f"an operation named {self.name!r} exists already, in {taken.__module__}; choose another")
        primitives[self.key] = self

    def __repr__(self) -> str:
        return f"<primitive {self._usage}>"

    @property
    def _usage(self) -> str:
        """The name and the signature, without annotations."""
        bare = [p.replace(annotation=p.empty) for p in self.__signature__.parameters.values()]
        return f"{self.name}{inspect.Signature(bare)}"

    def __reduce__(self) -> str:
        return self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Only the first call comes here: from then on the primitive has a function of its own signature.
        kind = type(self)
        views = {"slots": slots, "ranks": ranks} if self.is_view else {}
        self.__class__ = type(kind.__name__, (kind,), {"__call__": caller(self, SCALARS, **views)})
        return self(*args, **kwargs)

    def called(self, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """A call that is not plain: operands of several types, indices, or something wrong with it."""
        params = in_python(params)
        if self.door is not None:
            return self.door(self, operands, params)
        self.check_complete(operands, params)
        if self.variadic:
            operands = (*operands[0], *operands[1:])
        return self.linked(operands, params)

    def linked(self, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """What :meth:`apply` gives, which as a view remembers what it is a part of."""
        out = self.apply(operands, params)
        if self.is_view and ranks[type(operands[0])] > 0:
            return slots.link(self, operands[0], out, operands[1:], params)
        return out

    def check_complete(self, operands: tuple[Any, ...], params: dict[str, Any]) -> None:
        """Refuse a call that lacks an argument."""
        for value in (*operands, *params.values()):
            if value is MISSING:
                given = {name: value for name, value in params.items() if value is not MISSING}
                self.refuse_arguments(tuple(x for x in operands if x is not MISSING), given)

    def refuse_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NoReturn:
        """Raise the TypeError of a call with arguments that do not fit the signature."""
        usage = f"the signature is {self._usage}"
        try:
            self.__signature__.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}; {usage}") from None
        raise TypeError(f"{self.name}: {usage}")

    def apply(self, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Run on operands and parameters that are sorted out already."""
        try:
            held = _held(params) if self.door is not None else ()
            try:
                implementation = self.resolve((*operands, *held) if held else operands)
            except ValueError:  # NumPy's scalars are numbers to every library
                operands = tuple(x.item() if type(x) in scalar_results else x for x in operands)
                implementation = self.resolve((*operands, *held))
            if self.variadic:
                return implementation(list(operands), **params)
            result = implementation(*operands, **params)
            if result is NotImplemented:
                raise TypeError("each operand must be an array, a Tensor or a number")
            return self.outputs(*result) if self.outputs is not None else result
        except Exception as error:
            explain(self, operands, params, error)

    def apply_beneath(self, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Run on what the operands of an operation that is differentiated hold."""
        is_followed = self.beneath is not None and any(ranks[type(x)] > 0 for x in operands)
        return (self.beneath if is_followed else self).apply(operands, params)  # type: ignore[union-attr]

    def resolve(self, operands: tuple[Any, ...]) -> Implementation:
        """The implementation for these operands: that of the type with the highest rank.

        Raises:
            TypeError: no operand is an array, or one is of an unknown type.
            ValueError: operands are raw arrays of different libraries.
        """
        if len(operands) == 1:
            return self.table[type(operands[0])]
        best: type | None = None
        for operand in operands:
            t = type(operand)
            if best is None or ranks[t] > ranks[best]:
                best = t
            elif t is not best and ranks[t] == ranks[best] == 0 and not same_library(t, best):
                raise ValueError("the operands belong to different array libraries")
        if best is None or ranks[best] < 0:
            given = ", ".join(type(operand).__name__ for operand in operands) or "none"
            raise TypeError(f"{self.name}: at least one operand must be an array or a Tensor; given: {given}")
        if ranks[best] == ENDED:
            raise outlived(best)
        return self.table[best]

    # Rules can be attached after the definition, where they need a page of their own.

    def vjp(self, *rules: Rule | None) -> None:
        """Set the reverse rule of each operand: ``rule(g, ...)`` gives the operand's cotangent."""
        self.rules = rules

    def jvp(self, *rules: Rule | None) -> None:
        """Set the forward rule of each operand: ``rule(t, ...)`` gives what its tangent adds to the result's."""
        self.forward_rules = rules

    def vmap(self, rule: Callable[..., Any] | Literal["elementwise", "leading"]) -> None:
        """Set how it runs on a whole batch; without this one that is not elementwise runs once for each member.

        Args:
            rule: ``rule(size, is_batched, *operands, **params)`` gives the result, of several each one, with the axis
                of the members in front, where those operands have it that ``is_batched`` says. Or ``"elementwise"``,
                for one whose operands are broadcast, or ``"leading"``, for one that works on the last axes of its
                operands and lets any number of axes in front be.

        Raises:
            ValueError: it is none of these.
        """
        if not callable(rule) and rule not in ("elementwise", "leading"):
            raise ValueError(f"{self.name}.vmap: rule must be a function, 'elementwise' or 'leading', given {rule!r}")
        self.batch_rule = rule
        forget_implementations(self)


class Elementwise(Primitive):
    """An operation on each element; ``rules`` holds the partial derivative in each operand.

    A partial is a function of what its parameters name, which may give a mask of where the gradient passes; or such a
    name alone, where it is that very array; or the constant ``1`` or ``-1``; or None where no gradient goes. A function
    from complex to real numbers gives the ``w`` of ``dL = Re(w dz)``.

    A function that names ``g`` gives the product of the partial with it, a cotangent or a tangent: where that is more
    than a multiplication.
    """

    kind = "elementwise"
    fresh = True


class Linear(Primitive):
    """An operation linear in its operands; ``rules`` holds the transpose for each, ``rule(g, ...)``."""

    kind = "linear"


class Bilinear(Primitive):
    """An operation linear in each of its first two operands; ``rules`` holds ``rule(g, ...)`` for each."""

    kind = "bilinear"
    fresh = True


class NonDifferentiable(Primitive):
    """An operation without a derivative: its result carries no gradient."""

    kind = "none"


def _held(params: dict[str, Any]) -> tuple[Any, ...]:
    """The wrappers in a key, which differ between the members of a batch, and decide as operands do on what runs."""
    key = params.get("key")
    if type(key) is not tuple:
        return (key,) if ranks[type(key)] > 0 else ()
    return tuple([part for part in key if ranks[type(part)] > 0])


def elementwise(*partials: Any) -> Callable[[Callable[..., Any]], Elementwise]:
    """Declare an elementwise operation by its partial derivative in each operand."""
    return lambda function: Elementwise(function, partials)


def linear(*transposes: Rule | None) -> Callable[[Callable[..., Any]], Linear]:
    """Declare a linear operation by its transpose."""
    return lambda function: Linear(function, transposes)


def view(put: Rule | Literal["transpose"] | None = "transpose") -> Callable[[Linear], Linear]:
    """Declare that an operation gives a view, and how a changed part is put back into the whole.

    Args:
        put: ``put(part, ...)``; of a mere rearrangement the operation's own transpose, and None of a view for reading.
    """

    def declare(op: Linear) -> Linear:
        op.is_view = True
        op.put = op.rules[0] if put == "transpose" else put
        return op

    return declare


def bilinear(*rules: Rule) -> Callable[[Callable[..., Any]], Bilinear]:
    """Declare an operation that is linear in each of two operands by the product rule's two halves."""
    return lambda function: Bilinear(function, rules)


def primitive(
    *rules: Rule | None, jvp: tuple[Rule | None, ...] = (), outputs: type | None = None, fresh: bool = False
) -> Callable[[Callable[..., Any]], Primitive]:
    """Declare an operation of no special kind by the reverse rule of each operand, and the forward rules ``jvp``."""

    def declare(function: Callable[..., Any]) -> Primitive:
        op = Primitive(function, rules, jvp, outputs)
        op.fresh = fresh
        return op

    return declare


def nondifferentiable(function: Callable[..., Any]) -> NonDifferentiable:
    """Declare an operation that has no derivative."""
    return NonDifferentiable(function)


def _only_documents(function: Callable[..., Any]) -> bool:
    """Whether there is nothing in a function's body but its documentation."""
    code = function.__code__
    return code.co_code in _EMPTY and set(code.co_consts) <= {None, function.__doc__}


def _documented() -> None:
    """A body of documentation."""


_EMPTY = (_documented.__code__.co_code, (lambda: None).__code__.co_code)
