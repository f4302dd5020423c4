"""People's own operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad.primitive import elementwise, primitive, primitives

X = np.array([0.3, 0.4])


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
