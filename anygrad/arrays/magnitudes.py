"""How wrappers run magnitudes like ``|x|``, whose derivative at 0 is a convention, and their smooth powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anygrad.core.primitive import Implementation, Primitive
from anygrad.core.types import rank
from anygrad.ops.elementwise import may_have_zero, pow, square
from anygrad.ops.magnitudes import valued

__all__ = ["smooth_powers", "table_beneath"]


class _Beneath:
    """The implementations of an operation on what its operands hold, where another runs in its place on wrappers."""

    __slots__ = ("_op",)

    def __init__(self, op: Any) -> None:
        self._op = op

    def __getitem__(self, kind: type) -> Implementation:
        return (self._op.beneath if rank(kind) > 0 else self._op).table[kind]  # type: ignore[no-any-return]


def table_beneath(op: Primitive) -> Any:
    """An operation's implementations, by the type of what the operands hold, where it is differentiated."""
    return op.table if op.beneath is None else _Beneath(op)


def smooth_powers(
    op: Primitive, run: Implementation, magnitude_of: Callable[[Any], tuple[Any, Any, Any] | None]
) -> Implementation:
    """How a wrapper runs an operation: of even powers of a magnitude, with the derivatives of its smooth square.

    Args:
        op: the operation; all but powers run as they did.
        run: how it runs otherwise.
        magnitude_of: the square of what is known to be a magnitude as a function, its operands and its parameters; None
            of all else.
    """

    def power(x: Any, n: int, magnitude: tuple[Any, Any, Any], otherwise: Any) -> Any:
        squared, operands, params = magnitude
        smooth = squared(*operands, **params) if may_have_zero(x) else None
        if smooth is None:
            return otherwise
        return valued(smooth if n == 2 else pow(smooth, n // 2), otherwise)

    def run_square(x: Any) -> Any:
        magnitude = magnitude_of(x)
        return run(x) if magnitude is None else power(x, 2, magnitude, run(x))

    def run_power(x1: Any, x2: Any) -> Any:
        if (type(x2) is not int and type(x2) is not float) or x2 <= 0 or x2 % 2 or (found := magnitude_of(x1)) is None:
            return run(x1, x2)
        return power(x1, int(x2), found, run(x1, x2))

    return run_square if op is square else run_power if op is pow else run
