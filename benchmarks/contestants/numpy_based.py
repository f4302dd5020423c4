"""The derivative by hand on NumPy and CuPy, and the two libraries that differentiate NumPy's functions."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np

from benchmarks.case import Problem
from benchmarks.contestants.base import Contestant, Entry, LacksError, Namespace, Outcome, cross_entropy, linear

__all__ = ["ByHand", "Hips", "MyGrad"]


class ByHand(Contestant):
    """What a person writes who knows the derivative: the cost of the arrays' library alone."""

    def __init__(self, name: str, library: str) -> None:
        super().__init__(name)
        self.package = library
        self.clock = "cupy" if library == "cupy" else "host"
        self.memory = "cupy" if library == "cupy" else "tracemalloc"

    @functools.cached_property
    def xp(self) -> Any:
        """NumPy or CuPy."""
        library = importlib.import_module(self.package)
        return Namespace(self.name, library, permute_dims=library.transpose, stop_gradient=lambda x: x)

    def enter(self, problem: Problem) -> Entry:
        by_hand = problem.case.by_hand
        if by_hand is None:
            raise LacksError("nobody has written it by hand")
        params = [self._place(x) for x in problem.parameters]
        arrays = [self._place(x) for x in problem.constants]
        xp, numbers, rate = self.xp, problem.numbers, problem.case.rate

        def forward() -> Any:
            return by_hand(xp, *params, *arrays, *numbers)

        def backward(state: Any) -> Outcome:
            value, back = state
            found = back()
            return value, found if isinstance(found, list) else [found]

        return self.entry(forward, backward, params, rate)

    def _place(self, x: np.ndarray) -> Any:
        return self.xp.array(x)

    def to_numpy(self, x: Any) -> np.ndarray:
        return x.get() if hasattr(x, "get") else np.asarray(x)


class Hips(Contestant):
    """HIPS autograd."""

    package = "autograd"
    memory = "tracemalloc"

    @functools.cached_property
    def xp(self) -> Namespace:
        """Its copy of NumPy."""
        import autograd.numpy as anp
        from autograd.tracer import getval

        return Namespace(
            self.name,
            anp,
            permute_dims=anp.transpose,
            relu=lambda x: anp.maximum(x, 0.0),
            linear=linear,
            cross_entropy=lambda scores, labels: cross_entropy(self.xp, scores, labels),
            stop_gradient=getval,
        )

    def enter(self, problem: Problem) -> Entry:
        import autograd

        params, arrays = [x.copy() for x in problem.parameters], problem.constants
        function, rate = problem.function(self.xp), problem.case.rate
        if problem.case.derivative == "hessian":
            hessian = autograd.hessian(function)
            return Entry(lambda: (None, [hessian(*params, *arrays)]))
        pulled = autograd.make_vjp(function, tuple(range(len(params))))

        def forward() -> Any:
            return pulled(*params, *arrays)

        def backward(state: Any) -> Outcome:
            pullback, value = state
            return value, list(pullback(np.ones_like(value)))

        return self.entry(forward, backward, params, rate)


class MyGrad(Contestant):
    """MyGrad."""

    package = "mygrad"
    memory = "tracemalloc"

    @functools.cached_property
    def xp(self) -> Namespace:
        """Its functions, which are named as NumPy's."""
        import mygrad
        from mygrad.nnet.activations import relu
        from mygrad.nnet.layers import conv_nd

        return Namespace(
            self.name,
            mygrad,
            permute_dims=mygrad.transpose,
            relu=relu,
            stop_gradient=lambda x: x.data,
            zeros_like=np.zeros_like,
            conv=lambda x, w: conv_nd(x, w, stride=1),
            linear=linear,
            cross_entropy=lambda scores, labels: cross_entropy(self.xp, scores, labels),
        )

    def enter(self, problem: Problem) -> Entry:
        import mygrad

        if problem.case.derivative == "hessian":
            raise LacksError("MyGrad has no second derivatives")
        params = [mygrad.tensor(x.copy()) for x in problem.parameters]
        arrays = problem.constants
        function, rate = problem.function(self.xp), problem.case.rate

        def forward() -> Any:
            return function(*params, *arrays)

        def backward(value: Any) -> Outcome:
            value.backward()
            return value, [p.grad for p in params]

        return self.entry(forward, backward, params, rate)

    def update(self, params: list[Any], gradients: list[Any], rate: float) -> None:
        for p, g in zip(params, gradients, strict=True):
            p.data -= rate * g
