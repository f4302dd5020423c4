"""Classes of people's own that are registered as containers."""

from __future__ import annotations

import pytest

import anygrad as ag


def test_registered_classes_are_containers():
    class Affine:
        def __init__(self, slope, offset):
            self.slope, self.offset = slope, offset

    with pytest.raises(TypeError, match="argument 0 must be an array"):
        ag.grad(lambda a: a.slope * 2.0)(Affine(1.0, 2.0))
    ag.register_container(Affine, vars, lambda parts: Affine(**parts))
    g = ag.grad(lambda a: a.slope * 2.0 + a.offset * 3.0)(Affine(1.0, 2.0))
    assert (type(g), g.slope, g.offset) == (Affine, 2.0, 3.0)
    with pytest.raises(ValueError, match="Affine is a container already"):
        ag.register_container(Affine, vars, Affine)
