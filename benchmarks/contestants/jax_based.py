"""JAX, operation by operation and compiled."""

from __future__ import annotations

import functools
from typing import Any

from benchmarks.case import Problem
from benchmarks.contestants.base import Contestant, Entry, LacksError, Namespace, Outcome, linear

__all__ = ["Jax", "ask_for_precision"]


def ask_for_precision(dtype: str) -> None:
    """Let JAX compute in the precision that all others do: unless told otherwise it makes float32 of float64.

    On a GPU it would besides multiply matrices of float32 in fewer bits.
    """
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")
    if dtype == "float64":
        jax.config.update("jax_enable_x64", True)


class Jax(Contestant):
    """JAX's transforms; compiled, the whole pass is one program, with the update in a training case."""

    package = "jax"

    def __init__(self, name: str, platform: str, *, compiled: bool) -> None:
        super().__init__(name)
        self.platform = platform
        self.compiled = compiled

    @functools.cached_property
    def xp(self) -> Namespace:
        """``jax.numpy``, with the functions that live elsewhere in JAX."""
        import jax
        import jax.numpy as jnp

        convolve = functools.partial(jax.lax.conv_general_dilated, window_strides=(1, 1), padding="VALID")

        def cross_entropy(scores: Any, labels: Any) -> Any:
            return -jnp.mean(jnp.sum(labels * jax.nn.log_softmax(scores), axis=-1))

        return Namespace(
            self.name,
            jnp,
            relu=jax.nn.relu,
            conv=convolve,
            linear=linear,
            cross_entropy=cross_entropy,
            stop_gradient=jax.lax.stop_gradient,
        )

    def enter(self, problem: Problem) -> Entry:
        import jax

        ask_for_precision(problem.dtype)
        try:
            device = jax.devices(self.platform)[0]
        except RuntimeError:
            raise LacksError(f"this JAX has no {self.platform}") from None
        params = [jax.device_put(x, device) for x in problem.parameters]
        arrays = [jax.device_put(x, device) for x in problem.constants]
        function, rate = problem.function(self.xp), problem.case.rate
        if problem.case.derivative == "hessian":
            hessian = jax.hessian(function)
            hessian = jax.jit(hessian) if self.compiled else hessian
            return Entry(lambda: (None, [hessian(*params, *arrays)]))
        transformed = jax.value_and_grad(function, tuple(range(len(params))))

        def step(params: list[Any], arrays: list[Any]) -> tuple[Any, Any, list[Any]]:
            value, gradients = transformed(*params, *arrays)
            updated = params if rate is None else [p - rate * g for p, g in zip(params, gradients, strict=True)]
            return value, gradients, updated

        run = jax.jit(step) if self.compiled else step

        def both() -> Outcome:
            value, gradients, updated = run(params, arrays)
            params[:] = updated
            return value, list(gradients)

        if self.compiled:  # a program of its own for each half would not be the one that is run
            return Entry(both)

        def forward() -> Any:
            return jax.vjp(lambda *params: function(*params, *arrays), *params)

        def backward(state: Any) -> Outcome:
            value, pullback = state
            return value, list(pullback(self.xp.ones_like(value)))

        return Entry(both, forward, backward)

    def wait(self, result: Any) -> None:
        import jax

        jax.block_until_ready(result)
