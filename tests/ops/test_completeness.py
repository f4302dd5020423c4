"""Every operation has an entry in the table, which says what the registry does."""

from __future__ import annotations

import anygrad as ag
from anygrad.core.primitive import primitives
from tests.conftest import is_dtype
from tests.table import NOT_OPERATIONS, OPERATIONS

BY_NAME = {operation.name: operation for operation in OPERATIONS}


def test_every_operation_has_an_entry():
    own = {name for name, op in primitives.items() if op.__module__.partition(".")[0] == "anygrad"}
    spaces = (ag, ag.linalg, ag.fft, ag.special)
    values = {name: getattr(space, name) for space in spaces for name in space.__all__}
    public = {name for name, value in values.items() if callable(value) and not is_dtype(value)}
    missing = (own | public) - BY_NAME.keys() - NOT_OPERATIONS
    assert not missing, f"without an entry in tests/table/: {sorted(missing)}"
    assert not NOT_OPERATIONS - (own | public | {"graph", "backends"})


GATHER = {"repeat", "unique_all", "unique_counts", "unique_inverse"}  # with the primitive of their name for the indices


def test_the_table_says_of_every_primitive_whether_it_has_a_derivative():
    for name, operation in BY_NAME.items():
        if name in primitives and name not in GATHER:
            assert operation.is_differentiable == (primitives[name].kind != "none"), name
