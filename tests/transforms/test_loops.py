"""Loops and solvers: scan, root and fixed_point."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.containers import flatten

X = np.array([0.3, 0.4])


def rows(carry, x):
    return ag.tanh(carry * x), {"sum": ag.sum(carry)}


@pytest.mark.parametrize("every", [None, 1, 3, 10, 99])
def test_scan_is_the_loop_however_it_is_checkpointed(every):
    xs = np.linspace(0.5, 1.0, 20).reshape(10, 2)

    def f(carry, xs):
        carry, ys = ag.scan(rows, carry, xs, checkpoint_every=every)
        return ag.sum(carry) + ag.sum(ys["sum"] ** 2)

    def loop(carry, xs):
        total = 0.0
        for i in range(10):
            total = total + ag.sum(carry) ** 2
            carry = ag.tanh(carry * xs[i])
        return ag.sum(carry) + total

    for got, wanted in zip(ag.grad(f, (0, 1))(X, xs), ag.grad(loop, (0, 1))(X, xs), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
    np.testing.assert_allclose(ag.hessian(f)(X, xs), ag.hessian(loop)(X, xs), rtol=1e-11)


def test_scan_without_rows_and_with_wrong_ones():
    carry, ys = ag.scan(lambda c, x: (c * 2.0, None), 1.0, length=3)
    assert (carry, ys) == (8.0, None)
    with pytest.raises(ValueError, match="xs is None, so length must say"):
        ag.scan(lambda c, x: (c, c), 1.0)
    with pytest.raises(ValueError, match=r"xs\['a'\] has 2, length has 3"):
        ag.scan(lambda c, x: (c, c), 1.0, {"a": X}, length=3)
    with pytest.raises(ValueError, match="checkpoint_every must be at least 1, given 0"):
        ag.scan(rows, X, np.ones((2, 2)), checkpoint_every=0)


@pytest.mark.parametrize("every", [None, 1, 3])
def test_a_scan_in_reverse_is_that_of_the_rows_in_reverse(every):
    xs = np.linspace(0.5, 1.0, 8).reshape(4, 2)

    def f(carry, xs):
        return ag.scan(rows, carry, xs, reverse=True, checkpoint_every=every)

    def turned(carry, xs):
        carry, ys = ag.scan(rows, carry, xs[::-1])
        return carry, {"sum": ys["sum"][::-1]}

    for got, wanted in zip(flatten(ag.jacrev(f, (0, 1))(X, xs))[0], flatten(ag.jacrev(turned, (0, 1))(X, xs))[0]):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
    assert ag.scan(lambda c, x: (c + x, c), 0.0, X, reverse=True)[1].tolist() == [X[1], 0.0]


def test_the_memory_of_a_scan_is_traded_for_time():
    xs = np.ones((400, 1))

    def peak(every):
        gc.collect()
        tracemalloc.start()
        ag.grad(lambda c: ag.sum(ag.scan(lambda c, x: (ag.sin(c * x), None), c, xs, checkpoint_every=every)[0]))(
            np.full(5_000, 0.5)
        )
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(20) < peak(None) / 4


def test_the_derivative_of_a_root_is_that_of_the_implicit_function():
    def solver(a):  # code that anygrad does not know
        return np.sqrt(np.asarray(a))

    root = ag.implicit_root(lambda y, a: y**2 - a, solver)
    a = np.array([4.0, 9.0])
    np.testing.assert_allclose(root(a), [2, 3])
    for jacobian in (ag.jacrev, ag.jacfwd):
        np.testing.assert_allclose(jacobian(root)(a), np.diag([1 / 4, 1 / 6]), atol=1e-15)
    np.testing.assert_allclose(ag.hessian(lambda a: ag.sum(root(a) ** 3))(a), np.diag(0.75 / np.sqrt(a)), atol=1e-12)
    np.testing.assert_allclose(ag.vmap(ag.grad(lambda a: root(a)))(a), [1 / 4, 1 / 6])


def test_a_root_of_containers_by_a_linear_solver_of_ones_own():
    def residual(y, p):
        return {"u": y["u"] * p["k"] - y["v"], "v": y["v"] - p["b"]}

    calls = []

    def linear_solver(matvec, b):
        calls.append(1)
        return ag.linalg.solve(ag.stack([matvec(row) for row in np.eye(3)], axis=1), b)

    p = {"k": np.array([2.0, 4.0]), "b": np.array(3.0)}
    solver = lambda p: {"u": p["b"] / p["k"], "v": p["b"]}  # noqa: E731
    wanted = ag.grad(lambda p: ag.sum(solver(p)["u"] ** 2))(p)
    residual_u = lambda y, p: {"u": residual(y, p)["u"], "v": residual(y, p)["v"]}  # noqa: E731
    for options in ({}, {"linear_solver": linear_solver}):
        root = ag.implicit_root(residual_u, solver, **options)
        got = ag.grad(lambda p, root=root: ag.sum(root(p)["u"] ** 2))(p)
        np.testing.assert_allclose(got["k"], wanted["k"], rtol=1e-12)
        np.testing.assert_allclose(got["b"], wanted["b"], rtol=1e-12)
    assert calls


def test_fixed_points():
    def newton(y, a):
        return (y + a / y) / 2

    a = np.array(2.0)
    found = ag.fixed_point(newton, np.array(1.0), a)
    np.testing.assert_allclose(found, np.sqrt(2), rtol=1e-14)
    np.testing.assert_allclose(ag.grad(lambda a: ag.fixed_point(newton, np.array(1.0), a))(a), 0.5 / np.sqrt(2))
    np.testing.assert_allclose(
        ag.vmap(ag.grad(lambda a: ag.fixed_point(newton, np.array(1.0), a)))(np.array([2.0, 3.0])),
        0.5 / np.sqrt([2.0, 3.0]),
    )
    assert ag.fixed_point(newton, 1.0, 2.0) == pytest.approx(2**0.5)  # of numbers alone
    with pytest.raises(RuntimeError, match="still moved by more than 1e-10 after 5 steps"):
        ag.fixed_point(lambda y: y + 1.0, np.array(0.0), max_steps=5)


# --- what equations use beside their parameters -----------------------------------------------------------------------


def by_fixed_point(a, w):
    return ag.fixed_point(lambda y, a: (y + a * w / y) / 2, np.array(1.0), a)


def by_root(a, w):
    c = w * 2.0  # of which the equation uses what is made of it
    return ag.implicit_root(lambda y, a: y**2 - a * c / 2.0, lambda a: ag.sqrt(a * ag.stop_gradient(w)))(a)


def exact(a, w):
    return ag.sqrt(a * w)


A, W = np.array(2.0), np.array(3.0)
USING = {
    "grad": lambda f: ag.grad(f, (0, 1))(A, W),
    "jvp": lambda f: ag.jvp(f, (A, W), (1.0, 0.5)),
    "jvp in what is used": lambda f: ag.jvp(lambda w: f(A, w), (W,), (1.0,)),
    "hessian": lambda f: ag.hessian(f, (0, 1))(A, W),
    "third": lambda f: ag.grad(lambda w: ag.grad(ag.grad(f, 1), 1)(A, w))(W),
    "used at an outer level": lambda f: ag.grad(lambda w: ag.grad(lambda a: f(a, w))(A))(W),
    "used at a deeper level": lambda f: ag.grad(lambda a: ag.grad(lambda w: f(a, w))(W))(A),
    "a constant argument": lambda f: ag.grad(lambda w: f(A, w))(W),
    "linearize": lambda f: ag.linearize(f, A, W)[1](1.0, 1.0),
    "constants of transforms": lambda f: ag.jvp(
        lambda w: ag.grad(lambda a: f(a, ag.stop_gradient(w)) * w)(A) + f(ag.stop_gradient(w), w), (W,), (1.0,)
    ),
}


@pytest.mark.parametrize("f", [by_fixed_point, by_root])
@pytest.mark.parametrize("transform", USING.values(), ids=USING)
def test_what_an_equation_uses_is_differentiated(transform, f):
    for got, wanted in zip(flatten(transform(f))[0], flatten(transform(exact))[0], strict=True):
        assert type(got) is type(wanted)
        np.testing.assert_allclose(got, wanted, rtol=1e-9)


def test_what_an_equation_uses_under_vmap_and_backward():
    ws = np.array([3.0, 4.0])
    np.testing.assert_allclose(ag.vmap(lambda w: by_fixed_point(A, w))(ws), np.sqrt(2 * ws))
    np.testing.assert_allclose(ag.vmap(ag.grad(by_fixed_point, 1), (None, 0))(A, ws), 0.5 * np.sqrt(2 / ws))
    np.testing.assert_allclose(ag.grad(lambda w: ag.sum(ag.vmap(lambda a: by_root(a, w))(ws)))(3.0), 1.0774, rtol=1e-4)
    with pytest.raises(TypeError, match="solution uses an array under vmap that is not among its arguments"):
        ag.vmap(lambda w: by_root(A, w))(ws)
    w = ag.Tensor(3.0, requires_grad=True)
    by_fixed_point(A, w).backward()
    assert w.grad.item() == pytest.approx(0.5 * np.sqrt(2 / 3))


def test_an_equation_that_uses_other_arrays_each_time_is_refused():
    calls = []

    def residual(y, a, w):
        calls.append(1)
        return y - a * w if len(calls) == 1 else y - a * w * (w * 1.0)

    with pytest.raises(RuntimeError, match="must use the same arrays in each call"):
        ag.grad(lambda w: ag.implicit_root(lambda y, a: residual(y, a, w), lambda a: a)(A))(W)


def test_a_scan_of_no_steps_gives_the_shapes_of_the_results():
    def step(carry, x):
        return carry + ag.sum(x), {"twice": 2.0 * x, "number": 1.0, "none": None}

    def run(carry, xs):
        return ag.scan(step, carry, xs)

    carry, ys = run(np.float32(1.5), np.zeros((0, 3), np.float32))
    assert carry == 1.5
    assert (ys["twice"].shape, ys["twice"].dtype, ys["number"].shape, ys["none"]) == ((0, 3), np.float32, (0,), None)
    assert ag.grad(lambda c: run(c, np.zeros((0, 3)))[0] ** 2)(3.0) == 6.0
    assert ag.grad(lambda xs: ag.sum(run(0.0, xs)[1]["twice"]))(np.zeros((0, 3))).shape == (0, 3)
    assert ag.vmap(lambda xs: run(0.0, xs)[1]["twice"])(np.zeros((4, 0, 3))).shape == (4, 0, 3)
    assert ag.scan(lambda c, _: (c, c), np.ones(2), length=0)[1].shape == (0, 2)
