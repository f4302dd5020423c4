"""Derivatives as CUDA kernels: what is generated, on the CPU and by NVRTC; the tests of operations cover it on a GPU.

The kernels of a backward pass over NumPy's arrays are written as for CuPy's, compiled for this machine, and run in
place of the rules, so that their numbers, and what the engine does with them, can be compared with those of the rules.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import anygrad as ag
from tests.backends import kernels_on_host as host
from tests.table import OPERATIONS, elementwise, outputs_of

pytest.importorskip("cupy")

from anygrad.backends import backends
from anygrad.backends.fusion import derivatives, fused_pullbacks, kernels
from anygrad.ops.special import logistic

on_host = pytest.mark.skipif(host.reason_not_on_host is not None, reason=str(host.reason_not_on_host))
compiled = pytest.mark.skipif(host.reason_not_compiled() is not None, reason=f"NVRTC: {host.reason_not_compiled()}")


class NotBuiltError(Exception):
    """A kernel was asked for that is not compiled yet."""


class Kernels:
    """CuPy's kernels on NumPy's arrays: taken in during a first run, compiled, and used in a second."""

    def __init__(self) -> None:
        self.library = host.Library()
        self.numbers: dict[object, int] = {}
        self.is_built = False
        self.launched: list[str] = []

    def take(self, source) -> None:
        if not self.is_built and source not in self.numbers and host.can_run(source):
            self.numbers[source] = self.library.add(source)

    def number_of(self, source) -> int:
        if not self.is_built or not host.can_run(source):
            raise NotBuiltError
        self.launched.append(source.name)
        return self.numbers[source]

    def elementwise(self, source):
        self.take(source)
        dtypes = [part.split()[0] for part in source.in_params.split(", ") if part]
        made = [part.split()[0] for part in source.out_params.split(", ")]

        def kernel(*args):
            number = self.number_of(source)
            ins = np.broadcast_arrays(*(np.asarray(x, dtype) for x, dtype in zip(args, dtypes)))
            outs = args[len(dtypes) :] or [np.empty(ins[0].shape, dtype) for dtype in made]
            written = [np.ascontiguousarray(out) for out in outs]
            self.library.run(number, [*map(np.ascontiguousarray, ins), *written], ins[0].size)
            for out, values in zip(outs, written):
                out[...] = values.reshape(out.shape)
            return outs[0] if len(outs) == 1 else tuple(outs)

        return kernel

    def summed(self, source):
        self.take(source)
        dtypes = [part.split()[0] for part in source.in_params.split(", ") if part]
        dtype = source.out_params.split()[0]

        def kernel(*args, axis):
            number = self.number_of(source)
            ins = np.broadcast_arrays(*(np.asarray(x, dtype) for x, dtype in zip(args, dtypes)))
            last = range(ins[0].ndim - len(axis), ins[0].ndim)
            moved = [np.ascontiguousarray(np.moveaxis(x, axis, last)) for x in ins]
            shape = moved[0].shape[: moved[0].ndim - len(axis)]
            flat = [x.reshape(math.prod(shape), -1) for x in moved]
            out = np.empty(math.prod(shape), dtype)
            for i in range(len(out)):
                self.library.run(number, [*(x[i] for x in flat), out[i : i + 1]], flat[0].shape[1])
            return out.reshape(shape)

        return kernel

    def rows(self, source, arrays, out, rows, columns):
        self.take(source)
        number = self.number_of(source)
        threads = 64 if columns > 8 else 4  # two warps, or less than one
        self.library.run(number, [*map(np.ascontiguousarray, arrays), out], rows, columns, threads)

    def run(self, function, folder):
        """A function's result with the kernels in place."""
        fused_pullbacks[np.ndarray] = self.pullback
        try:
            if not self.is_built:
                function()
                self.library.build(folder)
                self.is_built = True
            self.launched.clear()
            return function()
        finally:
            del fused_pullbacks[np.ndarray]

    def pullback(self, pullback, g, parents, saved, node, counts):
        try:
            return derivatives.fused_pullback(pullback, g, parents, saved, node, counts)
        except NotBuiltError:
            return pullback.run(g, parents, saved, node)


@pytest.fixture
def generated(monkeypatch):
    assert backends["cupy"].namespace is not None
    found = Kernels()
    monkeypatch.setattr(kernels, "elementwise_kernel", found.elementwise)
    monkeypatch.setattr(kernels, "summed_kernel", found.summed)
    monkeypatch.setattr(kernels, "launch_rows", found.rows)
    monkeypatch.setattr(kernels, "empty", np.empty)
    monkeypatch.setattr(derivatives, "_plans", {})
    monkeypatch.setattr(derivatives, "_plans_along_rows", {})
    return found


