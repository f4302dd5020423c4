"""Gradients that meet in one place: how they add up, and in which arrays."""

import os
import threading
import time
import tracemalloc

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.reverse.graph import shared
from tests.conftest import leaf


def test_gradients_of_several_passes_add_up_without_changing_what_was_given_out():
    x = leaf(1.0, 2.0)
    (x * x).backward()
    first = x.grad
    array = first.data
    (x * x).backward()
    assert x.grad.data.tolist() == [4.0, 8.0]
    assert array.tolist() == [2.0, 4.0]
    x.zero_grad()
    assert x.grad is None


def test_two_leaves_never_share_a_gradient_array_nor_the_callers():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    given = np.ones(2)
    (x + y).backward(given)
    arrays = [x.grad.data, y.grad.data, given]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    x.grad.data *= 10
    assert y.grad.data.tolist() == given.tolist() == [1.0, 1.0]


def test_a_gradient_is_writable_and_contiguous_even_from_a_broadcast():
    x = Tensor(np.ones((3, 4)), requires_grad=True)
    ag.sum(x).backward()
    assert x.grad.data.flags.writeable
    assert x.grad.data.flags.c_contiguous


def test_the_first_gradient_is_kept_the_second_makes_an_array_and_later_ones_are_added_in_place():
    x = leaf(1.0, 2.0)
    y = x * 1.0
    terms = [y + 0.0 for _ in range(4)]
    total = terms[0] + terms[1] + terms[2] + terms[3]
    given = np.ones(2)
    sums = []
    y.register_hook(lambda g: sums.append(g.data))
    total.backward(given)
    assert x.grad.data.tolist() == [4.0, 4.0]
    assert given.tolist() == [1.0, 1.0]  # every term handed the same array on, and none was added into
    assert len(sums) == 1


@pytest.mark.parametrize(("uses", "additions"), [(1, 0), (2, 1), (3, 1), (10, 1)])
@pytest.mark.parametrize("is_fresh", [True, False], ids=["each an array of its own", "the cotangent itself"])
def test_summing_gradients_makes_one_array_however_many_there_are(uses, additions, is_fresh):
    calls = []

    class Counting(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
            if ufunc is np.add and not out:
                calls.append(1)
            options |= {"out": tuple(map(np.asarray, out))} if out else {}
            result = getattr(ufunc, method)(*map(np.asarray, inputs), **options)
            return out[0] if out else result.view(Counting)

    def used(x):
        return x * 2.0 if is_fresh else +x

    x = leaf(1.0, 2.0)
    total = used(x)
    for _ in range(uses - 1):
        total = total + used(x)
    total.backward(ag.Tensor(np.ones(2).view(Counting)))
    assert x.grad.data.tolist() == [(2.0 if is_fresh else 1.0) * uses] * 2
    assert len(calls) == (0 if is_fresh else additions)  # what the engine may write into takes up the others


def test_reads_of_single_rows_cost_rows_not_arrays():
    rows = 300
    x = Tensor(np.ones((rows, 1000)), requires_grad=True)
    total = x[0].sum()
    for i in range(1, rows):
        total = total + x[i].sum()
    tracemalloc.start()
    total.backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (x.grad.data == 1).all()
    assert peak < 4 * x.data.nbytes  # dense cotangents would take 300 arrays in time, and two beside the sum in memory


def test_reads_of_a_number_add_to_what_a_product_of_it_made():
    x = leaf(2.0)
    y = x[0]  # NumPy's products of it are its scalars; the last term is the first to be gone through
    (y[()] * y[...] + y[()] + y * 3.0).backward()
    assert x.grad.tolist() == [8.0]


# --- what is given out is nobody else's -------------------------------------------------------------------------------


def test_recorded_gradients_are_objects_and_arrays_of_their_own() -> None:
    x, y, given = leaf(1.0), leaf(1.0), leaf(2.0)
    (x + y).backward(given, create_graph=True)
    assert x.grad is not y.grad
    assert x.grad is not given
    x.grad *= 3
    assert (y.grad.tolist(), given.tolist()) == ([2.0], [2.0])
    arrays = [x.grad.data, y.grad.data, given.data]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    ag.sum(x.grad * y.grad).backward(inputs=[given])
    assert given.grad.tolist() == [12.0]  # of 3 g * g


def test_a_recorded_gradient_of_a_broadcast_is_writable() -> None:
    x = leaf(1.0, 2.0)
    ag.sum(x).backward(create_graph=True)
    x.grad.data[0] = 5.0
    assert x.grad.tolist() == [5.0, 1.0]


def test_gradients_under_a_transform_are_objects_of_their_own() -> None:
    def f(z):
        gx, gy = ag.grad(lambda x, y: ag.sum((x + y) * z), argnums=(0, 1))(z, z)
        gx *= 2
        return ag.sum(gx * gy)

    value, gradient = ag.value_and_grad(f)(np.array([1.0, 2.0]))
    assert value == 10.0
    assert gradient.tolist() == [4.0, 8.0]
    value, tangent = ag.jvp(f, (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    assert (value, tangent) == (10.0, 4.0)
    assert ag.vmap(f)(np.array([[1.0, 2.0]])).tolist() == [10.0]


def test_threads_that_share_a_leaf_lose_no_gradient(monkeypatch) -> None:
    x = leaf(2.0)

    def slow_add(a, b):
        time.sleep(1e-4)  # in which other threads run
        return ag.add(a, b)

    monkeypatch.setattr("anygrad.reverse.tensor.add", slow_add)

    def work() -> None:
        for _ in range(25):
            (x * x).backward()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad.tolist() == [4.0 * 8 * 25]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
def test_a_fork_while_a_thread_adds_gradients_leaves_no_lock_behind(monkeypatch) -> None:
    x = leaf(2.0)
    inside, leave = threading.Event(), threading.Event()

    def slow_add(a, b):
        inside.set()
        leave.wait(10)
        return ag.add(a, b)

    x.backward()
    with monkeypatch.context() as patched:
        patched.setattr("anygrad.reverse.tensor.add", slow_add)
        thread = threading.Thread(target=x.backward)
        thread.start()
        inside.wait(10)
        lock = shared.lock
        shared.renew()  # as a child process does
        assert shared.lock is not lock
        assert shared.lock.acquire(blocking=False)
        shared.lock.release()
        leave.set()
        thread.join()
    assert x.grad.tolist() == [2.0]
