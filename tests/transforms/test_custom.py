"""Functions with derivatives of their own: rules, checkpoints, loops and solvers, and the check of gradients."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.containers import flatten
from anygrad.primitive import elementwise, primitive, primitives
from tests.conftest import require_device

X, Y = np.array([0.3, 0.4]), np.array([1.0, 2.0])


def plain(x, y):
    return ag.sin(x) * y


@ag.custom_vjp
def by_vjp(x, y):
    return ag.sin(x) * y


def pulled(saved, g):
    x, y = saved
    return g * ag.cos(x) * y, g * ag.sin(x)


by_vjp.defvjp(lambda x, y: (by_vjp(x, y), (x, y)), pulled)


@ag.custom_jvp
def by_jvp(x, y):
    return ag.sin(x) * y


by_jvp.defjvp(lambda p, t: (by_jvp(*p), ag.cos(p[0]) * p[1] * t[0] + ag.sin(p[0]) * t[1]))

CUSTOM = {"custom_vjp": by_vjp, "custom_jvp": by_jvp, "checkpoint": ag.checkpoint(plain)}
TRANSFORMS: dict[str, Any] = {
    "value": lambda f: f(X, Y),
    "grad": lambda f: ag.grad(lambda x, y: ag.sum(f(x, y)), (0, 1))(X, Y),
    "grad in one": lambda f: ag.grad(lambda x: ag.sum(f(x, Y)))(X),
    "jvp": lambda f: ag.jvp(f, (X, Y), (Y, X)),
    "jvp in one": lambda f: ag.jvp(lambda y: f(X, y), (Y,), (X,)),
    "vmap": lambda f: ag.vmap(f)(X, Y),
    "vmap of one": lambda f: ag.vmap(f, in_axes=(0, None))(X, Y),
    "vmap of grad": lambda f: ag.vmap(ag.grad(f, (0, 1)))(X, Y),
    "vmap of grad, shared": lambda f: ag.vmap(ag.grad(f, (0, 1)), (0, None))(X, Y[1]),
    "grad of vmap": lambda f: ag.grad(lambda x, y: ag.sum(ag.vmap(f, (0, None))(x, ag.sum(y))), (0, 1))(X, Y),
    "jvp of vmap": lambda f: ag.jvp(lambda x: ag.vmap(f)(x, Y), (X,), (Y,)),
    "hessian": lambda f: ag.hessian(lambda x: ag.sum(f(x, Y) ** 2))(X),
    "grad of grad": lambda f: ag.grad(lambda x: ag.sum(ag.grad(lambda x: ag.sum(f(x, Y)))(x) ** 2))(X),
    "grad of jvp": lambda f: ag.grad(lambda x: ag.sum(ag.jvp(lambda x: f(x, Y), (x,), (Y,))[1]))(X),
    "jacrev": lambda f: ag.jacrev(f)(X, Y),
    "jacfwd": lambda f: ag.jacfwd(f, 1)(X, Y),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("f", CUSTOM.values(), ids=CUSTOM)
def test_every_transform_of_a_function_with_its_own_derivative(f, transform):
    for got, wanted in zip(flatten(transform(f))[0], flatten(transform(plain))[0], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("f", CUSTOM.values(), ids=CUSTOM)
def test_tensors_and_create_graph(f):
    def second(f):
        x = ag.Tensor(X, requires_grad=True)
        ag.sum(f(x, Y) ** 2).backward(create_graph=True)
        first = x.grad
        x.zero_grad()
        ag.sum(first * first).backward()
        return x.grad.numpy()

    np.testing.assert_allclose(second(f), second(plain), rtol=1e-12)


def test_the_given_rule_is_the_one_that_is_used():
    @ag.custom_vjp
    def f(x):
        return x

    f.defvjp(lambda x: (f(x), None), lambda saved, g: (g * 10.0,))
    assert ag.grad(f)(1.0) == 10.0
    assert ag.jvp(f, (1.0,), (1.0,))[1] == 10.0

    @ag.custom_jvp
    def h(x):
        return x

    h.defjvp(lambda p, t: (h(*p), t[0] * 10.0))
    assert ag.grad(h)(1.0) == 10.0
    assert ag.jvp(h, (1.0,), (1.0,))[1] == 10.0


def test_containers_keywords_and_constants_among_the_arguments():
    @ag.custom_vjp
    def f(p, power, shift=None):
        return {"y": p["a"] ** power + p["b"][0]}

    def bwd(saved, g):
        a, power = saved
        return {"a": g["y"] * power * a ** (power - 1), "b": [g["y"]]}, None, None

    f.defvjp(lambda p, power, shift: (f(p, power, shift), (p["a"], power)), bwd)
    p = {"a": np.array(3.0), "b": [np.array(1.0)]}
    g = ag.grad(lambda p: f(p, power=2)["y"])(p)
    assert (g["a"], g["b"][0]) == (6.0, 1.0)
    np.testing.assert_allclose(ag.vmap(lambda a: ag.grad(lambda q: f(q, 2)["y"])({**p, "a": a})["a"])(X), 2 * X)


def test_checkpoints_keep_their_arguments_alone():
    n, depth = 50_000, 20

    def layer(x):
        for _ in range(10):
            x = ag.sin(x) * 1.01
        return x

    def peak(layer):
        def f(x):
            for _ in range(depth):
                x = layer(x)
            return ag.sum(x)

        gc.collect()
        tracemalloc.start()
        g = ag.grad(f)(np.full(n, 0.5))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, g

    whole, wanted = peak(layer)
    kept, got = peak(ag.checkpoint(layer))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    assert kept < whole / 4, (kept, whole)


def test_a_tensor_that_is_no_argument_is_refused():
    x = ag.Tensor(X, requires_grad=True)
    for f in (ag.checkpoint(lambda y: x * y), by_closure(x)):
        with pytest.raises(TypeError, match="uses a Tensor that is not among its arguments"):
            f(ag.Tensor(Y, requires_grad=True))


def by_closure(x):
    @ag.custom_vjp
    def f(y):
        return x * y

    f.defvjp(lambda y: (f(y), None), lambda saved, g: (g,))
    return f


def test_a_rule_must_be_given_and_fit():
    @ag.custom_vjp
    def f(x):
        return x

    with pytest.raises(TypeError, match=r"f: give the rule with f.defvjp\(fwd, bwd\)"):
        f(1.0)
    f.defvjp(lambda x: (f(x), None), lambda saved, g: g)
    with pytest.raises(TypeError, match="bwd must return a tuple with a cotangent for each of 1 arguments"):
        ag.grad(f)(1.0)
    f.defvjp(lambda x: (f(x), None), lambda saved, g: (g[0],))
    with pytest.raises(
        ValueError, match=r"f: the cotangent of argument 0 must have its shape \(2,\), given float64\(\)"
    ):
        ag.grad(lambda x: ag.sum(f(x)))(X)
    with pytest.raises(TypeError, match=r"give the rule with <lambda>.defjvp\(rule\)"):
        ag.custom_jvp(lambda x: x)(1.0)
    with pytest.raises(TypeError, match="custom_vjp: f must be callable, given 3"):
        ag.custom_vjp(3)


# --- people's own operations ------------------------------------------------------------------------------------------


def test_an_operation_of_ones_own_is_like_the_built_in_ones():
    try:

        @elementwise(lambda x, out: out * (1 - out))
        def my_logistic(x: Any, /) -> Any:
            """1 / (1 + exp(-x))."""
            return 1 / (1 + ag.exp(-x))

        @primitive(lambda g, x, k: k * g, jvp=(lambda t, k: k * t,))
        def my_scale(x: Any, /, *, k: float = 2.0) -> Any:
            """k x."""
            return x * k

        def f(x):
            return ag.sum(my_scale(my_logistic(x), k=3.0))

        s = 1 / (1 + np.exp(-X))
        np.testing.assert_allclose(ag.grad(f)(X), 3 * s * (1 - s))
        np.testing.assert_allclose(ag.hessian(f)(X), np.diag(3 * s * (1 - s) * (1 - 2 * s)), atol=1e-15)
        np.testing.assert_allclose(ag.vmap(my_logistic)(X), s)
        assert my_logistic(ag.Tensor(X, requires_grad=True)).creation_op == "my_logistic"
        ag.testing.check_grads(f, (X,))
        with pytest.warns(RuntimeWarning, match="my_scale has no batch rule and runs once for each member"):
            np.testing.assert_allclose(ag.vmap(my_scale)(X), 2 * X)
    finally:
        for name in ("my_logistic", "my_scale"):
            primitives.pop(name, None)


def test_the_name_of_a_built_in_operation_is_taken():
    with pytest.raises(ValueError, match="an operation named 'sin' exists already"):

        @elementwise(lambda x: ag.cos(x))
        def sin(x: Any, /) -> Any:
            """The sine."""
            return ag.sin(x)


# --- loops and solvers ------------------------------------------------------------------------------------------------


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


# --- the check of gradients -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["cpu", "strict:device1", "torch:cpu"])
def test_right_gradients_pass(device):
    require_device(device)
    x, y = (ag.Tensor(v, device=device) for v in (X, Y))
    ag.testing.check_grads(lambda x, p: {"a": ag.sin(x) * p["y"], "b": ag.matmul(x, p["y"])}, (x, {"y": y}), order=3)


def test_right_gradients_pass_for_complex_and_single_precision():
    ag.testing.check_grads(lambda x: ag.fft.fft(x * x), (X + 1j * Y,))
    ag.testing.check_grads(ag.sin, (X.astype(np.float32),))


def test_a_wrong_gradient_is_reported_with_its_place():
    @ag.custom_vjp
    def f(p):
        return p["x"] ** 2

    f.defvjp(lambda p: (f(p), p["x"]), lambda x, g: ({"x": g * 2 * x * np.array([1.0, 1.1])},))
    with pytest.raises(
        AssertionError, match=r"rev derivative of f in argument 0\['x'\], entry \(1,\).*differ by.*1 of 2.*step 0.001"
    ):
        ag.testing.check_grads(f, ({"x": Y},), modes=("rev",), order=1)

    @ag.custom_vjp
    def h(x):
        return x**3

    h.defvjp(lambda x: (h(x), x), lambda x, g: (g * 3 * ag.stop_gradient(x) * x,))  # right once, wrong twice
    ag.testing.check_grads(h, (Y,), order=1)
    with pytest.raises(AssertionError, match="derivative of the gradient of h in argument 0"):
        ag.testing.check_grads(h, (Y,), order=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0}, "order must be at least 1, given 0"),
        ({"modes": ("rev", "back")}, "'fwd' and 'rev', given 'back'"),
    ],
)
def test_wrong_options_of_the_check(options, message):
    with pytest.raises(ValueError, match=message):
        ag.testing.check_grads(ag.sin, (X,), **options)
