"""Who asks an array for a number, or for a NumPy array: some do whom the derivative outlives."""

from __future__ import annotations

import dis
import functools
from types import FrameType
from typing import Any

import numpy as np

__all__ = ["formats_text", "is_at_of_array_api_extra", "makes_masked", "takes_objects"]


def formats_text(frame: FrameType) -> bool:
    """Whether a frame runs ``"%.3f" % x``, which asks for a float as arithmetic does, but computes nothing with it.

    It is the one ``%`` that does: those of numbers leave the operation to the other operand.
    """
    at = frame.f_lasti
    return frame.f_code.co_code[at : at + 2] in _remainders()


@functools.cache
def _remainders() -> set[bytes]:
    """The instructions of ``%`` and ``%=``."""
    codes = [compile(text, "", "exec") for text in ("a % b", "a %= b")]
    return {
        code.co_code[i.offset : i.offset + 2]
        for code in codes
        for i in dis.get_instructions(code)
        if i.opname == "BINARY_OP"
    }


ELEMENTWISE = ("ndenumerate.", "vectorize.")
"""Classes of NumPy's that go through an array element by element, whatever the elements are."""


def takes_objects(dtype: Any, frame: FrameType) -> bool:
    """Whether an array of Python objects is asked for, each of which keeps its derivative."""
    is_numpys = frame.f_globals.get("__name__", "").startswith("numpy.")
    return (dtype is not None and np.dtype(dtype) == object) or (
        is_numpys and frame.f_code.co_qualname.startswith(ELEMENTWISE)
    )


def makes_masked(frame: FrameType) -> bool:
    """Whether a masked array is to be made."""
    return str(frame.f_globals.get("__name__")).startswith("numpy.ma.")


def is_at_of_array_api_extra(frame: FrameType) -> bool:
    """Whether a frame is that of array-api-extra's ``at``, through which SciPy writes into results without axes.

    It copies NumPy's numbers first, and takes every class that it does not know for one that can be written to.
    """
    return str(frame.f_globals.get("__name__")).endswith("array_api_extra._lib._at")
