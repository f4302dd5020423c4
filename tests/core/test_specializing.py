"""Rules bound to the arrays of a library, against the rules as they are written."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backends
from anygrad.core.primitive import forget_implementations, primitives
from anygrad.core.specializing import specialized
from anygrad.ops.elementwise import multiply
from anygrad.ops.indexing import Scatter
from anygrad.reverse.graph import Node
from anygrad.reverse.pullback import pullback_of
from tests.table import OPERATIONS, outputs_of

DIFFERENTIABLE = [operation for operation in OPERATIONS if operation.is_differentiable]


def dense(c):
    return c.dense() if isinstance(c, Scatter) else c


@pytest.mark.parametrize("operation", DIFFERENTIABLE, ids=repr)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_a_bound_rule_gives_what_the_rule_gives(operation, dtype):
    if dtype == "complex128" and not operation.is_complex:
        pytest.skip("of real numbers alone")
    for sample in operation.drawn(np.dtype(dtype)):
        tensors = [ag.Tensor(x, requires_grad=True) for x in sample.arrays]
        args, kwargs = sample.replaced(tensors)
        for out in outputs_of(operation.call(*args, **kwargs)):
            node = getattr(out, "_edge", None)
            if type(node) is not Node or not node.pullback.follows_rules:
                continue
            g = np.random.default_rng(0).normal(size=out.shape).astype(out.dtype)
            with np.errstate(all="ignore"):
                expected = node.pullback.run(g, node.parents, node.saved, node)
                found = node.pullback.runs[np.ndarray](g, node.parents, node.saved, node)
            for c, d in zip(found, expected, strict=True):
                assert (c is None) == (d is None)
                if c is not None:
                    np.testing.assert_array_equal(dense(c), dense(d))
                    assert dense(c).dtype == dense(d).dtype


def test_a_bound_rule_calls_the_librarys_own_functions():
    rule = specialized(primitives["sin"].rules[0], np.ndarray)
    assert rule.__globals__["cos"] is ag.cos.table[np.ndarray]
    assert primitives["sin"].rules[0].__globals__["cos"] is ag.cos


def test_values_of_other_types_go_through_the_rule_itself():
    x = np.array([0.5, 2.0])
    dual_free = ag.jvp(lambda t: ag.grad(lambda s: ag.sum(ag.sin(s) * t))(x), (x,), (np.ones(2),))[1]
    np.testing.assert_allclose(dual_free, np.cos(x))


def test_an_override_that_comes_later_is_seen():
    numpy = backends["numpy"]
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    ag.sin(x).backward()  # cos is bound now
    calls = []

    def counting(x):
        calls.append(x)
        return np.cos(x)

    numpy.implement("cos")(counting)
    try:
        ag.sin(x).backward()
        assert len(calls) == 1
    finally:
        del numpy.overrides["cos"]
        forget_implementations()
    ag.sin(x).backward()
    assert len(calls) == 1


def test_functions_that_are_not_anygrads_stay_as_they_are():
    def rule(g, x):
        return multiply(g, x)

    assert specialized(rule, np.ndarray) is rule
    assert pullback_of(multiply).runs[ag.Tensor] is pullback_of(multiply).run
