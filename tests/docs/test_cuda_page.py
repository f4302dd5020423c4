"""The page about CUDA is run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CUDA


@pytest.mark.parametrize("device", [CUDA])
def test_the_page_about_cuda_runs_from_top_to_bottom(device, tmp_path):
    page = Path(__file__).parents[1] / "docs" / "cuda.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 7
    code = "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
