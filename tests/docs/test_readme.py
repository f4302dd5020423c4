"""The README: its Python is run, and what it quotes is what is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readmes_python_runs_from_top_to_bottom(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_readme_shows_the_example_of_a_new_backend_as_it_is():
    example = (ROOT / "examples" / "new_backend.py").read_text(encoding="utf-8")
    body = example[example.index("class Boxed:") : example.index("def main()")]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [line for line in body.splitlines() if line and line not in readme] == []


def test_ci_runs_the_readmes_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = {line for line in lines if line.startswith("pip install ")}
    assert len(commands) == 2
    assert commands <= {line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()}


def test_no_page_or_message_sends_to_the_package_of_another_project():
    files = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    files += [path for folder in ("anygrad", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    assert [
        path for path in files if re.search(r"anygrad\[|pip install '?anygrad\b", path.read_text(encoding="utf-8"))
    ] == []
