"""Which Tensors are magnitudes, as the graph knows it."""

from __future__ import annotations

from typing import Any

from anygrad.reverse.graph import Node

__all__ = ["magnitude_of"]


def magnitude_of(x: Any) -> Any:
    """The square of a magnitude as a smooth function, with its operands as far as the graph holds them; else None."""
    node = getattr(x, "_edge", None)
    if type(node) is not Node or node.saved is None:
        return None
    squared = getattr(node.pullback.op, "squared", None)
    if squared is None:
        return None
    operands = map(type(x).rewrap, node.saved, node.parents)  # without the result
    return squared, operands, getattr(node, "params", {})
