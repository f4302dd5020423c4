"""``python -m anygrad``."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backends


def report(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "anygrad"]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def lines() -> list[str]:
    done = report()
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_names_the_versions_and_the_default_device(lines):
    assert ag.__version__ in lines[0]
    assert f"NumPy {np.__version__}" in lines[0]
    assert lines[1] == "default device: cpu"


def test_has_an_aligned_row_for_each_backend(lines):
    header, *rows = lines[3:]
    assert header.split() == ["backend", "version", "devices"]
    assert {row.split()[0] for row in rows} >= {"numpy", "cupy", "torch", "jax", "strict", "dask"}
    for title in ("version", "devices"):
        start = header.index(title)
        assert all(row[start - 1] == " " and row[start] != " " for row in rows)


def test_shows_devices_or_why_there_are_none(lines):
    rows = {line.split()[0]: line.split(maxsplit=2)[2] for line in lines[4:]}
    assert rows["numpy"] == "cpu"
    for name, shown in rows.items():
        if ag.is_available("cuda" if name == "cupy" else "cpu" if name == "numpy" else name):
            assert not shown.startswith("none: ")
        else:
            assert shown.startswith("none: ")
            assert backends[name].packages[0] in shown or "CUDA" in shown


def test_says_what_is_wrong_with_the_default_device():
    done = report(ANYGRAD_DEVICE="warp")
    assert done.returncode == 0
    assert "default device: warp (unknown device 'warp'; " in done.stdout
