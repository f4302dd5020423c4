"""Derivatives as CUDA kernels, generated from the rules of the operations.

A rule runs once on :class:`~anygrad.backends.fusion.trace.Trace` objects, which remember what was done with them
instead of computing it. From that record one kernel is written, with CuPy's own code for each elementary function, and
kept.

==================  ==========================================================================
``trace``           what a rule does, as a graph of scalar operations
``routines``        the C++ of one operation on one element, from CuPy
``sources``         a traced rule as C++
``kernels``         compiled and launched: elementwise, summed, and along rows
``derivatives``     which operations of a backward and a forward pass run as one kernel
==================  ==========================================================================

Nothing of it needs a GPU before a kernel is launched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from anygrad.core.primitive import Primitive

__all__ = ["ADDED", "Step", "fused_pullbacks"]


class Step(Protocol):
    """What is asked of a pullback here: how the cotangent of one operation travels back.

    Attributes:
        op: the operation.
        follows_rules: whether it does what the operation's rules say and nothing else.
        run: gives the operands' cotangents.
    """

    op: Primitive
    follows_rules: bool

    @property
    def run(self) -> Callable[..., Sequence[Any]]: ...

    def differentiable(self, i: int) -> bool: ...


fused_pullbacks: dict[type, Callable[..., Sequence[Any]]] = {}
"""For array types on which a backward step can be one kernel: what the engine calls in place of ``pullback.run``.

The last argument is the sums that the engine has begun: by edge the sum, and whether the engine owns it. To those it
may add."""

ADDED: Any = object()
"""In place of a cotangent: it has been added to the engine's sum already."""
