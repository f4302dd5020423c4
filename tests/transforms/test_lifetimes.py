"""Each transform is told from all others: those in other threads, and those that have ended."""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from anygrad.arrays.levels import current_level
from anygrad.forward.dual import Dual

X = np.array([1.0, 2.0])

TRANSFORMS = {
    "grad": lambda f: ag.grad(lambda x: np.sum(f(x)))(X),
    "vjp": lambda f: ag.vjp(f, X)[1](X),
    "linearize": lambda f: ag.linearize(f, X)[1](X),
    "jvp": lambda f: ag.jvp(f, (X,), (X,))[1],
    "vmap": lambda f: ag.vmap(f)(X),
    "jacrev": lambda f: ag.jacrev(f)(X),
    "jacfwd": lambda f: ag.jacfwd(f)(X),
    "hessian": lambda f: ag.hessian(lambda x: np.sum(f(x)))(X),
}

both_ways = pytest.mark.parametrize("second", TRANSFORMS)


def in_threads(f):
    """The sum of a function of 1 and 2, each in a thread of its own."""
    with ThreadPoolExecutor(2) as threads:
        return sum(threads.map(f, [1.0, 2.0]))


INNER = {
    "grad": lambda f: ag.grad(f)(1.0),
    "vjp": lambda f: ag.vjp(f, 1.0)[1](1.0)[0],
    "jvp": lambda f: ag.jvp(f, (1.0,), (1.0,))[1],
}


@pytest.mark.parametrize("inner", INNER)
def test_a_transform_in_a_thread_within_another_transform(inner: str) -> None:
    def f(x):
        return in_threads(lambda k: INNER[inner](lambda y: y * y * x * k))

    value, gradient = ag.value_and_grad(f)(3.0)
    assert (value, gradient) == (18.0, 6.0)
    value, tangent = ag.jvp(f, (3.0,), (1.0,))
    assert (value, tangent) == (18.0, 6.0)
    np.testing.assert_array_equal(ag.vmap(f)(np.array([3.0, 4.0])), [18.0, 24.0])


def test_vmap_in_a_thread_within_vmap() -> None:
    def f(x):
        return in_threads(lambda k: ag.sum(ag.vmap(lambda y: y * y * x * k)(X)))

    np.testing.assert_array_equal(ag.vmap(f)(np.array([3.0, 4.0])), [45.0, 60.0])


def test_transforms_that_overlap_in_threads_share_few_types() -> None:
    """An operation has an implementation for each type, so their number must not grow with that of the calls."""
    in_the_middle = threading.Barrier(2, timeout=10)
    before = len(Dual.types)

    def run(start: float) -> list[float]:
        # Of the two there is always one that runs.
        found = []
        for i in range(20):

            def f(x):
                in_the_middle.wait()
                return x * x

            found.append(float(ag.jvp(f, (start + i,), (1.0,))[1]))
        return found

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(run, [1.0, 100.0]))
    assert results == [[2 * (start + i) for i in range(20)] for start in (1.0, 100.0)]
    assert len(Dual.types) <= max(before, 3)


@pytest.mark.parametrize("first", TRANSFORMS)
@both_ways
def test_what_is_kept_of_a_transform_is_refused_in_the_next(first: str, second: str) -> None:
    kept = []

    def keeping(x):
        kept.append(x * x)
        return x * x

    TRANSFORMS[first](keeping)
    with pytest.raises(RuntimeError, match="transform has ended"):
        TRANSFORMS[second](lambda x: x * kept[0])


@both_ways
def test_what_is_kept_is_refused_as_a_result(second: str) -> None:
    kept = []
    TRANSFORMS["jvp"](lambda x: kept.append(x * x) or x)
    with pytest.raises(RuntimeError, match="transform has ended"):
        TRANSFORMS[second](lambda x: kept[0])


@pytest.mark.parametrize("kind", ["jvp", "vjp"])
def test_a_memoised_function_of_a_traced_array(kind: str) -> None:
    memoised = functools.cache(lambda name: np.exp(point[0]))
    point = [None]

    def f(x):
        point[0] = x
        return x * memoised("exp")

    TRANSFORMS[kind](f)
    with pytest.raises(RuntimeError, match="in a cache, an attribute or a global"):
        TRANSFORMS[kind](f)


