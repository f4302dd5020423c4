"""How many calls of a library's functions a pass makes: a cost that a clock need not be quiet to see."""

from __future__ import annotations

from collections import Counter

import pytest

import anygrad as ag
import benchmarks.cases  # noqa: F401  which makes the cases known
from anygrad.core.primitive import forget_implementations, observers
from anygrad.core.types import rank
from benchmarks.case import cases
from benchmarks.contestants.ours import Anygrad

COUNTS = {
    "multiply": (2, 4),
    "chain": (201, 302),
    "gelu": (10, 16),
    "softmax": (7, 13),
    "attention": (11, 23),
    "cholesky": (12, 49),
    "logistic": (7, 14),
    "mlp-small": (8, 26),
    "rnn": (304, 453),
    "transformer": (52, 101),
    "convnet": (43, 87),
    "gp": (22, 59),
}
"""Calls on NumPy's arrays by the forward and by the backward pass, at the case's first size. They may only fall: when a
pass comes to make fewer calls, lower its number here, so that it stays."""


@pytest.fixture
def calls():
    """How often each operation ran on a library's own arrays."""
    counted = Counter()

    def observe(op, array_type, run):
        if rank(array_type) > 0:
            return run

        def counting(*args, **kwargs):
            counted[op.name] += 1
            return run(*args, **kwargs)

        return counting

    observers.append(observe)
    forget_implementations()
    yield counted
    observers.remove(observe)
    forget_implementations()


@pytest.mark.parametrize("name", COUNTS)
def test_a_pass_makes_no_more_calls_than_it_did(name, calls):
    case = cases[name]
    entry = Anygrad("cpu", "backward").enter(case.problem(case.sizes[0], "float32"))
    calls.clear()
    value = entry.forward()
    forward = Counter(calls)
    calls.clear()
    entry.backward(value)
    found = (forward.total(), calls.total())
    assert found == COUNTS[name], f"forward {dict(forward.most_common())}, backward {dict(calls.most_common())}"


def test_what_is_counted_is_every_call_on_an_array(calls):
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = ag.sum(ag.exp(x) * x)
    assert calls == {"exp": 1, "multiply": 1, "sum": 1}
    y.backward()
    assert calls["multiply"] + calls["chain"] > 3