# --- the numbers ------------------------------------------------------------------------------------------------------


def gradients_of_the_table(dtypes, operations=OPERATIONS):
    """The gradients of every sample of every operation, by what it is."""
    found = {}
    for operation in operations:
        for dtype in map(np.dtype, dtypes):
            if operation.is_differentiable and (dtype.kind != "c" or operation.is_complex):
                for i, sample in enumerate(operation.drawn(dtype)):
                    with np.errstate(all="ignore"):
                        found[operation.name, dtype.name, i] = gradients_of(operation, sample)
    return found


def gradients_of(operation, sample):
    leaves = [ag.Tensor(x, requires_grad=True) for x in sample.arrays]
    args, kwargs = sample.replaced(leaves)
    outputs = [y for y in outputs_of(operation.call(*args, **kwargs)) if isinstance(y, ag.Tensor) and y.requires_grad]
    for output in outputs:
        weight = 0.5 + 0.25j if output.dtype.kind == "c" else 0.5
        output.backward(ag.astype(ag.full_like(output.detach(), weight), output.dtype), retain_graph=True)
    return [None if x.grad is None else x.grad.data for x in leaves]


@on_host
def test_generated_kernels_give_the_gradients_of_the_rules(generated, tmp_path):
    dtypes = [np.float64, np.float32, np.complex128]
    expected = gradients_of_the_table(dtypes)
    found = generated.run(lambda: gradients_of_the_table(dtypes), tmp_path)
    for case, gradients in expected.items():
        rtol = 1e-12 if case[1] != "float32" else 2e-5
        for got, wanted in zip(found[case], gradients, strict=True):
            if wanted is None:
                assert got is None
                continue
            scale = max(1.0, float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)))
            np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol * scale, err_msg=str(case))
    ran = {name.removeprefix("anygrad_").partition("_backward")[0] for name in generated.launched}
    assert len(ran) > 60
    assert {"multiply", "pow", "tanh", "softmax", "logsumexp", "where", "abs", "max", "var"} <= ran


def host_arrays(*arrays):
    return [ag.Tensor(np.asarray(x), requires_grad=True) for x in arrays]


@on_host
def test_one_launch_for_each_step_and_none_for_sums_that_are_added_to(generated, tmp_path):
    def gelu_twice():
        (x,) = host_arrays(np.linspace(-2, 2, 7))
        y = x * 0.5 * (1 + ag.tanh(0.79788456 * (x + 0.044715 * x**3))) + x * x
        y.backward()
        return x.grad.data

    gradient = generated.run(gelu_twice, tmp_path)
    np.testing.assert_allclose(gradient, gelu_twice(), rtol=1e-14)
    # x*x in one launch for both of its sides; add passes g on; each of the other steps is one launch, adding up x.grad.
    names = [name.removeprefix("anygrad_").removesuffix("_backward") for name in generated.launched]
    assert sorted(names) == ["multiply"] * 5 + ["pow", "tanh"]


@on_host
def test_a_zero_cotangent_stays_zero_in_kernels(generated, tmp_path):
    def clipped_root():
        x, y = host_arrays([0.0, 4.0, -1.0], [0.0, 2.0, 1.0])
        ag.sum(ag.where(x.detach() > 0, ag.sqrt(x) * ag.log(y), 0.0)).backward()
        return np.stack([x.grad.data, y.grad.data])

    with np.errstate(all="ignore"):
        found = generated.run(clipped_root, tmp_path)
        np.testing.assert_allclose(found, clipped_root())
    assert np.isfinite(found).all()
    assert "anygrad_sqrt_backward" in generated.launched


