"""anygrad's arrays among NumPy's: programs, operators, and ``like=``."""

from __future__ import annotations

import operator
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import require_device
from tests.numpy_api.samples import A, X, host, leaf

# --- a program that knows NumPy alone ---------------------------------------------------------------------------------


def simulated(p: Any) -> Any:
    """A damped oscillator by explicit steps, with what NumPy programs are made of."""
    states = np.zeros((4, 2), like=p)
    states[0] = [p[0], 1.0]
    for i in range(1, len(states)):
        position, velocity = states[i - 1]
        force = -np.sin(position) * p[1] - p[2] * velocity
        states[i, 0] = position + 0.1 * velocity
        states[i, 1] = velocity + 0.1 * force
        if states[i, 0] > 10.0:
            break
    energy = np.einsum("ij,ij->i", states, states)
    energy[energy < 0.1] *= 2.0
    return np.sum(np.diff(energy) ** 2) + np.linalg.norm(states[:, 0]) + energy[[0, -1]].mean()


POINT = np.array([0.7, 1.3, 0.2])


def test_a_numpy_program_is_differentiated_as_it_is():
    ag.testing.check_grads(simulated_without_branch, (POINT,))
    assert ag.hessian(simulated)(POINT).shape == (3, 3)
    np.testing.assert_allclose(
        ag.jvp(simulated, (POINT,), (np.ones(3),))[1], ag.grad(simulated)(POINT).sum(), rtol=1e-12
    )


def simulated_without_branch(p: Any) -> Any:
    """The same in what runs on a batch too: no comparison decides what comes next."""
    states = np.zeros((4, 2), like=p)
    states[0] = [p[0], 1.0]
    for i in range(1, len(states)):
        position, velocity = states[i - 1]
        states[i] = np.array([position + 0.1 * velocity, velocity - 0.1 * np.sin(position) * p[1]], like=p)
    return np.sum(np.diff(np.einsum("ij,ij->i", states, states)) ** 2) * p[2]


def test_a_numpy_program_runs_on_a_batch_and_its_gradients_too():
    points = np.stack([POINT, 2 * POINT])
    np.testing.assert_allclose(
        ag.vmap(simulated_without_branch)(points), [simulated_without_branch(p) for p in points], rtol=1e-12
    )
    np.testing.assert_allclose(
        ag.vmap(ag.grad(simulated_without_branch))(points),
        [ag.grad(simulated_without_branch)(p) for p in points],
        rtol=1e-12,
    )


def test_a_numpy_program_runs_on_any_device(device):
    p = leaf(POINT, device)
    simulated_without_branch(p).backward()
    np.testing.assert_allclose(host(p.grad), ag.grad(simulated_without_branch)(POINT), rtol=1e-10)
    assert p.grad.device == device


@pytest.mark.gpu
def test_a_numpy_program_runs_on_the_gpu():
    p = leaf(POINT, "cuda")
    simulated_without_branch(p).backward()
    np.testing.assert_allclose(host(p.grad), ag.grad(simulated_without_branch)(POINT), rtol=1e-10)


def test_a_numpy_function_of_a_tensor_over_dask_stays_lazy():
    x = leaf(X, require_device("dask:cpu"))
    result = np.sum(np.sin(x) * np.concatenate([x, x])[:3])
    assert result.device == "dask:cpu"
    result.backward()
    np.testing.assert_allclose(host(x.grad), np.cos(X) * X + np.sin(X))


# --- operators --------------------------------------------------------------------------------------------------------

OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lt", "le", "gt", "ge", "eq", "ne"]


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("other", [X + 3.0, np.float64(3.5), np.float32(3.5), np.int64(3)], ids=lambda x: str(x.dtype))
def test_operators_with_numpys_arrays_and_scalars_on_either_side(name, other):
    act = getattr(operator, name)
    if name == "matmul" and not other.shape:
        pytest.skip("a matrix product wants axes")
    base = np.abs(X) + 0.3
    for found, expected in (
        (act(other, Tensor(base)), act(other, base)),
        (act(Tensor(base), other), act(base, other)),
    ):
        assert isinstance(found, Tensor)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(host(found), expected)


def test_an_array_on_the_left_keeps_the_gradient_of_every_level():
    x = leaf(X)
    ((X + 1.0) * x).sum().backward()
    np.testing.assert_allclose(host(x.grad), X + 1.0)
    nested = ag.grad(lambda v: ag.grad(lambda w: np.sum(X * w * v * w))(X).sum())
    np.testing.assert_allclose(nested(X), 2 * X * X)
    np.testing.assert_allclose(ag.jvp(lambda v: X @ v, (X,), (X,))[1], X @ X)
    np.testing.assert_allclose(ag.vmap(lambda v: np.float64(2.0) * v)(A), 2 * A)


def test_a_tensor_of_an_inner_transform_meets_one_of_an_outer_in_numpys_functions():
    def outer(v):
        return np.sum(ag.grad(lambda w: np.sum(np.multiply(v, np.power(w, 3))))(X))

    np.testing.assert_allclose(ag.grad(outer)(X), 3 * X**2)


