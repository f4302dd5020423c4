"""Where no derivative exists, reductions over any axes, and equal elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import anygrad as ag
from anygrad.ops.elementwise import may_have_zero
from tests.ops.running import on_host
from tests.table import CONVENTIONS, OPERATIONS

BY_NAME = {operation.name: operation for operation in OPERATIONS}
DIFFERENTIABLE = [operation for operation in OPERATIONS if operation.is_differentiable]


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
