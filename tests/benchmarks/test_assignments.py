"""The benchmark of loops of assignments: each program is checked before it is timed, in a process of its own."""

from __future__ import annotations

import pytest

from benchmarks.assignments import loops, main


def test_the_table_has_a_line_for_each_program(capsys):
    main(["recursion", "rows", "--rounds", "1"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["plain", "gradient", "ratio", "memory", "/", "array"]
    assert [line.split()[0] for line in lines] == ["recursion", "rows"]
    assert all(float(line.split()[-1]) > 1 for line in lines)


def test_an_unknown_program_is_refused_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["rose"])
    assert ", ".join(loops) in capsys.readouterr().err