@on_host
def test_operands_that_were_broadcast_get_their_sums_from_one_launch(generated, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, 5)), rng.normal(size=5), rng.normal(size=(4, 1)), rng.normal()

    def scaled():
        leaves = host_arrays(*values)
        x, row, column, number = leaves
        ag.sum(x * row / ag.exp(column) ** number).backward()
        return [leaf.grad.data for leaf in leaves]

    for found, expected in zip(generated.run(scaled, tmp_path), scaled(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert generated.launched.count("anygrad_divide_backward_sum") == 1


@on_host
@pytest.mark.parametrize("columns", [3, 70])
def test_rows_of_every_length_and_axes_that_are_not_the_last(generated, tmp_path, columns):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(3, 2, columns))
    functions = [
        lambda x: ag.special.softmax(x, axis=-1),
        lambda x: ag.special.log_softmax(x, axis=(1, 2)),
        lambda x: ag.special.logsumexp(x, axis=-1, keepdims=True),
        lambda x: ag.special.standardize(x),
        lambda x: ag.max(x, axis=2),
        lambda x: ag.std(x, axis=(-1, 1), correction=1.0),
        lambda x: ag.special.softmax(x, axis=0),  # by the rule
    ]

    def all_of_them():
        found = []
        for function in functions:
            (x,) = host_arrays(values)
            ag.sum(function(x) ** 2).backward()
            found.append(x.grad.data)
        return found

    for found, expected in zip(generated.run(all_of_them, tmp_path), all_of_them(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)
    in_rows = [n.removeprefix("anygrad_").removesuffix("_backward") for n in generated.launched if "pow" not in n]
    assert in_rows == ["softmax", "log_softmax", "logsumexp", "standardize", "max", "std"]


@on_host
def test_functions_composed_of_others_are_one_kernel_too(generated, tmp_path):
    rng = np.random.default_rng(2)
    values = rng.normal(size=(4, 6))
    one_by_one = [logistic.expit, logistic.log_expit, logistic.softplus, logistic.silu, logistic._gelu_by_tanh]
    by_rows = [logistic.softmax, logistic.log_softmax, logistic._logsumexp, ag.special.standardize]

    def all_of_them():
        found = []
        for op in one_by_one:
            found.append(derivatives.fused_default(op)(values))
        for op in by_rows:
            found.append(derivatives.fused_default(op)(values, axis=-1))
        return found

    def unless_built():
        try:
            return all_of_them()
        except NotBuiltError:
            return None

    for op in (*one_by_one, *by_rows):  # each is written before the first is built
        with pytest.raises(NotBuiltError):
            derivatives.fused_default(op)(values, **({"axis": -1} if op in by_rows else {}))
    found = generated.run(unless_built, tmp_path)
    expected = [op(values) for op in one_by_one] + [op(values, axis=-1) for op in by_rows]
    for got, wanted, op in zip(found, expected, (*one_by_one, *by_rows), strict=True):
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-15, err_msg=op.name)
    assert len(generated.launched) == len(expected)


@on_host
def test_one_tensor_in_several_places_and_exponents_of_every_kind(generated, tmp_path):
    def program():
        (x,) = host_arrays([0.5, 1.5, 2.5])
        mask = x.detach() > 1
        y = x * 1.0
        z = (
            ag.where(mask, y, y) * y + ag.maximum(y, y) + y * y
        )  # y has a sum before the choice and the maximum add to it
        powers = y**2 + y**-0.5 + y**2.7 + y**7 + ag.pow(2.0, y) + ag.where(mask, y, 2.0) ** -math.inf
        ag.sum(z + powers).backward()
        return x.grad.data

    with np.errstate(all="ignore"):
        np.testing.assert_allclose(generated.run(program, tmp_path), program(), rtol=1e-13)
    assert {"anygrad_where_backward", "anygrad_maximum_backward", "anygrad_pow_backward"} <= set(generated.launched)


@on_host
def test_what_no_kernel_is_written_for_runs_by_its_rule(generated, tmp_path):
    def of_an_order():
        (x,) = host_arrays([0.5, 1.5])
        ag.sum(ag.special.jv(2, x) + ag.cumulative_sum(x) * x).backward()
        return x.grad.data

    np.testing.assert_allclose(generated.run(of_an_order, tmp_path), of_an_order(), rtol=1e-14)
    assert generated.launched == ["anygrad_multiply_backward"]


# --- the compiler for GPUs --------------------------------------------------------------------------------------------


@compiled
@pytest.mark.parametrize("arch", ["sm_80", "sm_90"])
def test_nvrtc_compiles_every_kernel_of_the_table(generated, monkeypatch, arch):
    sources = {}
    monkeypatch.setattr(generated, "take", lambda source: sources.setdefault(source))
    fused_pullbacks[np.ndarray] = generated.pullback
    try:
        gradients_of_the_table([np.float32, np.complex64])
        gradients_of_the_table([np.float16], elementwise.OPERATIONS)
    finally:
        del fused_pullbacks[np.ndarray]
    names = {source.name for source in sources}
    assert {"anygrad_k0_backward", "anygrad_gamma_backward", "anygrad_multiply_backward_sum"} <= names
    assert {part.split()[0] for s in sources for part in getattr(s, "in_params", "").split(", ") if part} >= {
        "float16",
        "float32",
        "complex64",
        "bool",
    }
    assert host.compile_for(arch, list(sources)) > 100_000


@pytest.mark.usefixtures("generated")
def test_an_observed_rule_is_run_rather_than_a_kernel():
    (x,) = host_arrays([4.0, 0.0])
    fused_pullbacks[np.ndarray] = derivatives.fused_pullback
    try:
        with ag.detect_anomaly():
            total = ag.sum(ag.sqrt(x))
            with pytest.raises(FloatingPointError, match="backward pass of sqrt made inf"):
                total.backward()
    finally:
        del fused_pullbacks[np.ndarray]
