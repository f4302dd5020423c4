"""What the tables of calls of scikit-learn, array-api-extra, einops and opt_einsum share."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from tests.ecosystem.scipy_harness import Case, TakenError, gradients, weights

REFUSALS = (RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError, KeyError, IndexError, SystemError)
WAYS = {
    "does not become a NumPy array": "makes NumPy arrays of its arguments",
    "__dlpack__: the Tensor requires": "makes NumPy arrays of its arguments",
    "setting an array element with a sequence": "makes NumPy arrays of its arguments",
    "gives plain numbers": "asks for a Python number",
    "out= and in-place operators": "writes into a NumPy array",
    "numpy.add.at": "writes into a NumPy array",
    "Function call with ambiguous": "hands them to compiled code",
    "No matching signature": "hands them to compiled code",
    "weights= is not supported": "wants quantiles of weights or of a method that anygrad lacks",
    "the ufunc": "calls a ufunc that anygrad has no derivative of",
    "is not supported on anygrad's arrays": "calls a function of NumPy's that anygrad lacks",
    "a bytes-like object is required": "hands them to compiled code",
    "must be an instance of 'numpy.ndarray'": "takes NumPy arrays alone",
    "Multiple namespaces for array inputs": "mixes them with NumPy arrays",
    "got an unexpected keyword argument": "uses a method of NumPy's arrays",
    "object has no attribute": "uses a method of NumPy's arrays",
    "unrecognized csr_array constructor": "makes a sparse array of its arguments",
    "sparse_output=True": "makes a sparse array of its arguments",
    "diff() takes 1 positional": "calls `diff(x, n)` as NumPy's, and not the standard's `diff(x, n=n)`",
    "KeyError": "looks labels up in a dictionary",
    "is not supported for Array API inputs": "takes NumPy arrays alone",
    "Array API dispatch to namespace anygrad only supports": "takes NumPy arrays alone",
    "not implemented to work with 'array_api_dispatch'": "takes NumPy arrays alone",
    "on a leaf that requires a gradient": "anygrad refuses to change a leaf in place",
}


class Call(Case):
    """One call of a library, given as a function of the arrays; floating ones are differentiated.

    The name says what is called, after the module that it is counted under.
    """

    def __init__(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> None:
        super().__init__(name, *args, **options)
        self._function = call
        self.shown = self.called

    def shown_as(self, text: str) -> Call:
        """The same, under another name among the refusals: where what is called works otherwise."""
        self.shown = text
        return self

    @property
    def function(self) -> Callable[..., Any]:
        return self._function

    @property
    def module(self) -> str:
        """All of the name but what is called."""
        return self.name.rpartition(".")[0]

    @property
    def called(self) -> str:
        """What is called."""
        return self.name.rpartition(".")[2]


def array(result: Any) -> np.ndarray:
    """A result on the host."""
    return result.detach().to("cpu").numpy() if isinstance(result, ag.Tensor) else np.asarray(result)


def keeps_gradient(results: list[Any]) -> bool:
    """Whether all floating results are Tensors, and carry the gradient."""
    kept = [isinstance(r, ag.Tensor) and r.requires_grad for r in results if np.dtype(r.dtype).kind in "fc"]
    return bool(kept) and all(kept)


def check(case: Case) -> list[Any]:
    """Hold values and derivatives against those on NumPy arrays, and give the results.

    The derivatives are along two random directions in the space of all arguments: an error in any element of the
    gradient shows in them.
    """
    results, found = gradients(case, "cpu")
    expected = case.run([x.copy() for x in case.arrays], np.copy)
    assert len(results) == len(expected)
    for result, value in zip(results, expected):
        np.testing.assert_allclose(array(result), value, rtol=1e-9, atol=1e-11)
    rng = np.random.default_rng(0)
    for _ in range(2):
        along = [_direction(rng, x) for x in case.arrays]
        slope = sum(float(np.sum((np.conj(g) * d).real)) for g, d in zip(found, along))
        np.testing.assert_allclose(slope, derivative(case, along), rtol=case.rtol, atol=case.rtol)
    return results


def check_constant(case: Case) -> None:
    """Hold values against those on NumPy arrays, and ask that no derivative is but zero."""
    assert check(case)
    assert not any(np.any(gradient) for gradient in gradients(case, "cpu")[1])


def _direction(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    d = rng.uniform(-1, 1, size=x.shape)
    return d + 1j * rng.uniform(-1, 1, size=x.shape) if x.dtype.kind == "c" else d


def derivative(case: Case, along: list[np.ndarray]) -> float:
    """The derivative of the weighted sum of results on NumPy arrays, by central differences of the fourth order."""
    h, slope = 2e-4, 0.0
    for steps, coefficient in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
        moved = [x + steps * h * d for x, d in zip(case.arrays, along)]
        for r in map(np.asarray, case.run(moved, np.copy)):
            if r.dtype.kind in "fc":
                both = r.real + 0.5 * r.imag if r.dtype.kind == "c" else r
                slope += coefficient * float(np.sum(both * weights(r.shape))) / (12 * h)
    return slope


def check_elsewhere(case: Case, device: str) -> None:
    """Hold values and gradients on another device against those on the CPU, and ask that all stays there."""
    results, found = gradients(case, device)
    expected, slopes = gradients(case, "cpu")
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_allclose(array(result), array(value), rtol=1e-9, atol=1e-11)
    for gradient, slope in zip(found, slopes, strict=True):
        np.testing.assert_allclose(gradient, slope, rtol=1e-7, atol=1e-9)
    tracked = [r for r in results if isinstance(r, ag.Tensor) and r.requires_grad]
    assert tracked
    assert {r.device for r in tracked} == {device}


def labelled(cases: list[Any]) -> list[Any]:
    """Cases with their names, numbered where one thing is called in several ways."""
    seen: dict[str, int] = {}
    params = []
    for case in cases:
        seen[case.name] = n = seen.get(case.name, 0) + 1
        params.append(pytest.param(case, id=case.name if n == 1 else f"{case.name}-{n}"))
    return params


def refusal(case: Case, package: str) -> tuple[str, str]:
    """Which function of a package refuses a call on Tensors, and how.

    Raises:
        TakenError: none does.
    """
    try:
        gradients(case, "cpu")
    except REFUSALS as error:
        message = f"{type(error).__name__}: {error}"
        return _where(error, package), next((w for sign, w in WAYS.items() if sign in message), message)
    raise TakenError(f"{case.name} takes Tensors that require a gradient")


def _where(error: BaseException, package: str) -> str:
    """The innermost function of a package's own on the way to an error, by its file and name."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename).as_posix()
        _, _, inside = path.rpartition(f"/{package}/")
        own = inside != path and "externals/" not in inside and not inside.endswith("_array_api.py")
        if own and not frame.name.startswith("<"):
            return f"`{inside}`, `{frame.name}`"
    return "a compiled function"
