"""The C++ of one operation on one element: CuPy's own, read from its universal functions."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from anygrad.backends import backends
from anygrad.core.primitive import Primitive

__all__ = ["Routine", "Weak", "cast", "routine"]

Dtype = np.dtype[Any]
Weak: TypeAlias = type
"""The type of a Python number, which takes the dtype of the array beside it."""


class Routine(NamedTuple):
    """Statements that make ``out0`` of ``in0``, ``in1`` and so on, and what they need declared before them."""

    inputs: tuple[Dtype, ...]
    output: Dtype
    code: str
    preamble: str = ""


RENAMED = {"floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint", "conj": "conjugate", "sign": "sign"}
"""What CuPy's array-API namespace wraps in a function of Python, or has under another name."""


@functools.cache
def routine(op: Primitive, given: tuple[Dtype | Weak, ...]) -> Routine | None:
    """CuPy's code for an operation on operands of these dtypes, None where it has none.

    Of the signatures that a universal function has, the first is taken whose inputs hold the operands without loss, as
    CuPy does.
    """
    function = _ufunc(op)
    if function is None or function.nin != len(given) or function.nout != 1:
        return None
    arrays = [d for d in given if isinstance(d, np.dtype)]
    wanted = [d if isinstance(d, np.dtype) else _beside(d, arrays) for d in given]
    for signature in function._ops.ops:
        if all(np.can_cast(d, t, "safe") for d, t in zip(wanted, signature.in_types)):
            code = signature.routine
            if not isinstance(code, str):
                return None
            return Routine(tuple(signature.in_types), signature.out_types[0], code, function._preamble)
    return None


def cast(source: Dtype, target: Dtype) -> Routine:
    """A change of dtype; from complex to real numbers the real part."""
    value = "in0.real()" if source.kind == "c" and target.kind != "c" else "in0"
    return Routine((source,), target, f"out0 = out0_type({value})")


def _beside(number: Weak, arrays: list[Dtype]) -> Dtype:
    """The dtype of a Python number beside arrays: theirs, unless it is of a higher kind."""
    dtype: Dtype = np.result_type(*arrays)
    return np.result_type(dtype, number(0))


def _ufunc(op: Primitive) -> Any:
    import cupy

    backend = backends["cupy"]

    if op.name in RENAMED:
        return getattr(cupy, RENAMED[op.name])
    found = getattr(backend.special, op.name, None) if op.chapter == "special" else backend._own(op)
    return found if isinstance(found, cupy.ufunc) else None
