"""no_grad and enable_grad, and threads, each of which has a mode of its own."""

import threading

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.reverse.engine import backward
from tests.conftest import leaf


def test_no_grad_and_enable_grad_as_contexts_and_decorators():
    x = leaf(1.0)
    with ag.no_grad():
        assert not ag.is_grad_enabled()
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not (x @ x).requires_grad

    @ag.no_grad()
    def constant():
        return x * 2

    @ag.enable_grad()
    def recorded():
        return x * 2

    assert not constant().requires_grad
    with ag.no_grad():
        assert recorded().requires_grad
    assert ag.is_grad_enabled()


def test_a_mode_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        raise ZeroDivisionError
    assert ag.is_grad_enabled()


def test_one_mode_object_can_be_entered_again_while_it_is_open():
    mode = ag.no_grad()
    with mode, mode:
        pass
    assert ag.is_grad_enabled()


def test_a_transform_inside_no_grad_still_differentiates():
    with ag.no_grad():
        assert ag.grad(lambda x: x * x)(3.0) == 6.0


def test_no_grad_inside_a_transform_makes_constants():
    def f(x):
        with ag.no_grad():
            y = x * 2.0
        return x * y

    assert ag.grad(f)(3.0) == 6.0


def test_threads_build_and_differentiate_graphs_at_once_each_in_its_own_mode():
    problems = []
    start = threading.Barrier(3)

    def work(seed: int) -> None:
        start.wait()
        for i in range(200):
            x = Tensor([float(seed + i)], requires_grad=True)
            y = x
            for _ in range(20):
                y = y * x
            y.backward()
            expected = 21 * float(seed + i) ** 20
            if not np.isclose(x.grad.item(), expected) or not ag.is_grad_enabled():
                problems.append(i)

    def constant() -> None:
        x = Tensor([1.0], requires_grad=True)
        with ag.no_grad():
            start.wait()
            for i in range(4000):
                if (x * x).requires_grad:
                    problems.append(-i)

    threads = [threading.Thread(target=work, args=(s,)) for s in (1, 2)] + [threading.Thread(target=constant)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []


def test_two_threads_differentiate_one_shared_graph():
    x = Tensor(np.linspace(0.1, 1.0, 8), requires_grad=True)
    y = ag.sum(ag.sin(x * x) * ag.exp(x))
    y.backward(retain_graph=True, inputs=[x])
    expected = x.grad.data.copy()
    results = []

    def work() -> None:
        for _ in range(100):
            found = backward(y.edge(), np.ones(()), Tensor, wanted=[x], retain_graph=True)
            results.append(np.allclose(found[x], expected, rtol=1e-14))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 200
    assert all(results)
