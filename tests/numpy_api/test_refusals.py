"""What NumPy cannot hand over, and what is not supported: refused with a remedy."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.numpy_api.registry import REFUSED
from anygrad.numpy_api.ufuncs import UFUNCS_REFUSED
from tests.numpy_api.samples import X, host, leaf

REMEDIES = {
    "an element of an array": ("r = np.zeros(3); r[0] = x[0]", "r = np.zeros(3, like=x); r[0] = x[0]", "like=x"),
    "a part of an array": (
        "r = np.zeros(3); r[:] = x",
        "r = np.zeros(3, like=x); r[:] = x",
        r"np\.zeros\(shape, like=x",
    ),
    "a list": ("r = np.array([x[0], x[1]])", "r = np.array([x[0], x[1]], like=x)", r"np\.array\(\[\.\.\.\], like=x\)"),
    "a list to stack": ("r = np.asarray([x, x])", "r = np.stack([x, x])", r"np\.stack\(\[\.\.\.\]\)"),
    "a list to reduce": ("r = np.sum([x[0], x[1]])", "r = np.sum(np.stack([x[0], x[1]]))", r"np\.stack"),
    "a method": ("np.ones(3).dot(x)", "r = np.dot(np.ones(3), x)", r"write np\.dot\(a, x\)"),
    "in place": ("r = np.ones(3); r += x", "r = np.ones(3); r = r + x", r"\(a = a \+ x\)"),
    "out=": ("r = np.ones(3); np.add(r, x, out=r)", "r = np.ones(3); r = np.add(r, x)", r"a = np\.add\(\.\.\.\)"),
    "math": ("import math; r = math.sin(x[0])", "r = np.sin(x[0])", r"write np\.sin\(x\)"),
    "where=": (
        "r = np.sin(x, where=x > 0)",
        "r = np.where(x > 0, np.sin(x), 0.0)",
        r"np\.where\(condition, np\.sin\(\.\.\.\), other\)",
    ),
    "at": (
        "r = np.zeros(3); np.add.at(r, [0, 0], x[:2])",
        "r = np.zeros(3, like=x); np.add.at(r, [0, 0], x[:2])",
        r"np\.zeros\(shape, like=x\)",
    ),
    "index_add": (
        "r = np.zeros(3); np.add.at(r, [0, 0], x[:2])",
        "import anygrad; r = anygrad.index_add(np.zeros(3), x[:2], np.array([0, 0]))",
        r"anygrad\.index_add\(array, values, key\)",
    ),
    "copyto": ("r = np.zeros(3); np.copyto(r, x)", "r = np.zeros(3, like=x); np.copyto(r, x)", "like=x"),
    "copyto by where": (
        "r = np.zeros(3); np.copyto(r, x, where=x > 0)",
        "dst = np.zeros(3); where, src = x > 0, x; r = dst = np.where(where, src, dst)",
        r"dst = np\.where\(where, src, dst\)",
    ),
    "put": (
        "r = np.zeros(3); np.put(r, [0], x[:1])",
        "import anygrad; a, v, ind = np.zeros(3), x[:1], np.array([0]); r = a = anygrad.index_set(a, v, ind)",
        r"anygrad\.index_set\(a, v, ind\)",
    ),
    "fill_diagonal": (
        "r = np.zeros((3, 3)); np.fill_diagonal(r, x)",
        "r = np.zeros((3, 3), like=x); np.fill_diagonal(r, x)",
        r"np\.zeros\(shape, like=x\)",
    ),
    "place": (
        "np.place(x, x > 1, [0.0])",
        "r = x * 1; mask, values = r > 1, 0.0; r[mask] = values",
        r"x\[mask\] = val",
    ),
    "pickle": (
        "import pickle; pickle.dumps(x * 2)",
        "r = x; import pickle; pickle.dumps((x * 2).detach())",
        r"x\.detach",
    ),
    "frexp": ("np.frexp(x)", "e = np.ceil(np.log2(np.abs(x))); r = x / 2.0**e", r"e = np\.ceil"),
    "reduceat": ("np.add.reduceat(x, [0, 2])", "r = np.add.reduce(x[:2])", r"np\.add\.reduce for each slice"),
}


@pytest.mark.parametrize("what", list(REMEDIES))
def test_what_would_lose_a_gradient_is_refused_with_a_line_that_works(what):
    failing, working, message = REMEDIES[what]
    with pytest.raises((RuntimeError, TypeError, ValueError)) as refusal:
        exec(failing, {"np": np, "Tensor": Tensor, "x": leaf(X)})
    said = f"{refusal.value} {refusal.value.__cause__}"  # NumPy says «a sequence», and why beneath
    assert re.search(message, said), said
    names: dict[str, Any] = {"np": np, "Tensor": Tensor, "x": leaf(X)}
    exec(working, names)
    np.sum(names["r"]).backward()
    assert names["x"].grad is not None
    assert np.any(host(names["x"].grad) != 0)


LEAVES = {
    "asarray": np.asarray,
    "array of a list": lambda x: np.array([x, x]),
    "assigned": lambda x: np.zeros(3).__setitem__(slice(None), x),
    "element assigned": lambda x: np.zeros(3).__setitem__(0, x[0]),
    "float": lambda x: float(x[0]),
    "complex": lambda x: complex(x[0]),
    "math": lambda x: math.exp(x[0]),
}


@pytest.mark.parametrize("leave", list(LEAVES))
def test_no_array_that_carries_a_derivative_becomes_a_plain_one_by_itself(leave):
    def act(x):
        LEAVES[leave](x)
        return np.sum(x)

    def constant_over(x):
        """A constant of the inner level that carries the derivative of the outer one."""
        return ag.grad(lambda y: act(np.zeros(3, like=y) + x) + np.sum(y))(X).sum()

    for attempt in (
        lambda: act(leaf(X)),
        lambda: ag.grad(act)(X),
        lambda: ag.jvp(act, (X,), (X,)),
        lambda: ag.vmap(act)(np.stack([X, X])),
        lambda: ag.hessian(act)(X),
        lambda: ag.grad(constant_over)(X),
        lambda: ag.jvp(constant_over, (X,), (X,)),
        lambda: ag.grad(lambda x: act(ag.jvp(lambda y: y, (x,), (X,))[0]))(X),
    ):
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            attempt()


def test_constants_become_plain_arrays():
    x = Tensor(X)
    np.testing.assert_array_equal(np.asarray(x), X)
    filled = np.zeros(3)
    filled[:] = x
    filled[0] = x[0]
    np.testing.assert_array_equal(filled, X)
    assert math.sin(x[0]) == math.sin(X[0])


def test_steps_of_a_number_become_plain_ones():
    x = leaf(X)
    assert (round(x[0]), math.floor(x[1]), math.ceil(x[1]), math.trunc(x[1]), int(x[2])) == (0, -2, -1, -1, 2)
    assert round(x[1], 1).requires_grad


@pytest.mark.parametrize("function", list(REFUSED), ids=lambda f: f.__name__)
def test_a_function_that_is_not_supported_is_named_with_what_to_write_instead(function):
    name, remedy = REFUSED[function]
    with pytest.raises(TypeError, match=f"numpy.{name} is not supported") as refusal:
        leaf(X).__array_function__(function, (Tensor,), (leaf(X),), {})
    assert remedy in str(refusal.value)


@pytest.mark.parametrize("name", list(UFUNCS_REFUSED))
def test_a_ufunc_that_is_not_supported_is_named_with_what_to_write_instead(name):
    if not hasattr(np, name):
        pytest.skip("this version of NumPy lacks it")
    ufunc = getattr(np, name)
    with pytest.raises(TypeError, match=f"ufunc '{name}' is not supported") as refusal:
        ufunc(*[leaf(X)] * ufunc.nin)
    assert UFUNCS_REFUSED[name] in str(refusal.value)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.sum(x, out=np.zeros(())), TypeError, r"numpy.sum: out="),
        (lambda x: np.max(x, where=x > 0), ValueError, "where= may leave nothing, so it needs initial="),
        (lambda x: np.quantile(x, 0.5, method="closest_observation"), TypeError, "method= is one of linear"),
        (lambda x: np.sort(x, order="f"), TypeError, "order= names fields"),
        (lambda x: np.histogram(x, "auto"), TypeError, "bins must be a number or edges"),
        (lambda x: np.divide.at(x, [0], 2.0), TypeError, "np.add.at and np.subtract.at"),
        (lambda x: np.split(x, 2), ValueError, "do not make 2 equal parts"),
        (lambda x: np.take(x, 0, mode="other"), ValueError, "mode must be"),
        (lambda x: np.linalg.qr(np.outer(x, x), mode="raw"), ValueError, "'reduced', 'complete' or 'r'"),
        (lambda x: np.polyfit(x, x, 1, cov=True), TypeError, "full= and cov= are not supported"),
        (lambda x: np.reshape(x, (3, 1), order="X"), ValueError, "order must be"),
        (lambda x: np.gradient(x, 1.0, 2.0), TypeError, "one spacing"),
        (lambda x: np.sum(x, no_such_keyword=1), TypeError, r"sum\(\) got an unexpected keyword"),
    ],
)
def test_what_is_not_supported_of_a_function_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call(leaf(X))
