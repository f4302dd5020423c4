"""detect_anomaly."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.primitive import observers


def test_the_operation_that_makes_the_first_bad_number_is_named_with_its_line():
    x = ag.Tensor([1.0, 0.0], requires_grad=True)
    message = r"log made -inf at index \(1,\).*test_anomaly.py:\d+: ag.exp\(ag.log\(x \* 2.0\)\)"
    with ag.detect_anomaly(), pytest.raises(FloatingPointError, match=message):
        ag.exp(ag.log(x * 2.0))
    with ag.detect_anomaly(), pytest.raises(FloatingPointError, match=r"divide made nan at index \(1,\).*ag.divide"):
        ag.divide(x, x)


def test_operations_on_what_is_not_finite_already_are_not_blamed():
    with ag.detect_anomaly():
        y = ag.exp(ag.Tensor([np.nan, np.inf], requires_grad=True)) * 2.0 + np.inf
        y.backward()


def test_the_backward_pass_names_the_rule_and_the_line_of_the_forward_pass():
    x = ag.Tensor([4.0, 0.0], requires_grad=True)
    with ag.detect_anomaly():
        y = ag.sqrt(x)  # its derivative is infinite at 0
        total = ag.sum(y)
        with pytest.raises(FloatingPointError, match=r"backward pass of sqrt made inf.*'x'.*y = ag.sqrt\(x\)"):
            total.backward()


def test_it_says_why_vectors_of_equal_values_have_no_derivative_and_what_has():
    for decompose, remedy in ((ag.linalg.eigh, "matrix_function"), (ag.linalg.svd, r"linalg\.polar")):
        with ag.detect_anomaly(), pytest.raises(FloatingPointError, match=f"equal values.*{remedy}"):
            ag.grad(lambda x: ag.sum(decompose(x)[0] * x[0]) + ag.sum(decompose(x)[-1] * x))(np.eye(2))  # noqa: B023


def test_results_of_several_are_watched_too():
    x = ag.Tensor(np.diag([1.0, 2.0]), requires_grad=True)
    with ag.detect_anomaly():
        values, vectors = ag.linalg.eigh(x)
        (ag.sum(values) + ag.sum(ag.abs(vectors))).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(2), atol=1e-12)


def test_an_array_changed_before_the_backward_pass_is_noticed():
    a = np.array([1.0, 2.0])
    x = ag.Tensor(a, requires_grad=True)  # which shares the array
    with ag.detect_anomaly():
        y = x * x
        a[0] = 5.0
        with pytest.raises(RuntimeError, match=r"float64\(2,\) that multiply saved was changed.*y = x \* x"):
            y.backward()


@pytest.mark.parametrize("transform", [ag.grad, lambda f: lambda x: ag.jvp(f, (x,), (x,)), ag.vmap])
def test_it_watches_inside_of_every_transform(transform):
    with pytest.raises(FloatingPointError, match=r"log made -inf"), ag.detect_anomaly():
        transform(lambda x: ag.sum(ag.log(x)))(np.array([1.0, 0.0]))


def test_nothing_is_left_behind():
    x = ag.Tensor([0.0], requires_grad=True)
    with pytest.raises(FloatingPointError), ag.detect_anomaly():
        ag.log(x)
    assert not observers
    with np.errstate(divide="ignore"):
        assert ag.log(x).item() == -np.inf
        assert (x * 0.0 + ag.log(x)).item() == -np.inf
    first = x * 2.0
    with ag.detect_anomaly():
        first.backward()
    assert x.grad.item() == 2.0
