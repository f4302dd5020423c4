"""An entry of the table of operations, run: its results, cotangents and gradients."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.backends import backend_of
from tests.table import Operation, Sample, outputs_of

EPS = {"float32": 2e-5, "complex64": 2e-5, "float64": 1e-8, "complex128": 1e-8}
"""Relative tolerances of gradients, by dtype."""


def cases(operation: Operation) -> list[Sample]:
    """The samples in double precision, real and, where it is defined for them, complex."""
    return operation.drawn() + (operation.drawn(np.complex128) if operation.is_complex else [])


def expected_of(operation: Operation, sample: Sample) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        return [np.asarray(out) for out in outputs_of(operation.reference(*sample.args, **sample.kwargs))]


def called(operation: Operation, sample: Sample, arrays: list[Any], device: str = "cpu") -> list[Any]:
    """The results for other arrays; integers and masks become Tensors too, keys stay raw."""
    left = iter(arrays)
    args, kwargs = sample.mapped(
        lambda x: next(left) if x.dtype.kind in "fc" else ag.Tensor(x, device=device),
        lambda x: ag.Tensor(x, device=device).data,
    )
    return outputs_of(operation.call(*args, **kwargs))


def leaves_of(sample: Sample, device: str = "cpu") -> list[ag.Tensor]:
    return [ag.Tensor(x, device=device, requires_grad=True) for x in sample.arrays]


def cotangents_for(operation: Operation, expected: list[np.ndarray], salt: str = "g") -> list[np.ndarray]:
    """Random arrays of the shapes and dtypes of arrays."""
    rng = np.random.default_rng(zlib.crc32((operation.name + salt).encode()))
    found = []
    for out in expected:
        g = rng.uniform(-1, 1, out.shape) + (1j * rng.uniform(-1, 1, out.shape) if out.dtype.kind == "c" else 0)
        found.append(np.asarray(g).astype(out.dtype))
    return found


def refusal(operation: Operation, sample: Sample, device: str) -> str | None:
    """The error that a library declares for a sample, None if it takes it."""
    library = device.partition(":")[0]
    return operation.refused.get(library) or sample.refused.get(library)


def paired(cotangents: list[Any], outputs: list[Any]) -> Any:
    """``Re(sum(conj(g) * out))`` in anygrad's operations."""
    terms = [ag.sum(ag.real(ag.multiply(ag.conj(g), out))) for g, out in zip(cotangents, outputs, strict=True)]
    return sum(terms[1:], start=terms[0])


def backpropagated(operation: Operation, sample: Sample, expected: list[np.ndarray], device: str = "cpu") -> list[Any]:
    """The gradients of all arrays through ``Tensor.backward``, None for those that receive none."""
    leaves = leaves_of(sample, device)
    outputs = called(operation, sample, leaves, device)
    cotangents = [ag.Tensor(g, device=device) for g in cotangents_for(operation, expected)]
    if len(outputs) == 1:
        outputs[0].backward(cotangents[0])
    else:
        paired(cotangents, outputs).backward()
    return [leaf.grad for leaf in leaves]


def carries_gradient(sample: Sample, expected: list[np.ndarray]) -> bool:
    return bool(sample.arrays) and all(out.dtype.kind in "fc" for out in expected)


def on_host(x: Any) -> np.ndarray:
    raw = x.data if isinstance(x, ag.Tensor) else x
    return np.asarray(backend_of(raw).to_numpy(raw))


def assert_close(got: Any, expected: np.ndarray, rtol: float, what: str) -> None:
    scale = max(1.0, float(np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)))
    np.testing.assert_allclose(on_host(got), expected, rtol=rtol, atol=rtol * scale, err_msg=what)


def value_tolerance(operation: Operation, dtype: np.dtype) -> float:
    return operation.rtol if dtype in (np.float64, np.complex128) else 1e-5 if dtype.kind in "fc" else 0
