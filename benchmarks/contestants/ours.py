"""anygrad, on any of its devices, in both of its styles."""

from __future__ import annotations

import functools
import operator
from typing import Any, Literal

import numpy as np

import anygrad as ag
from anygrad.backends import backend_of
from benchmarks.case import Problem
from benchmarks.contestants.base import Contestant, Entry, LacksError, Namespace, Outcome
from benchmarks.contestants.jax_based import ask_for_precision

__all__ = ["Anygrad"]

EVENTS = {"cuda": "cupy", "torch:cuda:0": "torch"}
MEMORY = {
    "cpu": "tracemalloc",
    "strict:cpu": "tracemalloc",
    "torch:cpu": "torch profiler",
    "cuda": "cupy",
    "torch:cuda:0": "torch.cuda",
}
Style = Literal["backward", "grad"]


class Anygrad(Contestant):
    """Tensors and ``backward()``, or the transform ``grad`` of a function of plain arrays."""

    package = "anygrad"

    def __init__(self, device: str, style: Style) -> None:
        self.device = device
        place = "" if device == "cpu" else f" {device}"
        super().__init__(f"anygrad{place}" + (" grad" if style == "grad" else ""))
        self.style = style
        self.clock = EVENTS.get(self.device, "host")
        self.memory = MEMORY.get(self.device)

    @functools.cached_property
    def xp(self) -> Namespace:
        """anygrad, with the names that cases use beside the standard's."""
        return Namespace(
            self.name,
            ag,
            relu=ag.special.relu,
            linear=ag.special.linear,
            cross_entropy=lambda scores, labels: ag.mean(ag.special.cross_entropy(scores, labels)),
            stop_gradient=operator.methodcaller("detach"),
        )

    def enter(self, problem: Problem) -> Entry:
        if self.device.startswith("jax"):
            ask_for_precision(problem.dtype)
        if problem.case.derivative == "hessian":
            return self._hessian(problem)
        return self._backward(problem) if self.style == "backward" else self._grad(problem)

    def _backward(self, problem: Problem) -> Entry:
        params = [ag.Tensor(x.copy(), requires_grad=True, device=self.device) for x in problem.parameters]
        arrays = [ag.Tensor(x, device=self.device) for x in problem.constants]
        function, rate = problem.function(self.xp), problem.case.rate

        def forward() -> Any:
            return function(*params, *arrays)

        def backward(value: Any) -> Outcome:
            value.backward()
            gradients = [p.grad for p in params]
            for p in params:
                p.zero_grad()
            return value, gradients

        return self.entry(forward, backward, params, rate)

    def update(self, params: list[Any], gradients: list[Any], rate: float) -> None:
        with ag.no_grad():
            super().update(params, gradients, rate)

    def _grad(self, problem: Problem) -> Entry:
        if self.device.startswith("strict"):
            raise LacksError("array-api-strict's operators refuse a Tensor on their right")
        params, arrays = self._raw(problem)
        function, rate = problem.function(self.xp), problem.case.rate
        transformed = ag.value_and_grad(function, tuple(range(len(params))))

        def both() -> Outcome:
            value, gradients = transformed(*params, *arrays)
            if rate is not None:
                params[:] = [p - rate * g for p, g in zip(params, gradients, strict=True)]
            return value, list(gradients)

        return Entry(both)

    def _hessian(self, problem: Problem) -> Entry:
        if self.style == "backward":
            raise LacksError("Hessians are the transforms' own")
        params, arrays = self._raw(problem)
        transformed = ag.hessian(problem.function(self.xp))
        return Entry(lambda: (None, [transformed(*params, *arrays)]))

    def _raw(self, problem: Problem) -> tuple[list[Any], list[Any]]:
        """Parameters and constants as arrays of the device's library."""
        params, arrays = problem.parameters, problem.constants
        return [self._place(x) for x in params], [self._place(x) for x in arrays]

    def _place(self, x: np.ndarray) -> Any:
        return ag.Tensor(x, device=self.device).data

    def wait(self, result: Any) -> None:
        if self.device != "cpu" and self.clock == "host":
            ag.synchronize(self.device)

    def to_numpy(self, x: Any) -> np.ndarray:
        raw = x.data if isinstance(x, ag.Tensor) else x
        return np.asarray(backend_of(raw).to_numpy(raw))
