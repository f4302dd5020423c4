"""Random programs: first and second derivatives agree with PyTorch and JAX, and between all libraries underneath."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import anygrad as ag
from tests.conftest import CUDA, require_device
from tests.ops.programs import MAKERS, Program, programs, solved

RTOL = 1e-6
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def sampled(count: int) -> Any:
    """That many programs, the same each time; as many as the profile says if it is the thorough one."""
    if settings.get_current_profile_name() == "thorough":
        return settings(deadline=None, suppress_health_check=CHECKS, phases=[Phase.generate])
    options = {"suppress_health_check": CHECKS, "phases": [Phase.generate]}  # shrinking a failure takes minutes
    return settings(max_examples=count, deadline=None, derandomize=True, **options)


def derivatives(program: Program, inputs: list[Any]) -> tuple[list[Any], list[Any]]:
    """The gradient of a program, and that of its product with fixed directions."""
    everything = tuple(range(len(inputs)))
    directions = [np.cos(np.arange(x.size)).reshape(x.shape) for x in program.inputs]
    directions = [ag.asarray(d, device=ag.Tensor(x).device) for d, x in zip(directions, inputs)]
    first = ag.grad(lambda *xs: program(ag, *xs), everything)

    def slope(*xs: Any) -> Any:
        return sum(ag.sum(g * d) for g, d in zip(first(*xs), directions))

    return list(first(*inputs)), list(ag.grad(slope, everything)(*inputs))


def forward_over_reverse(program: Program) -> list[Any]:
    """The second of :func:`derivatives`, by other modes and on a batch."""
    directions = [np.cos(np.arange(x.size)).reshape(x.shape) for x in program.inputs]
    batch = [np.stack([d, -d]) for d in directions]
    products = ag.vmap(lambda *ds: ag.hvp(lambda *xs: program(ag, *xs), program.inputs, ds))(*batch)
    return [p[0] for p in products]


def on_host(x: Any) -> np.ndarray:
    return ag.Tensor(x).numpy()


def assert_agree(got: list[Any], wanted: list[Any], what: str) -> None:
    for g, w in zip(got, wanted, strict=True):
        w = np.asarray(w)
        scale = max(1.0, float(np.max(np.abs(w), initial=0.0)))
        np.testing.assert_allclose(on_host(g), w, rtol=RTOL, atol=RTOL * scale, err_msg=what)


def derivatives_by_torch(program: Program) -> tuple[list[Any], list[Any]]:
    import array_api_compat.torch as xp
    import torch

    inputs = [torch.tensor(x, requires_grad=True) for x in program.inputs]
    first = torch.autograd.grad(program(xp, *inputs), inputs, create_graph=True, materialize_grads=True)
    slope = sum((g * torch.cos(torch.arange(g.numel(), dtype=g.dtype)).reshape(g.shape)).sum() for g in first)
    if not slope.requires_grad:
        return [g.detach() for g in first], [torch.zeros_like(x) for x in inputs]
    second = torch.autograd.grad(slope, inputs, materialize_grads=True)
    return [g.detach().numpy() for g in first], [g.numpy() for g in second]


def derivatives_by_jax(program: Program) -> tuple[list[Any], list[Any]]:
    import jax
    import jax.numpy as xp

    everything = tuple(range(len(program.inputs)))
    first = jax.grad(lambda *xs: program(xp, *xs), everything)

    def slope(*xs: Any) -> Any:
        return sum(xp.sum(g * xp.cos(xp.arange(g.size)).reshape(g.shape)) for g in first(*xs))

    inputs = [xp.asarray(x) for x in program.inputs]
    return list(first(*inputs)), list(jax.grad(slope, everything)(*inputs))


@sampled(150)
@given(programs())
def test_derivatives_are_those_of_pytorch(program):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    first, second = derivatives_by_torch(program)
    for got, wanted, order in zip(derivatives(program, program.inputs), (first, second), (1, 2)):
        assert_agree(got, wanted, f"order {order} of\n{program}")
    assert_agree(forward_over_reverse(program), second, f"forward over reverse mode of\n{program}")


@sampled(12)
@given(programs(most=12))
def test_derivatives_are_those_of_jax(program):
    pytest.importorskip("jax", reason="JAX is not installed")
    for got, wanted, order in zip(derivatives(program, program.inputs), derivatives_by_jax(program), (1, 2)):
        assert_agree(got, wanted, f"order {order} of\n{program}")


@pytest.mark.parametrize("device", ["strict:cpu", "strict:device1", "torch:cpu", "dask:cpu", "jax:cpu", CUDA])
def test_libraries_agree_with_numpy(device):
    require_device(device)
    makers = [m for m in MAKERS if m is not solved] if device == "dask:cpu" else MAKERS  # it factors no stacks

    @sampled({"jax:cpu": 6, "dask:cpu": 10}.get(device, 50))
    @given(programs(most=12 if device == "jax:cpu" else 30, makers=makers))
    def check(program):
        inputs = [ag.asarray(x, device=device).data for x in program.inputs]
        for got, wanted, order in zip(
            derivatives(program, inputs), derivatives(program, program.inputs), (1, 2), strict=True
        ):
            assert all(ag.Tensor(g).device == device for g in got)
            assert_agree(got, wanted, f"order {order} on {device} of\n{program}")

    check()