def test_an_argument_that_outlives_a_call_that_failed_is_refused() -> None:
    kept = []

    def failing(x):
        kept.append(x)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ag.grad(failing)(2.0)
    with pytest.raises(RuntimeError, match="transform has ended"):
        ag.grad(lambda x: x * kept[0])(2.0)
    assert current_level() == 0


def test_a_buffer_outside_is_filled_by_one_transform_after_another() -> None:
    buffer = Tensor(np.zeros(3))

    def f(x):
        buffer[0] = x
        return np.sum(buffer * np.arange(1.0, 4.0))

    assert ag.grad(f)(2.0) == 1.0
    assert ag.grad(f)(5.0) == 1.0
    assert buffer.tolist() == [5.0, 0.0, 0.0]
    with pytest.raises(TypeError, match="cannot hold what is computed under a transform"):
        ag.jvp(f, (2.0,), (1.0,))


def test_pullbacks_outlive_their_transform_and_meet_others() -> None:
    _, pullback = ag.vjp(lambda x: x**3, X)
    np.testing.assert_array_equal(ag.jacrev(lambda c: pullback(c)[0])(X), np.diag(3 * X**2))
    np.testing.assert_array_equal(ag.vmap(lambda c: pullback(c)[0])(np.eye(2)), np.diag(3 * X**2))
    np.testing.assert_array_equal(ag.jvp(lambda c: pullback(c)[0], (X,), (X,))[1], 3 * X**3)


def test_a_hook_sees_the_gradient_of_a_pullback_at_whatever_level_it_is_called() -> None:
    seen = []

    def f(x):
        y = x * x
        y.register_hook(lambda g: seen.append(g.shape) or g * Tensor([2.0, 3.0]))
        return y

    _, pullback = ag.vjp(f, X)
    expected = 2 * X * [2.0, 3.0]
    np.testing.assert_array_equal(pullback(np.ones(2))[0], expected)
    np.testing.assert_array_equal(ag.vmap(lambda c: pullback(c)[0])(np.eye(2)), np.diag(expected))
    np.testing.assert_array_equal(ag.jacrev(f)(X), np.diag(expected))
    np.testing.assert_array_equal(ag.jacrev(lambda c: pullback(c)[0])(X), np.diag(expected))
    assert set(seen) == {(2,)}


@pytest.mark.parametrize("x", [X, Tensor(X)], ids=["array", "Tensor"])
def test_a_checkpoint_runs_again_after_its_transform_has_ended_while_others_run(x) -> None:
    scale = Tensor([3.0, 4.0])

    def f(x):
        factor = ag.sin(x) * scale
        return ag.checkpoint(lambda y: ag.exp(y) * factor * ag.vmap(lambda v: v * v)(x))(x)

    def plain(x):
        return ag.exp(x) * ag.sin(x) * scale * x * x

    expected = ag.jacfwd(plain)(X)
    _, pullback = ag.vjp(f, x)
    ag.vjp(f, x)  # another transform, which is not to have the types of the first
    np.testing.assert_allclose(np.asarray(ag.vmap(lambda c: pullback(c)[0])(np.eye(2))), expected)
    second = ag.jvp(lambda v: pullback(v)[0], (X,), (X,))[1]
    np.testing.assert_allclose(np.asarray(second), X @ np.asarray(expected))
    np.testing.assert_allclose(ag.linearize(f, X)[1](X).data, np.asarray(expected) @ X)
    np.testing.assert_allclose(ag.jacrev(f)(X).data, np.asarray(expected))


def test_a_checkpoint_that_differentiates_within_runs_again() -> None:
    def f(x):
        return ag.checkpoint(lambda y: ag.grad(lambda z: np.sum(z**3 * y))(y) * x)(x)

    expected = np.diag(9 * X**3 + 3 * X**3)
    np.testing.assert_allclose(ag.jacrev(f)(X), expected)
    _, pullback = ag.vjp(f, X)
    ag.grad(lambda x: np.sum(x))(X)
    np.testing.assert_allclose(pullback(np.ones(2))[0], np.diag(expected))


def test_the_types_of_ended_transforms_are_free_again() -> None:
    ag.jacrev(lambda x: ag.checkpoint(np.sin)(x))(X)
    free = len(Tensor.free_types)
    out, pullback = ag.vjp(lambda x: ag.checkpoint(np.sin)(x), X)
    assert len(Tensor.free_types) == free - 1
    del out, pullback
    assert len(Tensor.free_types) == free
