"""The numbers of all contestants: they compute the same, or it is said who does not."""

from __future__ import annotations

import numpy as np
import pytest

import anygrad as ag
from benchmarks.case import cases
from benchmarks.contestants.base import LacksError
from benchmarks.measure import DisagreementError, check, enter
from tests.benchmarks.running import TINY

WITHOUT = {
    "JAX": set(),
    "JAX jit": set(),
    "PyTorch": set(),
    "anygrad grad": set(),
    "anygrad": {"rosenbrock"},
    "HIPS autograd": {"convolution", "convnet"},
    "MyGrad": {"cholesky", "gp", "rosenbrock"},
    "by hand": {
        "reductions",
        "matmul",
        "embedding",
        "convolution",
        "attention",
        "cholesky",
        "transformer",
        "convnet",
        "gp",
    },
}
"""The cases that each contestant cannot enter: where it lacks a function, or nobody has written it by hand."""


def test_there_is_a_tiny_size_of_every_case():
    assert TINY.keys() == cases.keys()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", TINY)
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_all_contestants_agree_on_a_case(name, dtype, everybody):
    problem = cases[name].problem(TINY[name], dtype)
    if dtype == "float32":  # JAX compiles every operation anew for it
        everybody = [c for c in everybody if "jax" not in c.name.lower()]
    entries, absent = enter(problem, everybody)
    for contestant in everybody:
        assert (contestant in entries) != (contestant.name in absent)
        if contestant.name in WITHOUT:
            assert (contestant in entries) == (name not in WITHOUT[contestant.name]), absent
    for contestant, entry in entries.items():
        value, gradients = entry.derivative()
        parts = problem.parameters
        wanted = [(len(parts[0]),) * 2] if problem.case.derivative == "hessian" else [p.shape for p in parts]
        found = [contestant.to_numpy(g) for g in gradients]
        assert [g.shape for g in found] == wanted
        assert {g.dtype for g in found} == {np.dtype(dtype)}
        assert value is None or contestant.to_numpy(value).shape == ()


@pytest.mark.parametrize("name", ["gelu", "mlp-small"])
def test_gradients_are_those_of_finite_differences(name, everybody):
    problem = cases[name].problem(TINY[name], "float64")
    function = problem.function(everybody[0].xp)
    arrays = [*problem.parameters, *problem.constants]
    entry = everybody[0].enter(problem)
    _, gradients = entry.derivative()
    step = np.zeros_like(arrays[0])
    step.flat[1] = 1e-6
    up, down = (ag.Tensor(function(*map(ag.Tensor, (arrays[0] + s, *arrays[1:])))).item() for s in (step, -step))
    assert gradients[0].numpy().flat[1] == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_a_step_of_training_changes_the_parameters_of_every_contestant_alike(everybody):
    problem = cases["logistic"].problem((20, 3), "float64")
    for contestant in everybody:
        entry = contestant.enter(problem)
        values = [float(contestant.to_numpy(entry.both()[0])) for _ in range(3)]
        assert values[0] > values[1] > values[2]
    assert not problem.parameters[0].any()  # the contestants have copies


def test_a_disagreement_names_both(everybody, monkeypatch):
    problem = cases["gelu"].problem((7,), "float64")
    wrong = everybody[-1]
    enter_rightly = type(wrong).enter

    def enter_wrongly(self, problem):
        entry = enter_rightly(self, problem)
        both = entry.both
        entry.both = lambda: (both()[0], [g * 1.001 for g in both()[1]])
        return entry

    monkeypatch.setattr(type(wrong), "enter", enter_wrongly)
    with pytest.raises(DisagreementError, match=rf"gelu at 7 in float64: {wrong.name} and anygrad disagree.*1.0e-03"):
        enter(problem, everybody)


def test_other_shapes_and_nans_are_disagreements():
    problem = cases["gelu"].problem((2,), "float32")
    for other in (np.ones(3, np.float32), np.array([1, np.nan], np.float32)):
        with pytest.raises(DisagreementError, match="b and a disagree"):
            check(problem, {"a": [np.ones(2, np.float32)], "b": [other]})


def test_a_contestant_without_a_function_says_which(everybody):
    hips = next((c for c in everybody if c.name == "HIPS autograd"), None)
    if hips is None:
        pytest.skip("HIPS autograd is not installed")
    with pytest.raises(LacksError, match="HIPS autograd has no conv"):
        hips.enter(cases["convolution"].problem((1, 1, 3), "float64")).both()
