"""Drawings of graphs."""

from __future__ import annotations

import re

import numpy as np
import pytest

import anygrad as ag


def test_a_tree_shows_each_operation_once():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = ag.sin(x)
    lines = str(ag.graph.draw(ag.sum(y * y + x))).splitlines()
    assert lines[0] == "sum  ()"
    assert sum("(above)" in line for line in lines) == 2
    assert sum("sin" in line and "above" not in line for line in lines) == 1


def test_the_source_for_graphviz_has_a_vertex_and_an_edge_for_everything():
    x = ag.Tensor(np.eye(2), requires_grad=True)
    values, vectors = ag.linalg.eigh(x)
    source = ag.graph.draw(ag.sum(values) + ag.sum(vectors)).source
    assert len(re.findall(r"\[label=", source)) == 6
    assert len(re.findall(r"\d -> \d", source)) == 6
    assert source.startswith("digraph")


def test_a_deep_graph_is_drawn_without_recursion():
    x = ag.Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * 1.0
    assert len(str(ag.graph.draw(y)).splitlines()) == 5001


def test_svg_needs_the_graphviz_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "graphviz", None)
    drawing = ag.graph.draw(ag.Tensor(1.0, requires_grad=True) * 2.0)
    with pytest.raises(ImportError, match="pip install graphviz"):
        drawing.svg()
    assert drawing._repr_svg_() is None


def test_only_tensors_are_drawn():
    with pytest.raises(TypeError, match="draw: a Tensor is needed, given 1"):
        ag.graph.draw(1)
