"""Batches of different levels."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag


def test_batches_of_different_levels_are_not_confused():
    x = np.arange(6.0).reshape(2, 3)
    out = ag.vmap(lambda row: ag.vmap(lambda a: row * a)(row))(x)
    np.testing.assert_array_equal(out, x[:, None, :] * x[:, :, None])
    g = ag.vmap(lambda row: ag.grad(lambda r: ag.sum(ag.vmap(lambda a: a * ag.sum(r))(r)))(row))(x)
    np.testing.assert_allclose(g, 2 * x.sum(1, keepdims=True) + 0 * x)


def test_backward_from_within_vmap_names_the_pullback():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    with pytest.raises(TypeError, match=r"out, pull = anygrad\.vjp\(f, x\), and anygrad\.vmap\(pull\)\(grads\)"):
        ag.vmap(lambda g: y.backward(g))(np.eye(2))
    assert x.grad is None
    _, pull = ag.vjp(lambda v: v * v, np.array([1.0, 2.0]))
    np.testing.assert_array_equal(ag.vmap(pull)(np.eye(2))[0], [[2.0, 0.0], [0.0, 4.0]])