def test_numbers_and_lists_among_the_operands():
    x = Tensor(X)
    np.testing.assert_allclose(host(np.maximum(x, [1.0, 2.0, 3.0])), np.maximum(X, [1.0, 2.0, 3.0]))
    np.testing.assert_allclose(host(np.add(1, x)), 1 + X)
    np.testing.assert_allclose(host(np.fmax(x, 0.6)), np.fmax(X, 0.6))
    assert np.fmax(Tensor(X, dtype="float32"), 0.6).dtype == np.float32
    assert np.add(Tensor([1, 2]), 1.5).dtype == np.float64
    assert np.sqrt(Tensor([1, 4])).dtype == np.float64


def test_kinds_of_dtypes_mix_as_numpy_mixes_them_where_the_library_does_not():
    device = require_device("strict:device1")
    ints, floats = Tensor([1, 2, 3], device=device), Tensor(X, device=device)
    np.testing.assert_allclose(host(np.add(ints, floats)), np.array([1, 2, 3]) + X)
    np.testing.assert_allclose(host(np.concatenate([ints, floats])), np.concatenate([[1, 2, 3], X]))
    np.testing.assert_allclose(host(np.array([ints[0], floats[0]], like=ints)), [1, X[0]])


class Container:
    """What wraps arrays, as xarray does, and takes part in ufuncs and functions itself."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Container:
        return Container(getattr(ufunc, method)(*(getattr(x, "data", x) for x in inputs), **kwargs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> str:
        return "the container's"


def test_containers_of_arrays_take_over():
    x = leaf(X)
    assert type(np.multiply(x, Container(2.0))) is Container
    assert np.concatenate([x, Container(x)]) == "the container's"


# --- like= ------------------------------------------------------------------------------------------------------------

LIKE: dict[str, Any] = {
    "arange": lambda np, **like: np.arange(1, 7, 2, **like),
    "array": lambda np, **like: np.array([[1, 2], [3, 4]], dtype=np.float32, ndmin=3, **like),
    "asarray": lambda np, **like: np.asarray([1.0, 2.0], **like),
    "asanyarray": lambda np, **like: np.asanyarray([[1]], **like),
    "ascontiguousarray": lambda np, **like: np.ascontiguousarray([1.0, 2.0], **like),
    "asfortranarray": lambda np, **like: np.asfortranarray([[1.0, 2.0]], **like),
    "empty": lambda np, **like: np.empty((2, 3), dtype=np.float32, **like) * 0,
    "eye": lambda np, **like: np.eye(2, 3, k=1, **like),
    "fromfunction": lambda np, **like: np.fromfunction(lambda i, j: i + 2 * j, (2, 3), dtype=float, **like),
    "full": lambda np, **like: np.full((2, 2), 7, **like),
    "identity": lambda np, **like: np.identity(2, **like),
    "ones": lambda np, **like: np.ones(3, dtype=int, **like),
    "tri": lambda np, **like: np.tri(3, k=-1, **like),
    "zeros": lambda np, **like: np.zeros((2,), order="F", **like),
}

IN_PLACE_FUNCTIONS = {"copyto", "fill_diagonal", "put", "put_along_axis"}
SAVED = ("save", "savez", "savez_compressed", "savetxt")
TESTED_THERE = {*LIKE, "copy", *IN_PLACE_FUNCTIONS, *SAVED}


@pytest.mark.parametrize("name", list(LIKE))
@pytest.mark.parametrize("device", ["cpu", "strict:device1"])
def test_arrays_like_another_are_its_kind_and_hold_what_numpys_would(name, device):
    made, expected = LIKE[name](np, like=leaf(X, require_device(device))), LIKE[name](np)
    assert (type(made), made.device, made.dtype, made.shape) == (Tensor, device, expected.dtype, expected.shape)
    assert not made.requires_grad
    np.testing.assert_array_equal(host(made), expected)


@pytest.mark.parametrize("transform", ["grad", "jvp", "vmap", "hessian", "vmap of grad"])
def test_arrays_like_another_can_be_assigned_to_under_every_transform(transform):
    def f(x):
        filled = np.zeros(3, like=x)
        for i in range(3):
            filled[i] = np.sum(x[: i + 1] ** 3)
        whole = np.array([[filled[0], 1], [x[1], filled[2]]], like=x)
        return np.sum(whole * np.full((2, 2), x[2], like=x)) + np.sum(np.ones_like(filled) * filled)

    def expected(x):
        c = np.cumsum(x**3)
        return (c[0] + 1 + x[1] + c[2]) * x[2] + np.sum(c)

    run = {
        "grad": lambda f: ag.grad(f)(X),
        "jvp": lambda f: ag.jvp(f, (X,), (X,))[1],
        "vmap": lambda f: ag.vmap(f)(A),
        "hessian": lambda f: ag.hessian(f)(X),
        "vmap of grad": lambda f: ag.vmap(ag.grad(f))(A),
    }[transform]
    np.testing.assert_allclose(run(f), run(expected), rtol=1e-12)


def test_what_is_made_of_arrays_is_stacked_with_its_gradient():
    x = leaf(X)
    made = np.array([[x[0], 2], (x[1], np.float64(3.0))], like=x)
    assert made.shape == (2, 2)
    (made * made).sum().backward()
    np.testing.assert_allclose(host(x.grad), [2 * X[0], 2 * X[1], 0])
    assert np.asarray(x, like=x) is x
    assert np.array(x, like=x) is not x


# --- imports ----------------------------------------------------------------------------------------------------------


def test_the_table_of_functions_is_read_when_it_is_first_needed():
    code = "import sys, anygrad, numpy\nassert not [m for m in sys.modules if m.startswith('anygrad.numpy_api')]\n"
    code += "assert numpy.sin(anygrad.Tensor(0.0)).item() == 0.0 and 'anygrad.numpy_api' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", SAVED)
def test_values_without_a_derivative_are_saved_and_others_refuse(name, tmp_path):
    file, x = tmp_path / "x.npz", Tensor(X)
    arrays = {"first": x} if name.startswith("savez") else {}
    with open(file, "wb") as stream:
        getattr(np, name)(stream, x if not arrays else x * 2, **arrays)
    loaded = np.loadtxt(file) if name == "savetxt" else np.load(file)
    found = [loaded["arr_0"] / 2, loaded["first"]] if arrays else [loaded]
    for values in found:
        np.testing.assert_array_equal(values, X)
    for save in (lambda x: getattr(np, name)(tmp_path / "y", x), lambda x: np.savez(tmp_path / "y", x=x)):
        with pytest.raises(RuntimeError, match=r"x\.detach\(\)\.numpy\(\)"):
            save(leaf(X))
        with pytest.raises(RuntimeError, match="lose the derivative"):
            ag.jvp(save, (X,), (X,))


def test_the_method_clip_of_numpys_arrays_takes_bounds_that_carry_a_derivative():
    def f(x):
        return np.sum(np.array([0, 5, 1]).clip(x[0], x[1]) * np.array([1.0, 10.0, 100.0]))

    assert ag.value_and_grad(f)(np.array([0.5, 2.0]))[0] == 0.5 + 20.0 + 100.0
    assert ag.grad(f)(np.array([0.5, 2.0])).tolist() == [1.0, 10.0]
    assert np.array([0, 5]).clip(Tensor([1, 1]), Tensor([2, 2])).dtype == np.int64


def into(x, write):
    """What is in a copy of an array, and in a view of that, after a write."""
    y = x * 1.0
    part = y[:2]
    write(y, part)
    return np.sum(y * np.array([1.0, 10.0, 100.0])) + np.sum(part)


INTO = {
    "add": lambda y, part: np.add(y, 1, out=y),
    "by place": lambda y, part: np.multiply(y, y, y),
    "of plain arrays": lambda y, part: np.add(X, 1.0, out=y),
    "a part": lambda y, part: np.exp(part, out=part),
    "where": lambda y, part: np.sqrt(y, where=np.array([True, False, True]), out=y),
    "several": lambda y, part: np.modf(y, y, y * 1.0),
    "clip": lambda y, part: np.clip(y, 0.6, 1.5, out=y),
    "cumsum": lambda y, part: np.cumsum(y * 1.0, out=y),
    "reduce": lambda y, part: np.add.reduce(np.outer(y, y), axis=1, out=y),
    "broadcast": lambda y, part: np.add(part[:1], 1.0, out=y),
}


@pytest.mark.parametrize("name", INTO)
def test_out_is_an_array_of_anygrads_that_is_written_to(name):
    def f(x):
        return into(x, INTO[name])

    x = np.array([0.5, 1.25, 2.25])
    value, gradient = ag.value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x))
    steps = 1e-6 * np.eye(3)
    np.testing.assert_allclose(gradient, [(f(x + h) - f(x - h)) / 2e-6 for h in steps], atol=1e-6)
    np.testing.assert_allclose(ag.jacfwd(f)(x), gradient)
    np.testing.assert_allclose(ag.vmap(f)(np.stack([x, x])), [value, value])


def test_out_of_another_shape_or_kind_is_refused():
    x = Tensor(X)
    with pytest.raises(ValueError, match=r"numpy.add: the result has shape \(3,\) and out has \(2,\)"):
        np.add(x, 1, out=x[:2])
    with pytest.raises(TypeError, match=r"numpy.add: the result is float64 and out is int64"):
        np.add(x, 1, out=Tensor([1, 2, 3]))
    with pytest.raises(TypeError, match=r"numpy.cumsum: the result is complex128 and out is float64"):
        np.cumsum(x * 1j, out=x * 1.0)
    with pytest.raises(RuntimeError, match="leaf that requires a gradient"):
        np.add(leaf(X), 1, out=leaf(X))
