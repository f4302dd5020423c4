"""How the tests run an example: as its reader does, or imported."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"


def load(name):
    """Import an example."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name, *arguments, folder, **environment):
    """Run an example in a folder, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", FOLDER / f"{name}.py", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def output_of(name, *arguments, folder):
    """Run an example that succeeds and draws a picture of its name, and give what it printed."""
    done = run(name, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    assert f"picture: {name}.png" in done.stdout
    picture = (folder / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert 20_000 < len(picture) < 200_000
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert 1000 < width < 2000
    assert 500 < height < 1000
    return done.stdout


def check_refusal(module, arguments, expected, monkeypatch, capsys):
    """Check that an example refuses its first argument in one line, which says why."""
    script = f"{module.__name__}.py"
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    with pytest.raises(SystemExit) as stopped:
        module.main()
    assert stopped.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == f"usage: {script} [options]"
    assert error.startswith(f"{script}: error: argument {arguments[0]}: ")
    assert expected in error


def check_missing(name, package, folder):
    """Check that an example without a package that it needs says which, and how to install it."""
    (folder / f"{package}.py").write_text(f"raise ModuleNotFoundError('No module named {package}', name={package!r})")
    done = run(name, folder=folder, PYTHONPATH=str(folder))
    assert done.returncode == 1
    assert done.stderr == f"{name}: {package} is not installed; run: pip install '.[examples]'\n"
