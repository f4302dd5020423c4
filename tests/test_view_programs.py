"""Random NumPy programs about views, writes and scalars: values and derivatives are those of the program on NumPy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import settings

from tests.conftest import CUDA, require_device
from tests.view_grammar import PLACES, VIEWS, Statement
from tests.view_programs import ON_NUMPY, Failure, Program, failures, minimised, outcomes, program
from tests.view_statements import STATEMENTS, drawn

THOROUGH = settings.get_current_profile_name() == "thorough"  # pytest --hypothesis-profile=thorough
COUNT = 10_000 if THOROUGH else 600
PARTS = 100 if THOROUGH else 8


def assert_none_fails(seeds: Iterable[int], modes: Iterable[str]) -> None:
    found = [outcome for outcome in outcomes(seeds, tuple(modes)) if outcome.failures]
    kinds = [{failure.kind for failure in outcome.failures} for outcome in found]
    shortest = sorted(found, key=lambda outcome: len(outcome.program.source))[:3]
    assert not found, (
        f"{len(found)} programs fail, {sum('wrong' in kind for kind in kinds)} are wrong in some mode; "
        f"python tests/view_programs.py --count 1 --minimise --seed {shortest[0].seed}\n\n"
        + "\n\n".join(map(str, shortest))
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_programs_mean_what_they_mean_on_numpy(part):
    assert_none_fails(range(part, COUNT, PARTS), ON_NUMPY)


@pytest.mark.parametrize("device", ["strict:device1", "torch:cpu", "jax:cpu", CUDA])
def test_programs_mean_the_same_on_other_libraries(device):
    require_device(device)
    share = {"jax:cpu": 200, "cuda": 10}.get(device, 8)
    assert_none_fails(range(0, COUNT, share), [device])


# --- the programs themselves ------------------------------------------------------------------------------------------


def test_a_number_gives_the_same_program_each_time():
    assert str(program(17)) == str(program(17)) != str(program(18))


def test_all_rules_are_used_and_hardly_a_program_is_left_out():
    scenes = [drawn(seed) for seed in range(1500)]
    written = {statement.rule for scene in scenes for statement in scene.statements}
    assert written == set(STATEMENTS)
    used = set.union(*(scene.used for scene in scenes))
    assert used == {f"view: {name}" for name in VIEWS} | {f"place: {name}" for name in PLACES}
    references = [program(seed).reference for seed in range(100)]
    assert references.count(None) <= 3
    assert sum(max(map(abs, r.slopes)) > 1e-3 for r in references if r) >= 95


def of(arguments: dict[str, list[float]], *lines: str, weighed: tuple[str, ...] = ("x",)) -> Program:
    arrays = {name: np.array(values) for name, values in arguments.items()}
    return Program(arrays, tuple(Statement("given", line) for line in lines), weighed)


def test_the_reference_is_numpys():
    p = of({"x": [0.5, -0.25]}, "a = x * 2", "v = a[::-1]", "v[0] = x[0] ** 2", weighed=("a",))
    value = 1.0 * (1.0 + 0.3) + 0.25 * (np.cos(1.7) + 0.3 * 0.25)
    slope = 2 * (1.0 + 0.6) + (np.cos(1.7) + 0.6 * 0.25) * 2 * 0.5
    assert p.reference.value == pytest.approx(value, abs=1e-12)
    wanted = [slope * direction[0][0] for direction in p.directions()]
    assert p.reference.slopes == pytest.approx(wanted, abs=1e-9)


def test_points_at_a_jump_or_a_kink_have_no_reference():
    assert of({"x": [0.5, 0.1]}, "x[x > 0.5] *= 3").reference is None
    assert of({"x": [0.5, 0.1]}, "x = np.abs(x - 0.5002)").reference is None
    assert of({"x": [0.5, 0.1]}, "x[x > 0.3] *= 3").reference is not None


def test_a_failing_program_is_minimised():
    given = of(
        {"x": [0.5, 0.1]}, "a = x * 2", "b = x + 1", "b += 1", "c = x.no_such_name if hasattr(x, 'backward') else a"
    )
    p = Program.of(given.arguments, given.statements)
    (failure,) = failures(p, ["reverse"])
    assert failure.kind == "refused"
    smallest, still = minimised(p, failure)
    assert [s.source[:5] for s in smallest.statements] == ["a = x", "c = x"]
    assert len(smallest.weighed) == 1
    assert isinstance(still, Failure)
    assert "no_such_name" in still.message


def test_what_is_wrong_is_told_from_what_is_right():
    wrong = of({"x": [0.5, 0.1]}, "x = x * (3.0 if hasattr(x, 'backward') else 2.0)")
    assert {failure.kind for failure in failures(wrong, ["reverse", "eager"])} == {"wrong"}
    assert not failures(of({"x": [0.5, 0.1]}, "a = np.sin(x) * x", weighed=("x", "a")))


def test_eager_programs_may_write_to_their_arguments_and_need_not_depend_on_them():
    for line in ("np.copyto(x, x)", "x[0] = 0.5", "np.add.at(x, [0], 0.3)", "x = np.ones(2, like=x)", "x = np.ones(2)"):
        assert not failures(of({"x": [0.5, 0.1]}, line))
