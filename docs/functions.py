"""Writes functions.md, the table of all functions with their derivatives and the libraries that have them.

Run it after a function was added: ``python docs/functions.py``. What is in the table comes from the registry of
primitives, and from running the operation table of the tests on every library; a test holds the page against both.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import anygrad as ag  # noqa: E402
from anygrad.batch.rules import batch_rule_of, loop_rule  # noqa: E402
from anygrad.core.primitive import Primitive, primitives  # noqa: E402
from tests.table import OPERATIONS  # noqa: E402

PAGE = ROOT / "docs" / "functions.md"
LIBRARIES = {"numpy": "cpu", "cupy": "cuda", "torch": "torch:cpu", "jax": "jax:cpu", "strict": "strict:cpu"}
LIBRARIES |= {"dask": "dask:cpu"}
SPACES = {"anygrad": ag, "anygrad.linalg": ag.linalg, "anygrad.fft": ag.fft, "anygrad.special": ag.special}

HEADER = """# Functions

Written by `python docs/functions.py`; do not edit.

**Derivative** says what a function is to the modes, reverse (`grad`, `backward`) and forward (`jvp`):

- *elementwise*, *linear* and *bilinear* functions have both modes by what they are;
- *rules*: the function carries one rule for each mode;
- *composed*: it is written in other functions here, and has their derivatives;
- *none*: its result is integer, boolean or a set of places, or does not depend on the values, and carries no gradient.

Functions that are constant between jumps (`floor`, `ceil`, `trunc`, `round`, `floor_divide`, and `sign` of real
numbers) are differentiable, with the derivative 0. The conventions at points without a derivative are in each
function's documentation: ties in `max` share the gradient evenly, `abs` and norms have 0 at 0, `clip` passes the
gradient on its bounds.

**vmap** says how a function runs on a batch: *one call*, or *refused*, where the shape of the result depends on values.

Under each library **yes** means that the function runs on its arrays, with its derivative; **-** that the library
lacks it, or refuses ordinary input to it, with an error. The column of CuPy is held against CuPy where
there is a CUDA device (`pytest -m gpu`).
"""


def functions(space: ModuleType) -> Iterator[tuple[str, Any]]:
    """The operations among the public names of a namespace."""
    listed = {operation.name for operation in OPERATIONS}
    for name in sorted(space.__all__):
        value = getattr(space, name)
        if callable(value) and not isinstance(value, type | np.dtype) and name in listed:
            yield name, value


def derivative(function: Callable[..., Any]) -> str:
    """What a function is to the two modes."""
    if not isinstance(function, Primitive):
        own = primitives.get(function.__name__)
        is_wrapped = own is not None and own.__module__ == function.__module__
        return derivative(own) if is_wrapped and own is not None and own.kind != "none" else _composed(function)
    if function.kind == "general":
        modes = [mode for mode, rules in (("reverse", function.rules), ("forward", function.forward_rules)) if rules]
        return "rules" if len(modes) == 2 else f"rules ({modes[0]} only)"
    return function.kind


def _composed(function: Callable[..., Any]) -> str:
    entry = next(operation for operation in OPERATIONS if operation.name == function.__name__)
    return "composed" if entry.is_differentiable else "none"


def batching(name: str) -> str:
    """How a function runs under vmap."""
    op = primitives.get(name)
    entry = next(operation for operation in OPERATIONS if operation.name == name)
    if op is not None and batch_rule_of(op) is loop_rule:
        return "a loop"
    for sample in entry.drawn():
        if not sample.arrays:
            continue
        batch = [np.stack([x, x]) for x in sample.arrays]

        def of_member(*arrays: Any, sample: Any = sample) -> Any:
            args, kwargs = sample.replaced(list(arrays))
            return entry.call(*args, **kwargs)

        try:
            ag.vmap(of_member)(*batch)
        except TypeError:
            return "refused"
        return "one call"
    return "one call"


def runs_on(name: str, library: str) -> bool:
    """Whether the first sample of a function's entry in the operation table runs on a library's arrays."""
    if library == "cupy" and not ag.is_available("cuda"):
        return True  # it has the standard's functions, and what it lacks is written in these or taken from SciPy
    entry = next(operation for operation in OPERATIONS if operation.name == name)
    device = LIBRARIES[library]
    for sample in entry.drawn():
        if library in sample.refused:
            continue
        args, kwargs = sample.mapped(
            lambda x: ag.Tensor(x, device=device, requires_grad=x.dtype.kind in "fc" and entry.is_differentiable),
            lambda x: ag.Tensor(x, device=device).data,
        )
        try:
            entry.call(*args, **kwargs)
        except Exception:  # whatever a library raises, it does not have the function
            return False
        return True
    return False


def available() -> list[str]:
    """The libraries that can be asked here; CuPy only through the registry."""
    return [name for name, device in LIBRARIES.items() if name == "cupy" or ag.is_available(device)]


def row(space: str, name: str, function: Any, libraries: list[str]) -> list[str]:
    """A line of the table: the function, its derivative, and a cell for each library."""
    cells = ["yes" if runs_on(name, library) else "-" for library in libraries]
    full = f"{space}.{name}".removeprefix("anygrad.")
    return [f"`{full}`", derivative(function), batching(name), *cells]


def page() -> str:
    """The whole page."""
    lines = [HEADER]
    for space, module in SPACES.items():
        lines += [f"## {space}", "", f"| function | derivative | vmap | {' | '.join(LIBRARIES)} |", "|---" * 9 + "|"]
        lines += [f"| {' | '.join(row(space, name, f, list(LIBRARIES)))} |" for name, f in functions(module)]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
