"""The benchmarks: that all contestants compute the same, and that the tool says clearly what it does and refuses."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import anygrad as ag
import benchmarks.cases  # which makes the cases known
from benchmarks import command, compare, memory
from benchmarks.case import cases, load
from benchmarks.contestants import PEERS, contestants
from benchmarks.contestants.base import LacksError
from benchmarks.measure import DisagreementError, EventClock, Result, check, enter, measure
from benchmarks.options import parse
from benchmarks.record import Figure, Measured, Record, figure, ratio
from benchmarks.targets import ALSO_ON_CUDA, TARGETS, Target, in_copies, judge

ROOT = Path(__file__).parents[1]
TINY = {
    "multiply": (3,),
    "chain": (6, 3),
    "gelu": (7,),
    "reductions": (3, 4),
    "matmul": (4,),
    "embedding": (5, 2, 8),
    "convolution": (2, 3, 5),
    "softmax": (2, 3),
    "attention": (2, 3, 4),
    "cholesky": (4,),
    "logistic": (6, 3),
    "mlp-small": (3,),
    "mlp": (3, 4),
    "rnn": (3, 2, 4),
    "transformer": (2, 3, 8),
    "convnet": (2, 6),
    "gp": (5,),
    "rosenbrock": (4,),
}
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


def installed(names):
    return [name for name in names if importlib.util.find_spec(PEERS[name][0])]


@pytest.fixture(scope="module")
def everybody():
    devices = [name for name in ("cpu", "torch:cpu", "jax:cpu") if ag.is_available(name)]
    return contestants(devices, installed(["by-hand", "torch", "jax", "jax-jit", "hips", "mygrad"]))


def run(*arguments, capsys):
    status = command.run(parse([str(argument) for argument in arguments]))
    return status, capsys.readouterr()


# --- the numbers ------------------------------------------------------------------------------------------------------


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


# --- measuring --------------------------------------------------------------------------------------------------------


def test_every_phase_is_timed_in_every_round_and_memory_is_that_of_the_arrays(everybody):
    n = 100_000
    entries, _ = enter(cases["gelu"].problem((n,), "float32"), everybody)
    results = {r.contestant: r for r in measure(entries, 3, seconds=0)}
    for result in results.values():
        in_one = result.contestant == "JAX jit" or result.contestant.endswith(" grad")
        assert result.times.keys() == ({"both"} if in_one else {"forward", "backward", "both"})
        assert all(len(times) == 3 and min(times) > 0 for times in result.times.values())
    for name in {"by hand", "anygrad", "PyTorch"} & results.keys():
        arrays = results[name].peak / (4 * n)
        assert 3 <= arrays <= 12, name  # arrays of that size, alive at the peak
    assert results["anygrad"].memory == "tracemalloc"


@pytest.mark.parametrize("counter", ["tracemalloc", "torch profiler"])
def test_a_counter_of_memory_counts_the_peak_and_not_what_was_there(counter):
    xp = np
    if counter == "torch profiler":
        xp = pytest.importorskip("torch")
    before = xp.ones(1000, dtype=xp.float64)

    def three_at_once():
        a = before + 1
        b = a + 1
        del a
        c = b + 1
        return c + 1

    assert 24_000 <= memory.counters[counter].peak(three_at_once) < 24_000 + 2_000


def test_the_memory_hook_of_cupy_keeps_a_balance():
    pytest.importorskip("cupy")
    hook = memory.pool_hook()
    hook.malloc_postprocess(device_id=0, size=100, mem_size=512, mem_ptr=1, pmem_id=1)
    hook.malloc_postprocess(device_id=0, size=600, mem_size=1024, mem_ptr=2, pmem_id=2)
    hook.free_postprocess(device_id=0, mem_size=1024, mem_ptr=2, pmem_id=2)
    hook.malloc_postprocess(device_id=0, size=512, mem_size=512, mem_ptr=3, pmem_id=3)
    assert (hook.alive, hook.most) == (1024, 1536)


def test_the_clock_of_a_gpu_starts_on_an_idle_device_and_reads_milliseconds():
    log = []

    class Event:
        def record(self):
            log.append("record")

        def synchronize(self):
            log.append("wait")

    clock = EventClock(Event, lambda start, end: 250.0, lambda: log.append("idle"))
    assert clock.time(lambda: log.append("work")) == 0.25
    assert log == ["idle", "record", "work", "record", "wait"]


def test_a_contestant_on_a_gpu_is_timed_by_events(everybody, monkeypatch):
    entries, _ = enter(cases["gelu"].problem((7,), "float32"), everybody[:2])
    event = SimpleNamespace(record=lambda: None, synchronize=lambda: None)
    clock = EventClock(lambda: event, lambda start, end: 6.0, lambda: None)
    asked = []
    monkeypatch.setattr("benchmarks.measure.gpu_clock", lambda library: asked.append(library) or clock)
    monkeypatch.setattr(everybody[0], "clock", "cupy")
    on_gpu, on_host = measure(entries, 2, repeats=3)
    assert asked == ["cupy"]
    assert on_gpu.times == {"forward": [0.002, 0.002], "backward": [0.006, 0.006], "both": [0.002, 0.002]}
    assert on_gpu.clock == "cupy"
    assert on_host.times["both"][0] != 0.002


def test_passes_over_large_arrays_are_told_in_copies():
    results = [Result("anygrad cuda", "cupy", None, 1, None, {"both": [0.008, 0.008]})]
    found = [Measured("gelu", "", ("n",), (n,), "float32", results) for n in (1000, 2**25)]
    rate, of_gelu = in_copies(found, 0.001)
    assert "takes 1000.0 us, 268 GB/s" in rate
    assert of_gelu == "gelu 33554432 in copies: anygrad cuda 8.0"


def test_cupy_and_torch_have_the_events_that_the_clock_uses():
    cupy = pytest.importorskip("cupy")
    torch = pytest.importorskip("torch")
    for name in ("record", "synchronize"):
        assert hasattr(cupy.cuda.Event, name)
        assert hasattr(torch.cuda.Event, name)
    assert callable(cupy.cuda.get_elapsed_time)
    assert hasattr(torch.cuda.Event, "elapsed_time")


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["multiply", "gelu", "mlp", "rnn"])
def test_the_contestants_agree_on_a_gpu(name):
    everybody = contestants(["cuda"], installed(["by-hand", "torch"]))
    entries, _ = enter(cases[name].problem(TINY[name], "float32"), everybody)
    results = measure(entries, 2, repeats=2)
    assert {r.contestant for r in results} >= {"anygrad cuda", "by hand cuda"}
    assert all(r.peak is not None and r.peak > 0 for r in results if r.memory)


def test_ratios_are_taken_within_rounds():
    assert ratio([1.0, 10.0, 2.0], [2.0, 20.0, 4.0]) == Figure(0.5, 0.5, 0.5)
    assert ratio([6.0, 6.0], [2.0, 3.0], [3.0, 1.0]).median == 4.5
    assert figure([1.0, 2.0, 3.0, 4.0, 5.0]) == Figure(2.0, 3.0, 4.0)
    assert figure([7.0]) == Figure(7.0, 7.0, 7.0)


# --- the command ------------------------------------------------------------------------------------------------------


def test_figures_and_a_picture_are_written_and_can_be_shown_again(tmp_path, capsys):
    figures, picture = tmp_path / "a.json", tmp_path / "a.png"
    options = ["--device", "cpu", "--peers", "by-hand", "--rounds", 2, "--repeats", 1]
    status, shown = run("gelu", "--sizes", "10,1e2", *options, "--json", figures, "--plot", picture, capsys=capsys)
    assert status == 0
    assert "gelu 10 in float32" in shown.out
    assert "gelu 100 in float32" in shown.out
    written = json.loads(figures.read_text())
    assert written["machine"]["versions"]["numpy"] == np.__version__
    assert written["settings"]["rounds"] == 2
    (ten, hundred) = written["measured"]
    assert (ten["case"], ten["size"], hundred["size"]) == ("gelu", [10], [100])
    assert [r["contestant"] for r in ten["results"]] == ["anygrad", "anygrad grad", "by hand"]
    assert all(len(r["times"]["both"]) == 2 for r in ten["results"])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000

    status, again = run("--from", figures, "--plot", tmp_path / "b.png", capsys=capsys)
    assert status == 0
    assert f"figures: {figures}" in shown.out.replace("\n", "")
    assert again.out.partition("picture:")[0].split() == shown.out.partition("figures:")[0].split()
    assert (tmp_path / "b.png").read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "results").glob("*.json")), ids=lambda path: path.name)
def test_the_results_that_are_kept_can_be_shown(path, capsys):
    status, shown = run("--from", path, capsys=capsys)
    record = Record.load(path)
    assert len(record.measured) >= 8
    assert all(m.title.split()[0] in cases for m in record.measured)
    assert status == int(not all(t["reached"] for t in record.targets))
    assert (f"of {len(record.targets)} reached" in shown.out) == bool(record.targets)


def test_the_list_names_everything(capsys):
    status, shown = run("--list", capsys=capsys)
    assert status == 0
    assert set(shown.out.split()) >= {*cases}
    for peer in PEERS:
        assert peer in shown.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["warp"], "unknown case 'warp'; choose among multiply, chain, gelu"),
        (["gelu", "--device", "toaster"], "unknown device 'toaster'; the names are"),
        (["gelu", "--dtype", "float16"], "unknown dtype 'float16'; choose among float32, float64"),
        (["gelu", "--phases", "sideways"], "unknown phase 'sideways'; choose among forward, backward, both"),
        (
            ["mlp", "--sizes", "256"],
            "mlp is sized by batch x width, each at least 1, given '256'; write it",
        ),
        (["gelu", "--targets"], "--targets says itself what is measured"),
        (["--from", __file__], "does not hold figures"),
        (["--file", __file__], "states no case"),
        (["compare", "no-such-revision"], "git has no package at 'no-such-revision'"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_known(arguments, message, capsys):
    status, shown = run(*arguments, capsys=capsys)
    assert status == 2
    assert message in shown.err
    assert shown.err.startswith("benchmarks: error: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "0"], "--rounds: must be a whole number from 1 up, given '0'"),
        (["--repeats", "few"], "--repeats: must be a whole number from 1 up, given 'few'"),
        (["--threads", "-1"], "--threads: must be a whole number from 1 up, given '-1'"),
        (["--sizes", "1.5"], "--sizes: must be like 1000,1e6 or 256x512, given '1.5'"),
        (["--sizes", "0x3"], "--sizes: must be like 1000,1e6 or 256x512, given '0x3'"),
        (["--json", "absent/a.json"], "--json: must end in .json, in a folder that exists, given 'absent/a.json'"),
        (["--plot", "a.gif"], "--plot: must end in .png or .svg or .pdf, in a folder that exists, given 'a.gif'"),
        (["--file", "absent.py"], "--file: must be a file that exists, given 'absent.py'"),
        (["compare", "HEAD", "--rounds", "1"], "--rounds: must be a whole number from 2 up, given '1'"),
    ],
)
def test_wrong_options_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_a_missing_gpu_is_said(capsys):
    if ag.is_available("cuda"):
        pytest.skip("there is one")
    status, shown = run("--targets", "--device", "cuda", capsys=capsys)
    assert status == 2
    assert "device 'cuda' asked for" in shown.err


@pytest.mark.parametrize("spec", [None, importlib.machinery.ModuleSpec("torch", None)], ids=["absent", "installed"])
def test_an_unknown_peer_is_refused_whatever_is_installed(spec, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    status, shown = run("gelu", "--peers", "torch,tensorflow", capsys=capsys)
    assert status == 2
    assert shown.err.startswith("benchmarks: error: unknown peer 'tensorflow'; choose among by-hand, torch")


def test_a_peer_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="the peer 'torch' needs torch, which is not installed; pip install torch"):
        contestants(["cpu"], ["torch"])
    assert [c.name for c in contestants(["cpu"])] == ["anygrad", "anygrad grad"]


def test_the_module_runs_with_its_threads_settled(tmp_path):
    arguments = ["multiply", "--device", "cpu", "--peers", "none", "--rounds", "1", "--threads", "1"]
    command_line = [sys.executable, "-W", "error", "-m", "benchmarks", *arguments, "--json", str(tmp_path / "a.json")]
    done = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    record = Record.load(tmp_path / "a.json")
    assert record.settings["threads"] == 1
    assert {blas["num_threads"] for blas in record.machine["blas"]} <= {1}


# --- a user's case ----------------------------------------------------------------------------------------------------


def test_the_case_of_the_documentation_is_measured(tmp_path, capsys):
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    docstring = [line.replace("'''", '"""').removeprefix("    ") for line in benchmarks.__doc__.splitlines()]
    assert [line for line in blocks[0].splitlines() if line not in docstring] == []
    path = tmp_path / "my_case.py"
    path.write_text("\n".join(blocks))
    options = ["--sizes", "10", "--device", "cpu", "--peers", "by-hand", "--rounds", 1, "--dtype", "float64"]
    try:
        status, shown = run("--file", path, *options, capsys=capsys)
    finally:
        cases.pop("softplus", None)
    assert status == 0
    assert "softplus 10 in float64: The softplus function of a product" in shown.out
    assert re.search(r"^by hand ", shown.out, re.MULTILINE)


