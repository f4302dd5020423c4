"""Batches of different levels."""

from __future__ import annotations

import numpy as np

import anygrad as ag


def test_batches_of_different_levels_are_not_confused():
    x = np.arange(6.0).reshape(2, 3)
    out = ag.vmap(lambda row: ag.vmap(lambda a: row * a)(row))(x)
    np.testing.assert_array_equal(out, x[:, None, :] * x[:, :, None])
    g = ag.vmap(lambda row: ag.grad(lambda r: ag.sum(ag.vmap(lambda a: a * ag.sum(r))(r)))(row))(x)
    np.testing.assert_allclose(g, 2 * x.sum(1, keepdims=True) + 0 * x)
