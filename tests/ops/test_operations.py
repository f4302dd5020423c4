"""Every operation of the table: values, first and second derivatives, dtypes, and libraries."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of
from tests.conftest import CUDA, require_device
from tests.ops import numerics
from tests.ops.running import (
    EPS,
    assert_close,
    backpropagated,
    called,
    carries_gradient,
    cases,
    cotangents_for,
    expected_of,
    leaves_of,
    on_host,
    paired,
    refusal,
    value_tolerance,
)
from tests.table import OPERATIONS, Operation, Sample, outputs_of

BY_NAME = {operation.name: operation for operation in OPERATIONS}
DIFFERENTIABLE = [operation for operation in OPERATIONS if operation.is_differentiable]
LIBRARIES = ["strict:cpu", "torch:cpu", "jax:cpu", CUDA]

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
every_differentiable = pytest.mark.parametrize("operation", DIFFERENTIABLE, ids=repr)


# --- values -----------------------------------------------------------------------------------------------------------


@every_operation
def test_values_are_those_of_numpy_on_arrays_and_on_tensors(operation):
    for sample in cases(operation):
        expected = expected_of(operation, sample)
        with np.errstate(all="ignore"):
            raw = outputs_of(operation.call(*sample.args, **sample.kwargs))
            wrapped = called(operation, sample, leaves_of(sample))
        assert len(raw) == len(wrapped) == len(expected)
        for plain, tensor, value in zip(raw, wrapped, expected):
            what = f"{operation}{sample}"
            assert isinstance(plain, np.ndarray | np.generic), what
            assert isinstance(tensor, ag.Tensor), what
            assert tensor.shape == plain.shape == value.shape, what
            assert tensor.dtype == plain.dtype == value.dtype, what
            assert_close(plain, value, value_tolerance(operation, value.dtype), what)
            np.testing.assert_array_equal(on_host(tensor), plain, err_msg=what)
            assert tensor.requires_grad == (operation.is_differentiable and carries_gradient(sample, expected)), what


# --- derivatives ------------------------------------------------------------------------------------------------------


@every_differentiable
def test_first_derivatives_are_the_numerical_ones(operation):
    checked = 0
    for sample in cases(operation):
        expected = expected_of(operation, sample)
        if not carries_gradient(sample, expected):
            continue
        got = backpropagated(operation, sample, expected)

        def reference(arrays, sample=sample):
            args, kwargs = sample.replaced(arrays)
            return outputs_of((operation.smooth or operation.reference)(*args, **kwargs))

        wanted = numerics.first_gradients(
            reference,
            sample.arrays,
            cotangents_for(operation, expected),
            is_analytic=operation.is_analytic,
            in_double=operation.in_double,
        )
        for i, (g, x, number) in enumerate(zip(got, sample.arrays, wanted, strict=True)):
            what = f"gradient {i} of {operation}{sample}"
            assert (g.shape, g.dtype) == (x.shape, x.dtype), what
            rtol = max(EPS[np.dtype(d).name] for d in (x.dtype, *(out.dtype for out in expected)))
            assert_close(g, number.astype(x.dtype), rtol, what)
            checked += 1
    assert checked


def pushed_forward(operation: Operation, sample: Sample, tangents: list[np.ndarray]) -> list[np.ndarray]:
    """The tangents of all outputs, in forward mode."""
    _, pushed = ag.jvp(lambda *duals: tuple(called(operation, sample, list(duals))), sample.arrays, tangents)
    return [on_host(t) for t in pushed]


@every_differentiable
def test_forward_rules_are_the_adjoints_of_the_reverse_ones(operation):
    checked = 0
    for sample in cases(operation):
        expected = expected_of(operation, sample)
        if not carries_gradient(sample, expected):
            continue
        what = f"{operation}{sample}"
        directions = cotangents_for(operation, sample.arrays, "v")
        pushed = pushed_forward(operation, sample, directions)
        for t, out in zip(pushed, expected, strict=True):
            assert (t.shape, t.dtype) == (out.shape, out.dtype), what
        cotangents = cotangents_for(operation, expected)
        pulled = [g.numpy() for g in backpropagated(operation, sample, expected)]
        forward, backward = numerics.pairing(cotangents, pushed), numerics.pairing(directions, pulled)
        dtypes = (*(x.dtype for x in sample.arrays), *(out.dtype for out in expected))
        rtol = 1e-11 if all(d in (np.float64, np.complex128) for d in dtypes) else 1e-4
        np.testing.assert_allclose(forward, backward, rtol=rtol, atol=rtol * (1 + np.abs(backward)), err_msg=what)
        checked += 1
    assert checked


def second_order(
    operation: Operation, sample: Sample, expected: list[np.ndarray], nested: bool, device: str = "cpu"
) -> list[np.ndarray]:
    """The gradients of ``<v, gradients of the operation>`` in the arrays and in the first cotangents."""
    cotangents, directions, arrays = (
        [ag.Tensor(x, device=device).data for x in xs]
        for xs in (cotangents_for(operation, expected), cotangents_for(operation, sample.arrays, "v"), sample.arrays)
    )
    n = len(arrays)

    def weighed(*inputs):
        return paired(list(inputs[n:]), called(operation, sample, list(inputs[:n]), device))

    if nested:
        first = ag.grad(weighed, tuple(range(n)))
        inputs = [*arrays, *cotangents]
        found = ag.grad(lambda *xs: paired(directions, first(*xs)), tuple(range(len(inputs))))(*inputs)
        return [on_host(g) for g in found]
    leaves = [ag.Tensor(x, requires_grad=True) for x in (*arrays, *cotangents)]
    weighed(*leaves).backward(create_graph=True, inputs=leaves[:n])
    firsts = [leaf.grad for leaf in leaves[:n]]
    for leaf in leaves:
        leaf.zero_grad()
    total = paired(directions, firsts)
    if total.requires_grad:
        total.backward(inputs=leaves)
    return [np.zeros(leaf.shape, leaf.dtype) if leaf.grad is None else on_host(leaf.grad) for leaf in leaves]


@every_differentiable
def test_second_derivatives_are_those_of_the_first_both_recorded_and_nested(operation):
    for sample in cases(operation):
        expected = expected_of(operation, sample)
        doubles = all(x.dtype in (np.float64, np.complex128) for x in (*sample.arrays, *expected))
        if not doubles or not carries_gradient(sample, expected):
            continue
        n = len(sample.arrays)

        def first(inputs, sample=sample, n=n):
            leaves = [ag.Tensor(x, requires_grad=True) for x in inputs[:n]]
            paired(list(inputs[n:]), called(operation, sample, leaves)).backward(inputs=leaves)
            return [leaf.grad.numpy() for leaf in leaves]

        wanted = numerics.gradients(
            first,
            [*sample.arrays, *cotangents_for(operation, expected)],
            cotangents_for(operation, sample.arrays, "v"),
            5e-4,
        )
        for nested in (False, True):
            for i, (g, number) in enumerate(
                zip(second_order(operation, sample, expected, nested), wanted, strict=True)
            ):
                what = f"second gradient {i} of {operation}{sample}, {'nested' if nested else 'recorded'}"
                assert_close(g, number, 1e-7, what)


# --- dtypes -----------------------------------------------------------------------------------------------------------

SINGLE = [(op, "float32") for op in OPERATIONS] + [(op, "complex64") for op in OPERATIONS if op.is_complex]


@pytest.mark.parametrize("device", ["cpu", CUDA])
@pytest.mark.parametrize(("operation", "dtype"), SINGLE, ids=[f"{op}-{dtype}" for op, dtype in SINGLE])
def test_single_precision_is_kept_in_results_and_in_gradients(operation, dtype, device):
    for sample in operation.drawn(dtype):
        if refusal(operation, sample, device):
            continue
        expected = expected_of(operation, sample)
        what = f"{operation}{sample} on {device}"
        for tensor, value in zip(called(operation, sample, leaves_of(sample, device), device), expected, strict=True):
            # SciPy takes a Python number beside float32 for a float64, and CuPy does not.
            assert tensor.dtype in ({value.dtype} if device == "cpu" else {value.dtype, np.dtype(dtype)}), what
            assert_close(tensor, value, value_tolerance(operation, value.dtype) and 1e-5, what)
        if operation.is_differentiable and carries_gradient(sample, expected):
            for g, x in zip(backpropagated(operation, sample, expected, device), sample.arrays, strict=True):
                assert (g.shape, g.dtype, g.device) == (x.shape, x.dtype, device), what


# --- backends ---------------------------------------------------------------------------------------------------------


def check_on(operation: Operation, sample: Sample, device: str) -> None:
    """Value and first derivative on a device equal NumPy's, and are arrays of its library."""
    expected = expected_of(operation, sample)
    what = f"{operation}{sample} on {device}"
    leaves = leaves_of(sample, device)
    library = backend_of(ag.Tensor(0.0, device=device).data)
    for tensor, value in zip(called(operation, sample, leaves, device), expected, strict=True):
        assert backend_of(tensor.data) is library, what
        assert (tensor.shape, tensor.device) == (value.shape, device), what
        assert tensor.dtype.kind == value.dtype.kind, what
        assert_close(tensor, value.astype(tensor.dtype), value_tolerance(operation, tensor.dtype) and 1e-6, what)
    if operation.is_differentiable and carries_gradient(sample, expected):
        wanted = backpropagated(operation, sample, expected)
        for g, on_numpy in zip(backpropagated(operation, sample, expected, device), wanted, strict=True):
            assert backend_of(g.data) is library, what
            assert (g.shape, g.dtype, g.device) == (on_numpy.shape, on_numpy.dtype, device), what
            assert_close(g, on_host(on_numpy), EPS[g.dtype.name] * 10, what)