def test_the_commands_of_the_documentation_are_understood():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    commands = [line.partition("#")[0].split() for line in page.splitlines()]
    lines = [words[3:] for words in commands if words[:3] == ["python", "-m", "benchmarks"]]
    assert len(lines) >= 8
    for arguments in lines:
        files = {"figures.json": __file__, "my_case.py": __file__}  # which are read, and so must exist
        known = [files.get(word, word) if before in ("--from", "--file") else word for before, word in pairs(arguments)]
        assert parse(known).command == ("compare" if known[:1] == ["compare"] else "measure")


def pairs(words):
    return zip(["", *words], words, strict=False)


def test_a_case_cannot_take_anothers_name(tmp_path):
    path = tmp_path / "taken.py"
    path.write_text("from benchmarks import case\ncase('gelu', lambda rng, n: (), sizes=[(1,)])(lambda xp: 0)\n")
    with pytest.raises(ValueError, match=r"the name 'gelu' is taken, by benchmarks\.cases\.operations; choose another"):
        load(path)


# --- targets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", TARGETS)
def test_targets_name_cases_and_contestants_that_exist(place):
    targets = [t for t in TARGETS[place]() if isinstance(t, Target)]
    for t in targets:
        assert len(t.size) == len(cases[t.case].axes)
    for name, size in ALSO_ON_CUDA:
        assert len(size) == len(cases[name].axes)
    if place == "cpu":
        names = {c.name for c in contestants(["cpu"])}
        assert {t.ours for t in targets} <= names
    assert {t.ours for t in targets if place == "cuda"} <= {"anygrad cuda"}


