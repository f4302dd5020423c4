"""Every operation of the table: values, first and second derivatives, backends, dtypes, and the edges."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import anygrad as ag
from anygrad.backends import backend_of
from anygrad.ops.elementwise import may_have_zero
from anygrad.primitive import primitives
from tests.conftest import CUDA, is_dtype, require_device
from tests.ops import numerics
from tests.table import CONVENTIONS, NOT_OPERATIONS, OPERATIONS, Operation, Sample, outputs_of

BY_NAME = {operation.name: operation for operation in OPERATIONS}
DIFFERENTIABLE = [operation for operation in OPERATIONS if operation.is_differentiable]
LIBRARIES = ["strict:cpu", "torch:cpu", "jax:cpu", CUDA]
EPS = {"float32": 2e-5, "complex64": 2e-5, "float64": 1e-8, "complex128": 1e-8}
"""Relative tolerances of gradients, by dtype."""

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=repr)
every_differentiable = pytest.mark.parametrize("operation", DIFFERENTIABLE, ids=repr)


# --- running an operation ---------------------------------------------------------------------------------------------


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


# --- the edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "operands", "wanted"), [c[1:] for c in CONVENTIONS], ids=[c[0] for c in CONVENTIONS]
)
def test_conventions_where_no_derivative_exists(function, operands, wanted):
    leaves = [ag.Tensor(np.asarray(x), requires_grad=True) for x in operands]
    with np.errstate(all="ignore"):
        ag.sum(function(*leaves)).backward()
    for leaf, expected in zip(leaves, wanted, strict=True):
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-15)


SINGULAR = [(operation, point) for operation in DIFFERENTIABLE for point in operation.singular]


@pytest.mark.parametrize(("operation", "point"), SINGULAR, ids=[f"{op}{point}" for op, point in SINGULAR])
def test_a_zero_cotangent_stays_zero_where_the_partial_is_not_finite(operation, point):
    regular = next(s for s in operation.drawn() if len(s.arrays) == len(point) and s.arrays[0].size)
    operands = [np.array([p, x.ravel()[0]]) for p, x in zip(point, regular.arrays)]
    inside = np.array([False, True])
    everything = tuple(range(len(operands)))

    def masked(*xs):
        return ag.sum(ag.where(inside, operation.call(*xs), 0.0))

    def plain(*xs):
        return ag.sum(operation.call(*xs))

    def second(f):
        return ag.grad(lambda *xs: sum(ag.sum(g * g) for g in ag.grad(f, everything)(*xs)), everything)

    with np.errstate(all="ignore"):
        for derivative in (lambda f: ag.grad(f, everything), second):
            at_regular_point = derivative(plain)(*[x[1:] for x in operands])
            for got, wanted in zip(derivative(masked)(*operands), at_regular_point, strict=True):
                np.testing.assert_allclose(got, [0.0, wanted[0]], rtol=1e-12)


# --- completeness -----------------------------------------------------------------------------------------------------


def test_every_operation_has_an_entry():
    own = {name for name, op in primitives.items() if op.__module__.partition(".")[0] == "anygrad"}
    spaces = (ag, ag.linalg, ag.fft, ag.special)
    values = {name: getattr(space, name) for space in spaces for name in space.__all__}
    public = {name for name, value in values.items() if callable(value) and not is_dtype(value)}
    missing = (own | public) - BY_NAME.keys() - NOT_OPERATIONS
    assert not missing, f"without an entry in tests/table/: {sorted(missing)}"
    assert not NOT_OPERATIONS - (own | public | {"graph", "backends"})


GATHER = {"repeat", "unique_all", "unique_counts", "unique_inverse"}  # with the primitive of their name for the indices


def test_the_table_says_of_every_primitive_whether_it_has_a_derivative():
    for name, operation in BY_NAME.items():
        if name in primitives and name not in GATHER:
            assert operation.is_differentiable == (primitives[name].kind != "none"), name


def test_the_hint_about_zeros_is_right_where_there_is_one(device):
    assert may_have_zero(ag.Tensor([1.0, 0.0], device=device)) is True
    assert may_have_zero(np.array([1.0, 2.0])) is False


# --- reductions and contractions of any shape -------------------------------------------------------------------------

shapes = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(shape=shapes, data=st.data())
def test_a_reduction_over_any_axes_is_the_adjoint_of_its_directional_derivative(shape, data):
    axes = data.draw(st.none() | st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple))
    if axes is not None:
        axes = tuple(a - len(shape) if data.draw(st.booleans()) else a for a in axes)
    keepdims = data.draw(st.booleans())
    name = data.draw(st.sampled_from(["sum", "mean", "prod", "max", "min", "var", "std"]))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    x = rng.permutation(int(np.prod(shape))).reshape(shape) * 0.3 + 0.5
    direction = rng.uniform(-1, 1, shape)
    operation, h = BY_NAME[name], 1e-4

    def f(x):
        return operation.reference(x, axis=axes, keepdims=keepdims)

    g = rng.uniform(-1, 1, np.shape(f(x)))
    leaf = ag.Tensor(x, requires_grad=True)
    operation.call(leaf, axis=axes, keepdims=keepdims).backward(g)
    if name == "std" and np.any(f(x) < 1e-3):
        np.testing.assert_array_equal(np.isfinite(leaf.grad.numpy()), True)
        return
    slope = np.sum(
        g * (8 * (f(x + h * direction) - f(x - h * direction)) - f(x + 2 * h * direction) + f(x - 2 * h * direction))
    )
    np.testing.assert_allclose(
        np.sum(leaf.grad.numpy() * direction), slope / (12 * h), rtol=1e-7, atol=1e-8 * (1 + abs(slope / h))
    )


# --- distinct values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["unique_values", "unique_counts", "unique_inverse", "unique_all"])
def test_of_equal_elements_one_gets_the_gradient(name, device):
    if name == "unique_all" and device == "torch:cpu":
        pytest.skip("array-api-compat: unique_all() not yet implemented for pytorch")
    array = np.array([[3.0, 1.0, 3.0], [2.0, 1.0, 3.0]])
    x = ag.Tensor(array, device=device, requires_grad=True)
    expected = getattr(np, name)(array)
    for result in (getattr(ag, name)(x), getattr(ag, name)(array)):
        got = [result] if name == "unique_values" else list(result)
        for part, value in zip(got, [expected] if name == "unique_values" else expected, strict=True):
            np.testing.assert_array_equal(on_host(part), value)
    values = getattr(ag, name)(x)
    values = values if name == "unique_values" else values.values
    ag.sum(values * ag.asarray([1.0, 10.0, 100.0], device=device)).backward()
    gradient = on_host(x.grad)
    for value, weight in ((1.0, 1.0), (2.0, 10.0), (3.0, 100.0)):
        assert sorted(gradient[array == value])[-1] == weight == gradient[array == value].sum()
