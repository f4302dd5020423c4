"""What rules ask for, by the names of their parameters."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["is_product", "parameters_of"]


def parameters_of(rule: Any) -> tuple[str, ...]:
    """The names a rule asks for, without its cotangent ``g`` or tangent ``t``."""
    if isinstance(rule, str):
        return (rule,)
    names = tuple(inspect.signature(rule).parameters) if callable(rule) else ()
    return names[1:] if names[:1] in (("g",), ("t",)) else names


def is_product(partial: Any) -> bool:
    """Whether an elementwise partial comes multiplied with the cotangent or the tangent, which it names ``g``."""
    return callable(partial) and next(iter(inspect.signature(partial).parameters), None) == "g"