def test_targets_are_judged_by_the_median_of_the_ratios():
    def result(name, times, peak):
        return Result(name, "host", "tracemalloc", 1, peak, {"both": times})

    ours = result("anygrad", [1.0, 1.2, 9.0], 100)
    found = [Measured("gelu", "", ("n",), (5,), "float32", [ours, result("PyTorch", [2.0, 2.0, 3.0], 50)], {"X": "no"})]
    half, tight, memory_target, absent = judge(
        [
            Target("gelu", (5,), 0.6, ("PyTorch",)),
            Target("gelu", (5,), 0.59, ("PyTorch",)),
            Target("gelu", (5,), 1.0, ("PyTorch",), what="memory"),
            Target("gelu", (5,), 1.0, ("X",)),
        ],
        found,
    )
    assert (half["measured"][1], half["reached"], tight["reached"]) == (0.6, True, False)
    assert (memory_target["measured"][1], memory_target["reached"]) == (2.0, False)
    assert (absent["measured"], absent["reached"], absent["why"]) == (None, False, "no")


# --- revisions --------------------------------------------------------------------------------------------------------


def test_compare_finds_what_became_slower(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "anygrad", tmp_path / "anygrad", ignore=shutil.ignore_patterns("__pycache__"))

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "fast")
    path = tmp_path / "anygrad" / "graph.py"
    source = path.read_text(encoding="utf-8")
    slow = "    __import__('time').sleep(0.002)\n    retain_graph = retain_graph or create_graph\n"
    assert source.count(slow.splitlines()[1]) == 1
    path.write_text(source.replace(slow.splitlines()[1] + "\n", slow), encoding="utf-8")
    git("commit", "-am", "slow")
    monkeypatch.setattr(compare, "REPOSITORY", tmp_path)
    status, shown = run("compare", "HEAD~1", "HEAD", "--cases", "multiply", "--rounds", 2, capsys=capsys)
    assert status == 1, shown
    rows = {tuple(line.split()[2:4]): line for line in shown.out.splitlines() if line.startswith("multiply")}
    assert rows["anygrad", "backward"].rstrip().endswith("slower")
    old, new = (float(x) for x in re.search(r"backward\s+(\S+) us\s+(\S+) ms", rows["anygrad", "backward"]).groups())
    assert new > 2 > old / 1000


def test_a_spread_around_one_is_no_verdict():
    assert compare.verdict(Figure(0.9, 1.05, 1.2)) == ""
    assert compare.verdict(Figure(1.18, 1.2, 1.25)) == "slower"
    assert compare.verdict(Figure(0.7, 0.8, 0.85)) == "faster"


def test_a_contestant_without_a_function_says_which(everybody):
    hips = next((c for c in everybody if c.name == "HIPS autograd"), None)
    if hips is None:
        pytest.skip("HIPS autograd is not installed")
    with pytest.raises(LacksError, match="HIPS autograd has no conv"):
        hips.enter(cases["convolution"].problem((1, 1, 3), "float64")).both()
