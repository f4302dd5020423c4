"""Calls with wrong arguments: the error says which, and the graph stays."""

import traceback

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda x: ag.sum(x, axis=5), IndexError, r"sum\(x=float64\(2, 3\), axis=5\).*out of bounds"),
        (lambda x: ag.concat([x, x], axis=7), IndexError, r"concat\(arrays\[0\]=float64\(2, 3\).*axis=7"),
        (lambda x: ag.reshape(x, (5,)), ValueError, r"reshape\(x=float64\(2, 3\), shape=\(5,\)\)"),
        (lambda x: x + Tensor(np.ones(4)), ValueError, r"add\(x1=float64\(2, 3\), x2=float64\(4,\)\)"),
        (lambda x: x @ x, ValueError, r"matmul\(x1=float64\(2, 3\), x2=float64\(2, 3\)\)"),
        (lambda x: x[7], IndexError, r"getitem\(x=float64\(2, 3\), key=7\)"),
        (lambda x: x & x, TypeError, r"bitwise_and\(x1=float64\(2, 3\)"),
        (lambda x: ag.astype(x, "nonsense"), TypeError, "nonsense"),
        (lambda x: ag.sum(x, axs=1), TypeError, r"axs.*the signature is sum\(x"),
        (lambda x: ag.sum(), TypeError, "missing a required"),
        (lambda x: ag.exp("a"), TypeError, "exp: .*str"),
        (lambda x: ag.add(1.0, 2.0), TypeError, "add.*at least one operand must be an array"),
        (lambda x: ag.permute_dims(x, (0, 0)), ValueError, r"permute_dims.*axes=\(0, 0\)"),
        (lambda x: ag.squeeze(x, axis=0), ValueError, r"squeeze\(x=float64\(2, 3\), axis=0\)"),
        (lambda x: ag.broadcast_to(x, (4, 5)), ValueError, r"broadcast_to.*shape=\(4, 5\)"),
    ],
)
def test_bad_input_names_function_argument_and_value_and_leaves_the_graph_usable(act, error, message):
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 2.0
    with pytest.raises(error, match=message):
        act(y)
    y.backward()
    assert (x.grad.data == 2).all()


def test_a_traceback_shows_the_lines_of_functions_that_are_written():
    with pytest.raises(IndexError) as caught:
        ag.sum(Tensor(np.ones(2), requires_grad=True), axis=2)
    frames = [
        frame for frame in traceback.extract_tb(caught.value.__cause__.__traceback__) if " of sum" in frame.filename
    ]
    assert frames
    for frame in frames:
        assert "sum" in frame.line or "out" in frame.line
        assert "import" not in frame.line