def check_operation_on(operation: Operation, device: str) -> None:
    """Every sample (for JAX every other), or the error that the library declares for it."""
    library = device.partition(":")[0]
    samples = cases(operation)
    if library == "jax":  # it compiles anew for each shape and dtype: of all samples this would take two minutes
        samples = [*operation.drawn()[::2], *samples[len(operation.drawn()) :][:1]]
    for sample in samples:
        reason = refusal(operation, sample, device)
        if reason is None:
            check_on(operation, sample, device)
        else:
            with pytest.raises((TypeError, ValueError, RuntimeError, UserWarning), match=reason):
                check_on(operation, sample, device)


@pytest.mark.filterwarnings("ignore:(var|std).*degrees of freedom:UserWarning")  # PyTorch's, once in a process
@pytest.mark.parametrize("device", LIBRARIES)
@every_operation
def test_every_library_agrees_with_numpy(operation, device):
    check_operation_on(operation, require_device(device))


@pytest.mark.parametrize("device", [CUDA])
@every_differentiable
def test_second_derivatives_on_a_device_are_those_on_numpy(operation, device):
    for sample in cases(operation):
        expected = expected_of(operation, sample)
        if carries_gradient(sample, expected) and not refusal(operation, sample, device):
            wanted = second_order(operation, sample, expected, nested=False)
            for nested in (False, True):
                got = second_order(operation, sample, expected, nested, device)
                for g, on_numpy in zip(got, wanted, strict=True):
                    what = f"{operation}{sample} on {device}, {'nested' if nested else 'recorded'}"
                    assert (g.shape, g.dtype) == (on_numpy.shape, on_numpy.dtype), what
                    assert_close(g, on_numpy, EPS[g.dtype.name] * 10, what)
