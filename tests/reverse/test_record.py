"""The short ways in which operations are recorded, against the ordinary one."""

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.core.primitive import primitives
from anygrad.reverse.record import _general


@pytest.mark.parametrize("op", [ag.add, ag.subtract, ag.multiply, ag.divide, ag.pow, ag.maximum, ag.atan2])
@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 3), (3,)), ((), (3,)), ((2, 1), (1, 3)), ((3,), None)])
@pytest.mark.parametrize("dtypes", [("float64", "float64"), ("float32", "float64")])
def test_the_short_way_of_two_operands_agrees_with_the_general_one(op, shapes, dtypes):
    rng = np.random.default_rng(0)
    general = _general(op, Tensor)
    results = []
    values = [2.0 if s is None else rng.uniform(0.5, 2.0, s).astype(d) for s, d in zip(shapes, dtypes, strict=True)]
    for run in (op, general):
        operands = [v if isinstance(v, float) else Tensor(v, requires_grad=True) for v in values]
        out = run(*operands)
        out.backward()
        results.append([out] + [x.grad for x in operands if isinstance(x, Tensor)])
    for short, ordinary in zip(*results, strict=True):
        assert short.dtype == ordinary.dtype
        np.testing.assert_array_equal(short.data, ordinary.data)


@pytest.mark.parametrize("op", [ag.exp, ag.sin, ag.abs, ag.negative, ag.square, ag.sum, ag.prod, ag.sign, ag.flip])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_the_short_way_of_one_operand_agrees_with_the_general_one(op, dtype):
    value = np.linspace(0.5, 2.0, 4).astype(dtype) * (1 + 1j if dtype == "complex128" else 1)
    results = []
    for run in (op, _general(op, Tensor)):
        x = Tensor(value, requires_grad=True)
        run(x, **op.defaults).backward()
        results.append(x.grad.data)
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("wanted", ["both", "first", "second"])
@pytest.mark.parametrize("name", ["matmul", "vecdot", "tensordot", "take_along_axis"])
def test_the_short_way_of_other_operations_of_two_agrees_with_the_general_one(name, wanted):
    op = primitives[name]
    values = [np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([[1.0, -1.0], [4.0, 0.25]])]
    if name == "take_along_axis":
        values[1] = np.array([[1, 0], [0, 0]])
    results = []
    for run in (op, _general(op, Tensor)):
        asked = [wanted in ("both", which) and v.dtype.kind == "f" for v, which in zip(values, ("first", "second"))]
        tensors = [Tensor(v, requires_grad=required) for v, required in zip(values, asked)]
        out = run(*tensors, **op.defaults)
        if out.requires_grad:
            out.backward()
        results.append([out.data] + [x.grad.data for x in tensors if x.requires_grad])
    for short, ordinary in zip(*results, strict=True):
        np.testing.assert_array_equal(short, ordinary)


def test_an_array_that_is_put_in_place_of_another_has_its_own_shape_and_dtype():
    x = Tensor(np.array([1.0, 2.0], "float32"), requires_grad=True)
    y = Tensor(np.array([[3.0, 4.0]], "float32"), requires_grad=True)
    (x * x).backward()  # from here on the shape is known
    x.zero_grad()
    x.data = np.array([[1.0], [2.0]])
    out = x * y
    assert out.shape == (2, 2)
    out.backward()
    assert x.grad.data.tolist() == [[7.0], [7.0]]
    assert x.grad.dtype == np.float64
    assert y.grad.data.tolist() == [[3.0, 3.0]]
    assert y.grad.dtype == np.float32


def test_what_an_operation_makes_of_a_complex_array_is_not_taken_for_complex():
    x = Tensor(np.array([3 + 4j, 1j]), requires_grad=True)
    modulus = abs(x * x)
    (modulus * modulus).backward()
    np.testing.assert_allclose(x.grad.data, 4 * np.abs(x.data) ** 2 * x.data)


def test_a_function_that_widens_halves_gives_gradients_of_halves():
    x = Tensor(np.array([0.5, 1.0], "float16"), requires_grad=True)
    out = ag.special.erf(x)
    (out * out).backward()
    assert x.grad.dtype == np.float16


@pytest.mark.parametrize("op", [ag.add, ag.multiply, ag.divide, ag.maximum, ag.matmul, ag.special.linear, ag.clip])
@pytest.mark.parametrize("bare", [0, 1, 2])
def test_arrays_beside_tensors_take_the_short_way_to_the_same_result(op, bare):
    rng = np.random.default_rng(0)
    values = [rng.uniform(0.5, 2.0, (3, 3)), rng.uniform(0.5, 2.0, (3, 3)), rng.uniform(1.0, 2.0, 3)]
    values = values[: max(len(op.operands), 2)] if hasattr(op, "operands") else values
    if bare >= len(values):
        pytest.skip("it has fewer operands")
    general = _general(op, Tensor) if hasattr(op, "operands") else op
    results = []
    for run in (op, general):
        operands = [v if i == bare else Tensor(v, requires_grad=True) for i, v in enumerate(values)]
        out = run(*operands)
        (out * out).backward()
        results.append([out.data] + [x.grad.data for x in operands if isinstance(x, Tensor)])
    for short, ordinary in zip(*results, strict=True):
        np.testing.assert_array_equal(short, ordinary)
