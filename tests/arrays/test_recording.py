"""no_grad and enable_grad mean one thing in every mode, and hold in one thread or task alone."""

import asyncio
import threading

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import leaf


def scaled(x):
    with ag.no_grad():
        scale = np.sum(x**2)
    return x * scale


def test_what_is_computed_under_no_grad_is_constant_to_every_mode() -> None:
    x = np.array([1.0, 2.0])
    expected = 5 * np.eye(2)
    for jacobian in (ag.jacrev, ag.jacfwd, ag.jacobian):
        np.testing.assert_array_equal(jacobian(scaled)(x), expected)
    np.testing.assert_array_equal(ag.jvp(scaled, (x,), (np.array([1.0, 0.0]),))[1], expected[0])
    np.testing.assert_array_equal(ag.linearize(scaled, x)[1](np.array([1.0, 0.0])), expected[0])
    np.testing.assert_array_equal(ag.vmap(ag.grad(lambda v: np.sum(scaled(v))))(x[None]), [[5.0, 5.0]])


def test_second_derivatives_agree_on_what_is_constant() -> None:
    x = 3.0
    first = ag.grad(scaled)
    assert ag.hessian(scaled)(x) == ag.grad(first)(x) == ag.jacfwd(ag.jacfwd(scaled))(x) == 0.0
    assert ag.hvp(scaled, (x,), (1.0,))[0] == 0.0


def test_an_array_changed_under_no_grad_keeps_its_derivative_in_every_mode() -> None:
    def f(x):
        h = x * x
        with ag.no_grad():
            h[1] = 10.0
            h += x
        return h

    x = np.array([1.0, 2.0])
    for jacobian in (ag.jacrev, ag.jacfwd):
        np.testing.assert_array_equal(jacobian(f)(x), np.diag(2 * x))
    np.testing.assert_array_equal(ag.jvp(f, (x,), (x,))[0], [2.0, 12.0])


def test_a_custom_rule_under_no_grad_is_constant_in_every_mode() -> None:
    square = ag.custom_jvp(lambda x: x * x)
    square.defjvp(lambda primals, tangents: (square(primals[0]), 2 * primals[0] * tangents[0]))

    def f(x):
        with ag.no_grad():
            y = square(x)
        return x * y

    assert ag.grad(f)(3.0) == ag.jvp(f, (3.0,), (1.0,))[1] == 9.0


def test_enable_grad_inside_no_grad_follows_in_every_mode() -> None:
    def f(x):
        with ag.no_grad(), ag.enable_grad():
            return x * x

    assert ag.grad(f)(3.0) == ag.jvp(f, (3.0,), (1.0,))[1] == 6.0


def test_one_mode_object_in_two_threads() -> None:
    mode = ag.no_grad()
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        with mode:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=work)
    with mode:
        thread.start()
        inside.wait(10)
        leave.set()
        thread.join()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()
    assert leaf(1.0).requires_grad


def test_two_interleaved_tasks_have_a_mode_each() -> None:
    async def first(turns: list[asyncio.Event]) -> bool:
        with ag.no_grad():
            turns[0].set()
            await turns[1].wait()
        return ag.is_grad_enabled()

    async def second(turns: list[asyncio.Event]) -> bool:
        await turns[0].wait()
        was_enabled = ag.is_grad_enabled()
        with ag.no_grad():
            turns[1].set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return was_enabled and not ag.is_grad_enabled()

    async def main() -> list[bool]:
        turns = [asyncio.Event(), asyncio.Event()]
        return await asyncio.gather(first(turns), second(turns))

    assert asyncio.run(main()) == [True, True]
    assert ag.is_grad_enabled()


def test_a_decorated_coroutine_runs_in_its_mode() -> None:
    @ag.no_grad()
    async def f() -> list[bool]:
        found = [ag.is_grad_enabled()]
        await asyncio.sleep(0)
        return [*found, ag.is_grad_enabled()]

    assert asyncio.run(f()) == [False, False]


def test_a_decorated_generator_runs_in_its_mode_and_who_asks_it_in_theirs() -> None:
    seen = []

    @ag.no_grad()
    def numbers():
        """Numbers."""
        try:
            given = yield ag.is_grad_enabled()
            seen.append(given)
            try:
                yield ag.is_grad_enabled()
            except KeyError:
                yield "thrown"
            return "returned"
        finally:
            seen.append(ag.is_grad_enabled())

    generator = numbers()
    assert next(generator) is False
    assert ag.is_grad_enabled()
    assert generator.send("sent") is False
    assert generator.throw(KeyError) == "thrown"
    with pytest.raises(StopIteration, match="returned"):
        next(generator)
    assert seen == ["sent", False]
    early = numbers()
    next(early)
    early.close()
    assert seen == ["sent", False, False]
    assert ag.is_grad_enabled()
    assert numbers.__doc__ == "Numbers."


def test_enable_grad_of_a_generator_records() -> None:
    x = Tensor([1.0], requires_grad=True)

    @ag.enable_grad()
    def squares():
        yield x * x

    with ag.no_grad():
        assert next(squares()).requires_grad


def test_an_asynchronous_generator_is_refused() -> None:
    with pytest.raises(TypeError, match=r"@no_grad\(\) takes no asynchronous generator; write with no_grad\(\)"):

        @ag.no_grad()
        async def numbers():
            yield 1
