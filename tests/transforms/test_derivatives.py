"""Jacobians, Hessians, vjp, jvp, linearize and their nesting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.primitive import forget_implementations, observers
from tests.conftest import CUDA, require_device
from tests.table import OPERATIONS, Operation, Sample, outputs_of

rng = np.random.default_rng(0)
A, B = rng.normal(size=(4, 3)), rng.normal(size=4)
X = rng.normal(size=3)


def model(x):
    return ag.tanh(A @ x) * B


# --- against each other -----------------------------------------------------------------------------------------------


def test_all_ways_to_a_jacobian_agree():
    wanted = (1 - np.tanh(A @ X) ** 2)[:, None] * A * B[:, None]
    for jacobian in (ag.jacrev, ag.jacfwd, ag.jacobian):
        np.testing.assert_allclose(jacobian(model)(X), wanted, rtol=1e-12)
    out, pullback = ag.vjp(model, X)
    np.testing.assert_allclose(out, model(X))
    np.testing.assert_allclose(np.stack([pullback(row)[0] for row in np.eye(4)]), wanted, rtol=1e-12)
    out, derivative = ag.linearize(model, X)
    np.testing.assert_allclose(out, model(X))
    np.testing.assert_allclose(np.stack([derivative(row) for row in np.eye(3)], 1), wanted, rtol=1e-12)
    np.testing.assert_allclose(ag.vmap(derivative, out_axes=1)(np.eye(3)), wanted, rtol=1e-12)


def test_all_ways_to_a_hessian_agree():
    def f(x):
        return ag.sum(model(x) ** 3)

    wanted = ag.hessian(f)(X)
    for other in (
        ag.jacrev(ag.grad(f)),
        ag.jacfwd(ag.jacfwd(f)),
        ag.jacrev(ag.jacfwd(f)),
        ag.jacrev(ag.jacrev(f)),
        lambda x: np.stack([ag.hvp(f, (x,), (row,))[0] for row in np.eye(3)]),
        lambda x: ag.vmap(lambda row: ag.grad(lambda x: ag.sum(ag.grad(f)(x) * row))(x))(np.eye(3)),
        lambda x: ag.vmap(lambda row: ag.linearize(ag.grad(f), x)[1](row))(np.eye(3)),
    ):
        np.testing.assert_allclose(other(X), wanted, rtol=1e-10)
    np.testing.assert_allclose(wanted, wanted.T, rtol=1e-12)


NESTED: list[Operation] = [
    operation
    for operation in OPERATIONS
    if operation.is_differentiable
    and operation.name not in ("astype", "index_iadd")
    and not operation.name.startswith("unique_")  # the shape depends on values, which vmap refuses
]


@pytest.mark.parametrize("operation", NESTED, ids=repr)
def test_every_operation_nests_in_every_order_of_modes(operation):
    """Forward, reverse and batches agree on second derivatives of a random combination of the outputs."""
    for sample in operation.drawn()[:2]:
        if sum(x.size for x in sample.arrays):
            check_nesting(operation, sample)


def check_nesting(operation: Operation, sample: Sample) -> None:
    arrays = sample.arrays
    everything = tuple(range(len(arrays)))

    def f(*xs: Any) -> Any:
        args, kwargs = sample.replaced(list(xs))
        total = 0.0
        for y in outputs_of(operation.call(*args, **kwargs)):
            if y.dtype.kind in "fc":
                total = total + ag.sum(ag.sin(ag.real(y)) if y.dtype.kind == "c" else ag.sin(y))
        return total

    tangents = [np.cos(np.arange(x.size)).reshape(x.shape).astype(x.dtype) for x in arrays]
    with np.errstate(all="ignore"):
        first = ag.grad(f, everything)
        wanted = ag.grad(
            lambda *xs: sum(ag.sum(ag.real(ag.conj(t) * g)) for g, t in zip(first(*xs), tangents)), everything
        )(*arrays)
        _, forward_over_reverse = ag.jvp(first, arrays, tangents)
        reverse_over_forward = ag.grad(lambda *xs: ag.jvp(f, xs, tangents)[1], everything)(*arrays)
        batched = ag.vmap(lambda *ts: ag.jvp(first, arrays, ts)[1])(*[np.stack([t, 2 * t]) for t in tangents])
        of_batch = ag.vmap(first)(*[np.stack([x, x]) for x in arrays])
    for i, expected in enumerate(wanted):
        what = f"{operation}{sample}, array {i}"
        tolerance = {"rtol": 1e-7, "atol": 1e-8 * max(1.0, np.abs(expected).max(initial=0)), "err_msg": what}
        np.testing.assert_allclose(forward_over_reverse[i], expected, **tolerance)
        np.testing.assert_allclose(reverse_over_forward[i], expected, **tolerance)
        np.testing.assert_allclose(batched[i], np.stack([expected, 2 * expected]), **tolerance)
        np.testing.assert_allclose(of_batch[i][1], first(*arrays)[i], rtol=1e-10, atol=1e-12, err_msg=what)


def test_third_derivatives_of_compositions():
    def third(f: Any) -> Any:
        return ag.grad(ag.grad(ag.grad(f)))

    x = 0.7
    for f, wanted in [
        (lambda x: x**5, 60 * x**2),
        (lambda x: ag.sin(2 * x), -8 * np.cos(2 * x)),
        (lambda x: ag.exp(-x * x), (12 * x - 8 * x**3) * np.exp(-x * x)),
        (lambda x: ag.log(x) * x, -1 / x**2),
        (lambda x: 1 / x, -6 / x**4),
        (lambda x: ag.sqrt(x), 0.375 * x**-2.5),
        (lambda x: ag.sum(ag.stack([x, x * x]) ** 2), 24 * x),
        (lambda x: ag.matmul(ag.stack([x, x]), ag.stack([x * x, x])), 6.0),
        (lambda x: ag.prod(ag.stack([x, x, x, x])), 24 * x),
        (lambda x: ag.cumulative_prod(ag.stack([x, x, x, x]))[3], 24 * x),
        (lambda x: ag.linalg.det(ag.reshape(ag.stack([x * x, x, x, x**3]), (2, 2))), 60 * x**2),
        (lambda x: ag.where(x > 0, x**3, x), 6.0),
    ]:
        np.testing.assert_allclose(third(f)(x), wanted, rtol=1e-11)
        forward = ag.jvp(lambda a, f=f: ag.jvp(ag.grad(f), (a,), (1.0,))[1], (x,), (1.0,))[1]
        np.testing.assert_allclose(forward, wanted, rtol=1e-11)


# --- cost -------------------------------------------------------------------------------------------------------------


class Counted:
    """Counts the calls that reach NumPy while it is entered."""

    def __enter__(self):
        self.count = 0
        observers.append(self._counting)
        forget_implementations()
        return self

    def __exit__(self, *error):
        observers.remove(self._counting)
        forget_implementations()

    def _counting(self, op, array_type, implementation):
        if array_type is not np.ndarray:
            return implementation

        def run(*args, **kwargs):
            self.count += 1
            return implementation(*args, **kwargs)

        return run


def counted(f, *args):
    f(*args)
    with Counted() as calls:
        f(*args)
    return calls.count


def test_a_jacobian_costs_one_backward_pass_whatever_its_size():
    def f(x):
        return ag.sin(x) * ag.sum(x)

    for jacobian in (ag.jacrev, ag.jacfwd):
        small, large = counted(jacobian(f), np.ones(3)), counted(jacobian(f), np.ones(100))
        assert large <= small + 5
        np.testing.assert_allclose(jacobian(f)(np.ones(100))[0, :2], [100 * np.cos(1) + np.sin(1), np.sin(1)])


def test_a_product_with_the_hessian_costs_at_most_four_gradients():
    def f(x):
        return ag.sum(ag.tanh(A @ ag.sin(x) + 1.0) ** 2)

    gradient = counted(ag.grad(f), X)
    assert gradient > 5
    assert counted(lambda x: ag.hvp(f, (x,), (x,)), X) <= 4 * gradient


# --- other libraries --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["strict:device1", "torch:cpu", "jax:cpu", CUDA])
def test_all_transforms_run_on_every_library(device):
    require_device(device)
    a, x = (ag.Tensor(v, device=device).data for v in (A, X))

    def f(x):
        return ag.tanh(ag.matmul(a, x))

    def g(x):
        return ag.sum(f(x) ** 2)

    on_numpy = ag.Tensor(X).data
    for transform in (
        lambda f, g, x: ag.jacrev(f)(x),
        lambda f, g, x: ag.jacfwd(f)(x),
        lambda f, g, x: ag.hessian(g)(x),
        lambda f, g, x: ag.hvp(g, (x,), (x,))[0],
        lambda f, g, x: ag.linearize(f, x)[1](x),
        lambda f, g, x: ag.vmap(ag.grad(g))(ag.stack([x, x])),
        lambda f, g, x: ag.grad(ag.checkpoint(g))(x),
        lambda f, g, x: ag.elementwise_grad(ag.sin)(x),
    ):
        got = transform(f, g, x)
        wanted = transform(
            lambda x: ag.tanh(ag.matmul(A, x)), lambda x: ag.sum(ag.tanh(ag.matmul(A, x)) ** 2), on_numpy
        )
        assert type(got) is type(x)
        assert ag.Tensor(got).device == device
        np.testing.assert_allclose(ag.Tensor(got).numpy(), wanted, rtol=1e-10)


# --- wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.grad(lambda x: x * 2.0)(X), TypeError, r"real scalar, given float64\(3,\); reduce it with sum"),
        (lambda: ag.grad(ag.sum, 1)(X), IndexError, "argnums names argument 1, and 1 were given"),
        (lambda: ag.grad(ag.sum, argnames="y")(X), KeyError, "argnames names 'y'"),
        (lambda: ag.grad(ag.sum)({"w": [np.arange(3)]}), TypeError, r"argument 0\['w'\]\[0\] must be of a floating"),
        (lambda: ag.grad(lambda p: p["w"])({"w": 1}), TypeError, r"argument 0\['w'\] must be floating.*write 1.0"),
        (lambda: ag.grad(lambda x: (x, x), has_aux=False)(1.0), TypeError, "must return a real scalar"),
        (lambda: ag.grad(lambda x: {"x": x})(1.0), TypeError, "what comes besides is returned with has_aux=True"),
        (lambda: ag.grad(lambda x: None)(1.0), TypeError, "is a return missing"),
        (lambda: ag.grad(ag.sum, argnums="x")(X), TypeError, "argnums must be an integer or several, given 'x'"),
        (lambda: ag.grad(ag.sum, argnums=(0, 0.5))(X), TypeError, "argnums must be an integer or several"),
        (lambda: ag.jvp(ag.sum, X[:1], (X[:1],)), TypeError, r"primals must be a tuple.*given float64\(1,\)"),
        (lambda: ag.jvp(ag.sum, (X[:1],), X[:1]), TypeError, "tangents must be a tuple with one for each argument"),
        (lambda: ag.hvp(ag.sum, X, X), TypeError, "hvp of sum: primals must be a tuple"),
        (lambda: ag.scan(lambda c, x: c + x, 0.0, X), TypeError, r"scan: f must return a pair \(carry, result\)"),
        (lambda: ag.Tensor(X, requires_grad=True).register_hook(3), TypeError, "hook must be callable, given 3"),
        (lambda: ag.grad(lambda x: x, has_aux=True)(1.0), TypeError, "has_aux=True.*pair"),
        (lambda: ag.grad(1), TypeError, "grad: f must be callable, given 1"),
        (lambda: ag.jvp(model, (X,), (X, X)), ValueError, "1 primals and 2 tangents"),
        (lambda: ag.jvp(model, (X,), (X[:2],)), ValueError, r"tangent of argument 0 must have its shape \(3,\)"),
        (lambda: ag.jvp(lambda p: p["a"], ({"a": X},), ({"b": X},)), ValueError, r"tangents\[0\].*structure.*\['a'\]"),
        (lambda: ag.vjp(model, X)[1](X), ValueError, r"cotangent of output must have its shape \(4,\)"),
        (lambda: ag.vjp(model, X)[1](B * 1j), TypeError, "cotangent of output must be real"),
        (lambda: ag.jacrev(lambda x: x * 1j)(X), TypeError, "jacrev.*output must be real"),
        (lambda: ag.jacfwd(lambda x: x)(X * 1j), TypeError, "jacfwd.*argument 0 must be real"),
        (lambda: ag.vmap(lambda x: x, in_axes=1)(X), ValueError, r"argument 0 has no axis 1.*\(3,\)"),
        (lambda: ag.vmap(lambda x, y: x, in_axes=(0,))(X, X), ValueError, "in_axes has 1 entries, and 2 arguments"),
        (lambda: ag.vmap(lambda x, y: x)(X, B), ValueError, "argument 0 has 3, argument 1 has 4"),
        (lambda: ag.vmap(lambda p: p, in_axes=({"a": 0},))({"b": X}), ValueError, "in_axes.*does not fit a dict"),
        (lambda: ag.vmap(lambda x: x, in_axes=None)(X), ValueError, "axis_size"),
        (lambda: ag.vmap(lambda x: x if x > 0 else -x)(X), TypeError, "under vmap.*anygrad.where"),
        (lambda: ag.vmap(lambda x: x, out_axes=None)(X), ValueError, "differs between members"),
        (lambda: ag.vmap(lambda x: x, out_axes=2)(X), ValueError, "out_axes asks for the mapped one at 2"),
        (lambda: ag.vmap(ag.unique_values)(A), TypeError, "must not depend on values"),
    ],
)
def test_wrong_input_is_refused_with_the_place_and_the_remedy(call, error, message):
    with pytest.raises(error, match=message):
        call()
    np.testing.assert_allclose(ag.grad(lambda x: ag.sum(x * x))(X), 2 * X)  # and nothing is left behind


# --- jacobian calls what jacrev and jacfwd take, and as they do -------------------------------------------------------

OF_NUMBERS = {
    "an operation": (ag.sin, 0.5, np.cos(0.5)),
    "a list": (lambda t: np.array([t, t * t], like=t), 3.0, [1.0, 6.0]),
    "a copy": (lambda x: x.copy() * 2, np.ones(2), 2 * np.eye(2)),
    "of R to C": (lambda t: np.exp(1j * t), 0.5, 1j * np.exp(0.5j)),
}


@pytest.mark.parametrize(("f", "x", "wanted"), OF_NUMBERS.values(), ids=OF_NUMBERS)
def test_jacobian_takes_what_jacfwd_takes(f, x, wanted):
    np.testing.assert_allclose(ag.jacobian(f)(x), wanted, rtol=1e-14)
    np.testing.assert_allclose(ag.jacfwd(f)(x), wanted, rtol=1e-14)


@pytest.mark.parametrize("jacobian", [ag.jacrev, ag.jacfwd, ag.jacobian])
def test_numbers_among_the_results_have_a_jacobian_of_zeros(jacobian):
    found = jacobian(lambda x: {"y": x * x, "n": 2.0, "i": 3, "s": "text"})(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found["y"], [[2.0, 0.0], [0.0, 4.0]])
    np.testing.assert_array_equal(found["n"], [0.0, 0.0])
    np.testing.assert_array_equal(found["i"], [0.0, 0.0])
    assert found["s"] == "text"
    assert all(type(x) is np.ndarray for x in (found["y"], found["n"]))


def test_numbers_give_arrays():
    value, tangent = ag.jvp(lambda x: x * 2, (1.0,), (1.0,))
    assert (type(value), type(tangent)) == (np.ndarray, np.ndarray)
    out, pullback = ag.vjp(lambda x: x * 2, 1.0)
    assert (type(out), type(pullback(1.0)[0])) == (np.ndarray, np.ndarray)
    assert type(ag.linearize(lambda x: x * 2, np.ones(()))[1](1.0)) is np.ndarray


def test_complex_numbers_are_no_cotangents_of_real_ones():
    with pytest.raises(TypeError, match="cotangent of output must be real"):
        ag.vjp(lambda x: x * x, np.array(2.0))[1](1j)
    with pytest.raises(TypeError, match="tangent of argument 0 must be real"):
        ag.jvp(lambda x: x * x, (2.0,), (1j,))
