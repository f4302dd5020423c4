"""Calling a SciPy function on Tensors, and its gradient beside the one from finite differences."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import anygrad as ag

SUBMODULES = ("distance", "elementwise", "hierarchy", "transform", "vq")


@dataclasses.dataclass(frozen=True)
class Constant:
    """An array among the arguments that is not differentiated."""

    array: np.ndarray


class TakenError(AssertionError):
    """A call that the tables have among those refused takes Tensors that require a gradient."""


class Case:
    """One call of a SciPy function.

    Floating arrays among the arguments, also in lists, are differentiated. ``of`` picks the part of
    the result that is checked, where not all of it depends smoothly on the arguments.
    """

    def __init__(self, name: str, *args: Any, of: Callable[[Any], Any] | None = None, **options: Any) -> None:
        self.name = name
        self.args = args
        self.options = options
        self.of = of
        self.call: Callable[..., Any] | None = None
        self.rtol = 1e-6
        self.refusal = ""

    def by(self, call: Callable[..., Any]) -> Case:
        """The same, with ``call(function, *args)`` for what is more than one call of the function."""
        self.call = call
        return self

    def within(self, rtol: float) -> Case:
        """The same, with this relative error allowed, for functions that iterate or cancel."""
        self.rtol = rtol
        return self

    def __repr__(self) -> str:
        return self.name

    @property
    def function(self) -> Callable[..., Any]:
        """The SciPy function, looked up when it is asked for."""
        module, *attributes = self.name.split(".")
        if attributes[0] in SUBMODULES:
            module = f"{module}.{attributes.pop(0)}"
        found: Callable[..., Any] = operator.attrgetter(".".join(attributes))(
            importlib.import_module(f"scipy.{module}")
        )
        return found

    @property
    def arrays(self) -> list[np.ndarray]:
        """The arrays that are differentiated."""
        found: list[np.ndarray] = []
        _mapped(self.args, lambda x: found.append(x) if x.dtype.kind in "fc" else None)
        _mapped(self.options, lambda x: found.append(x) if x.dtype.kind in "fc" else None)
        return found

    def run(self, arrays: list[Any], of_other: Callable[[np.ndarray], Any]) -> list[Any]:
        """The results with these arrays in place of :attr:`arrays`, and others made by ``of_other``."""
        left = iter(arrays)
        fill = functools.partial(
            _mapped, of_array=lambda x: next(left) if x.dtype.kind in "fc" else of_other(x), of_constant=of_other
        )
        args, options = fill(self.args), fill(self.options)
        function = self.function
        result = self.call(function, *args, **options) if self.call else function(*args, **options)
        return flat(self.of(result) if self.of else result)


def _mapped(value: Any, of_array: Callable[[np.ndarray], Any], of_constant: Any = None) -> Any:
    if isinstance(value, Constant):
        return value if of_constant is None else of_constant(value.array)
    if isinstance(value, np.ndarray):
        return of_array(value)
    if type(value) in (list, tuple):
        return type(value)(_mapped(part, of_array, of_constant) for part in value)
    if type(value) is dict:
        return {key: _mapped(part, of_array, of_constant) for key, part in value.items()}
    return value


def flat(result: Any) -> list[Any]:
    """The arrays in a result: itself, the parts of a tuple, or the attributes of a result object."""
    if hasattr(result, "dtype"):
        return [result]
    if isinstance(result, float | complex):
        return [np.asarray(result)]
    if isinstance(result, list | tuple):
        return [array for part in result for array in flat(part)]
    if isinstance(result, dict):
        return [array for part in result.values() for array in flat(part)]
    if dataclasses.is_dataclass(result):
        return [array for field in dataclasses.fields(result) for array in flat(getattr(result, field.name))]
    return []


def weights(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers to weigh the elements of a result with, so that errors in them do not cancel."""
    n = int(np.prod(shape))
    return (1.0 + 0.5 * np.cos(1.7 * np.arange(n))).reshape(shape)


def gradients(case: Case, device: str) -> tuple[list[Any], list[np.ndarray]]:
    """The floating results on Tensors of a device, and the gradients of their weighted sum."""
    with ag.device(device):
        return _gradients(case, device)


def _gradients(case: Case, device: str) -> tuple[list[Any], list[np.ndarray]]:
    tensors = [ag.Tensor(x, device=device, requires_grad=True) for x in case.arrays]
    results = case.run(tensors, lambda x: ag.Tensor(x, device=device))
    floating = [r for r in results if np.dtype(r.dtype).kind in "fc"]
    total: Any = 0.0
    for r in floating:
        if isinstance(r, ag.Tensor) and r.requires_grad:
            w = ag.asarray(weights(r.shape), device=device)
            both = ag.real(r) + 0.5 * ag.imag(r) if r.dtype.kind == "c" else r
            total = total + ag.sum(both * w)
    if isinstance(total, ag.Tensor):
        total.backward()
    found = [np.zeros(t.shape) if t.grad is None else t.grad.to("cpu").numpy() for t in tensors]
    return results, found


def differences(case: Case) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The same by SciPy on NumPy arrays and central differences, of the fourth order."""
    arrays = [x.copy() for x in case.arrays]

    def total() -> float:
        value = 0.0
        for r in case.run([x.copy() for x in arrays], np.copy):
            r = np.asarray(r)
            if r.dtype.kind in "fc":
                both = r.real + 0.5 * r.imag if r.dtype.kind == "c" else r
                value += float(np.sum(both * weights(r.shape)))
        return value

    results = case.run([x.copy() for x in arrays], np.copy)
    found = []
    for x in arrays:
        gradient = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            for unit in (1.0, 1j) if x.dtype.kind == "c" else (1.0,):
                before = x[index]
                h = 2e-4 * max(1.0, abs(before))
                slope = 0.0
                for steps, coefficient in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
                    x[index] = before + steps * h * unit
                    slope += coefficient * total() / (12 * h)
                x[index] = before
                gradient[index] += slope * unit
        found.append(gradient)
    return results, found
