"""People's own operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of
from anygrad.primitive import elementwise, primitive, primitives

X = np.array([0.3, 0.4])


def forget(*names: str) -> None:
    for name in names:
        assert primitives.pop(f"{__name__}.{name}").name == name


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
        forget("my_logistic", "my_scale")


def test_the_name_of_a_built_in_operation_is_taken():
    with pytest.raises(ValueError, match="an operation named 'sin' exists already"):

        @elementwise(lambda x: ag.cos(x))
        def sin(x: Any, /) -> Any:
            """The sine."""
            return ag.sin(x)


def operation_in(module: str) -> Any:
    def halved(x: Any, /) -> Any:
        return x / {"first": 2, "second": 4}[module]

    halved.__module__ = module
    return elementwise(lambda out, x: out / x)(halved)


def test_two_libraries_may_have_operations_of_one_name():
    first, second = operation_in("first"), operation_in("second")
    try:
        assert (first.name, first.key, second.key) == ("halved", "first.halved", "second.halved")
        x = ag.Tensor(X, requires_grad=True)
        assert first(x).creation_op == "halved"
        for op, share in ((first, 0.5), (second, 0.25)):
            np.testing.assert_allclose(ag.grad(lambda x, op=op: ag.sum(op(x)))(X), share)
            np.testing.assert_allclose(ag.vmap(op)(X), share * X)
        backend = backend_of(X)
        backend.implement(second)(lambda x: x * 0.125)
        np.testing.assert_allclose(second(X), X / 8)
        np.testing.assert_allclose(first(X), X / 2)
        backend.implement("second.halved")(lambda x: x * 0.0625)
        np.testing.assert_allclose(second(ag.Tensor(X)).numpy(), X / 16)
        backend.overrides.pop("second.halved")
    finally:
        for key in ("first.halved", "second.halved"):
            del primitives[key]


def test_the_batch_rule_of_an_operation_of_ones_own():
    def with_rule(rule: Any) -> Any:
        @primitive(lambda g, x, y: g * y, lambda g, x, y: ag.sum(g * x), jvp=(lambda t, y: t * y, lambda t, x: t * x))
        def scaled(x: Any, y: Any, /, *, k: float = 1.0) -> Any:
            """x y, of a number y."""
            return x * ag.expand_dims(y, axis=-1) * k

        if rule is not None:
            scaled.vmap(rule)
        return scaled

    calls = []

    def rule(size: int, is_batched: tuple[bool, ...], x: Any, y: Any, *, k: float) -> Any:
        calls.append((size, is_batched, k))
        return x * (ag.expand_dims(y, axis=-1) if is_batched[1] else y) * k

    x, y = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 3.0])
    try:
        for op in (with_rule(rule), with_rule("leading")):
            np.testing.assert_array_equal(ag.vmap(op)(x, y), x * y[:, None])
            np.testing.assert_array_equal(ag.vmap(op, (None, 0))(x[1], y), x[1] * y[:, None])
            np.testing.assert_array_equal(ag.vmap(lambda x, op=op: op(x, y[1], k=3.0))(x), x * 6.0)
            gradients = ag.vmap(ag.grad(lambda x, y, op=op: ag.sum(op(x, y)), (0, 1)))(x, y)
            np.testing.assert_array_equal(gradients[0], np.broadcast_to(y[:, None], (3, 2)))
            np.testing.assert_array_equal(gradients[1], np.sum(x, axis=1))
        assert calls[:3] == [(3, (True, True), 1.0), (3, (False, True), 1.0), (3, (True, False), 3.0)]
        with pytest.raises(ValueError, match="rule must be a function, 'elementwise' or 'leading', given 'first'"):
            op.vmap("first")
        late = with_rule(None)
        with pytest.warns(RuntimeWarning, match=r"give it one with scaled.vmap\(\.\.\.\)"):
            ag.vmap(late)(x, y)
        late.vmap("leading")  # also when it has run before
        np.testing.assert_array_equal(ag.vmap(late)(x, y), x * y[:, None])
    finally:
        forget("scaled")


def test_an_operation_of_ones_own_that_is_declared_elementwise():
    @primitive(lambda g, x, y: g * y, None)
    def times(x: Any, y: Any, /) -> Any:
        return x * y

    try:
        times.vmap("elementwise")
        np.testing.assert_array_equal(ag.vmap(lambda a: times(a, X))(np.ones(3)), np.ones((3, 1)) * X)
    finally:
        forget("times")
