"""The benchmarks: the command, a user's case, targets, and revisions."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import anygrad as ag
import benchmarks.cases  # which makes the cases known
from benchmarks import compare
from benchmarks.case import cases, load
from benchmarks.contestants import PEERS, contestants
from benchmarks.measure import Result
from benchmarks.options import parse
from benchmarks.record import Figure, Measured, Record
from benchmarks.targets import ALSO_ON_CUDA, TARGETS, Target, judge
from tests.benchmarks.running import run

ROOT = Path(__file__).parents[2]


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
    path = tmp_path / "anygrad" / "reverse" / "engine.py"
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
