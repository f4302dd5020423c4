"""A traced rule as C++."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from anygrad.backends.fusion.trace import Trace, below

__all__ = ["Body", "ctype", "preambles", "reducers"]

CTYPES = {
    "?": "bool",
    "b": "signed char",
    "B": "unsigned char",
    "h": "short",
    "H": "unsigned short",
    "i": "int",
    "I": "unsigned int",
    "l": "long long",
    "L": "unsigned long long",
    "q": "long long",
    "Q": "unsigned long long",
    "e": "float16",
    "f": "float",
    "d": "double",
    "F": "complex<float>",
    "D": "complex<double>",
}

reducers = {
    "sum": ("0", "a + b"),
    "mean": ("0", "a + b"),
    "max": ("-1.0 / 0.0", "(a != a || a > b) ? a : b"),  # a NaN stays
    "min": ("1.0 / 0.0", "(a != a || a < b) ? a : b"),
}
"""The start of a reduction, and the expression that joins two of its numbers."""


def ctype(dtype: np.dtype[Any]) -> str:
    """The C++ type of a dtype, in the words of CuPy's headers."""
    return CTYPES[dtype.char]


class Body:
    """The statements of a kernel, written as traces are asked for; each trace becomes one variable of its scope."""

    def __init__(self, names: dict[Trace, str], numbers: Iterator[int] | None = None) -> None:
        self.names = dict(names)
        self.lines: list[str] = []
        self._numbers = numbers or itertools.count()

    def inner(self) -> Body:
        """The body of a loop, which sees what stands before it."""
        return Body(self.names, self._numbers)

    def name_of(self, trace: Trace) -> str:
        """The variable, or the literal, that holds a trace, whose statements have been written."""
        if trace in self.names:
            return self.names[trace]
        return _literal(trace.value)

    def write(self, roots: Iterable[Trace]) -> None:
        """Write the statements that some traces need; reductions must have a name already."""
        for trace in below(roots, self.names):
            if trace.routine is not None:
                self._write(trace)

    def declare(self, trace: Trace, value: str) -> None:
        """Give a trace a variable of its own with a value."""
        name = self._new_name(trace)
        self.lines.append(f"{ctype(trace.dtype)} {name} = {value};")

    def _new_name(self, trace: Trace) -> str:
        name = self.names[trace] = f"v{next(self._numbers)}"
        return name

    def _write(self, trace: Trace) -> None:
        made_by = trace.routine
        assert made_by is not None
        arguments = [
            f"const {ctype(dtype)} in{i} = {_as(dtype, x.dtype, self.name_of(x))};"
            for i, (x, dtype) in enumerate(zip(trace.inputs, made_by.inputs))
        ]
        types = [f"typedef {ctype(dtype)} in{i}_type;" for i, dtype in enumerate(made_by.inputs)]
        name = self._new_name(trace)
        used = [line for i, line in enumerate(types) if f"in{i}_type" in made_by.code]
        if "out0_type" in made_by.code:
            used.append(f"typedef {ctype(trace.dtype)} out0_type;")
        code = re.sub(r"\bout0\b", name, made_by.code.strip().rstrip(";"))
        ends = "" if code.endswith("}") else ";"
        self.lines.append(f"{ctype(trace.dtype)} {name}; {{ {' '.join([*used, *arguments])} {code}{ends} }}")


def preambles(roots: Sequence[Trace]) -> str:
    """What the operations of some traces need declared, once each."""
    found = dict.fromkeys(t.routine.preamble for t in below(roots) if t.routine is not None and t.routine.preamble)
    return "\n".join(found)


def _as(target: np.dtype[Any], source: np.dtype[Any], value: str) -> str:
    """An expression as another type; CuPy's numbers do not convert to and from complex ones by themselves."""
    return value if target == source else f"({ctype(target)})({value})"


def _literal(value: complex) -> str:
    """A Python number as C++."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, complex):
        return f"complex<double>({_literal(value.real)}, {_literal(value.imag)})"
    if isinstance(value, int):
        return f"{value}LL" if abs(value) >= 2**31 else str(value)
    if math.isnan(value):
        return "(0.0 / 0.0)"
    if math.isinf(value):
        return "(1.0 / 0.0)" if value > 0 else "(-1.0 / 0.0)"
    return repr(float(value))
