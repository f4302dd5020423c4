"""Whether derivatives are followed: no_grad and enable_grad."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar

from anygrad.arrays.levels import current_level, next_number

__all__ = ["enable_grad", "followed_from", "is_grad_enabled", "no_grad", "restrictions", "threshold"]

F = TypeVar("F", bound=Callable[..., Any])

_mode: ContextVar[tuple[int, Any]] = ContextVar("mode", default=(0, None))
"""The lowest level that is followed, and what this was before. A threshold rather than a flag, so that a transform
which begins under ``no_grad`` still differentiates. Each thread has its own, and each task of asyncio."""

restrictions: list[Any] = []
"""One entry for each block, of any thread, that stops some level from being followed. While it is empty, and it mostly
is, a recorded operation need not ask for its thread's mode: 3 % of a chain of operations on small arrays."""


def threshold() -> int:
    """The lowest level that is followed."""
    return _mode.get()[0]


class _GradMode:
    """A context manager, and a decorator, that sets the threshold and puts it back."""

    __slots__ = ()

    def _threshold(self) -> int:
        return 0

    def __enter__(self) -> None:
        _mode.set((self._threshold(), _mode.get()))
        restrictions.append(None)

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        _mode.set(_mode.get()[1])
        restrictions.pop()

    def __call__(self, function: F) -> F:
        """Run the whole of a function in this mode; of a generator what runs between two of its pauses.

        Raises:
            TypeError: it is an asynchronous generator.
        """
        mode = type(self)
        wrapper: Any
        if inspect.isasyncgenfunction(function):
            raise TypeError(
                f"@{mode.__name__}() takes no asynchronous generator; write with {mode.__name__}(): inside it, around "
                f"what stands between two yields"
            )
        if inspect.iscoroutinefunction(function):

            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with mode():
                    return await function(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return _resumed(function(*args, **kwargs), mode)

        else:

            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with mode():
                    return function(*args, **kwargs)

        return functools.wraps(function)(wrapper)  # type: ignore[return-value]


def _resumed(generator: Generator[Any, Any, Any], mode: type[_GradMode]) -> Generator[Any, Any, Any]:
    """A generator that is in a mode while it runs, and not while others do."""
    step: Callable[[Any], Any] = generator.send
    given = None
    while True:
        try:
            with mode():
                value = step(given)
        except StopIteration as stop:
            return stop.value
        try:
            step, given = generator.send, (yield value)
        except GeneratorExit:
            with mode():
                generator.close()
            raise
        except BaseException as error:
            step, given = generator.throw, error


class no_grad(_GradMode):
    """Follow no derivatives: what is computed in ``with no_grad(): ...`` or ``@no_grad()`` is constant.

    It is so to everything that differentiates around it, in reverse mode and in forward mode: to ``backward()``, and to
    each transform that runs already. A transform that begins inside differentiates what is inside of it. An array that
    is changed in place keeps the derivative that it had. It holds for the current thread, or the current task of
    asyncio, alone.

    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    >>> def f(x):
    ...     with ag.no_grad():
    ...         scale = x * x
    ...     return x * scale
    >>> ag.grad(f)(3.0), ag.jacfwd(f)(3.0)
    (array(9.), array(9.))
    """

    __slots__ = ()

    def _threshold(self) -> int:
        return next_number()


class followed_from(_GradMode):
    """Follow the derivatives of a level and of those above, and of no others."""

    __slots__ = ("_level",)

    def __init__(self, level: int) -> None:
        self._level = level

    def _threshold(self) -> int:
        return self._level


class enable_grad(_GradMode):
    """Follow derivatives again, inside :class:`no_grad`: ``with enable_grad(): ...`` or ``@enable_grad()``.

    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    __slots__ = ()


def is_grad_enabled() -> bool:
    """Whether operations are followed in this thread, by the transform that began last or else by ``backward()``.

    >>> ag.is_grad_enabled()
    True
    """
    return threshold() <= current_level()
