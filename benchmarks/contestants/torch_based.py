"""PyTorch, eager and compiled."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from benchmarks.case import Problem
from benchmarks.contestants.base import Contestant, Entry, LacksError, Namespace, Outcome

__all__ = ["PyTorch"]


class PyTorch(Contestant):
    """PyTorch's tensors; compiled, the formula goes through ``torch.compile`` and its backward pass with it."""

    package = "torch"

    def __init__(self, name: str, device: str, *, compiled: bool = False) -> None:
        super().__init__(name)
        self.device = device
        self.compiled = compiled
        self.clock = "torch" if device == "cuda" else "host"
        self.memory = "torch.cuda" if device == "cuda" else "torch profiler"

    @functools.cached_property
    def xp(self) -> Namespace:
        """PyTorch's functions, which take NumPy's names of arguments."""
        import torch

        return Namespace(
            self.name,
            torch,
            max=torch.amax,
            permute_dims=torch.permute,
            conv=torch.nn.functional.conv2d,
            linear=lambda x, weight, bias: torch.nn.functional.linear(x, weight.mT, bias),
            cross_entropy=torch.nn.functional.cross_entropy,
            stop_gradient=operator.methodcaller("detach"),
        )

    def enter(self, problem: Problem) -> Entry:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise LacksError("this PyTorch has no CUDA")
        params = [torch.tensor(x, device=self.device) for x in problem.parameters]
        arrays = [torch.tensor(x, device=self.device) for x in problem.constants]
        function, rate = problem.function(self.xp), problem.case.rate
        if problem.case.derivative == "hessian":
            return self._hessian(function, params, arrays)
        for p in params:
            p.requires_grad_()
        if self.compiled:
            torch._dynamo.reset()  # what was compiled for other problems counts against the limit of recompilations
            function = torch.compile(function)

        def forward() -> Any:
            return function(*params, *arrays)

        def backward(value: Any) -> Outcome:
            value.backward()
            gradients = [p.grad for p in params]
            for p in params:
                p.grad = None
            return value, gradients

        return self.entry(forward, backward, params, rate)

    def update(self, params: list[Any], gradients: list[Any], rate: float) -> None:
        with self.xp.no_grad():
            for p, g in zip(params, gradients, strict=True):
                p.sub_(g, alpha=rate)

    def _hessian(self, function: Any, params: list[Any], arrays: list[Any]) -> Entry:
        import torch

        if self.compiled:
            raise LacksError("second derivatives cannot be taken through torch.compile")
        hessian = torch.func.hessian(function)
        return Entry(lambda: (None, [hessian(*params, *arrays)]))

    def to_numpy(self, x: Any) -> np.ndarray:
        return x.detach().cpu().numpy()  # type: ignore[no-any-return]
