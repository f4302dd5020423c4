"""Pictures of the graph of recorded operations."""

from __future__ import annotations

from typing import Any

from anygrad.core.primitive import describe
from anygrad.reverse.graph import Node
from anygrad.reverse.tensor import Tensor

__all__ = ["Drawing", "draw"]


class _Vertex:
    """A Tensor or an operation in a picture."""

    def __init__(self, number: int, label: str, detail: str, is_leaf: bool) -> None:
        self.number = number
        self.label = label
        self.detail = detail
        self.is_leaf = is_leaf
        self.parents: list[_Vertex] = []


class Drawing:
    """The graph below a Tensor; printed it is a tree, in a notebook a picture where Graphviz is installed.

    Attributes:
        source: the picture in Graphviz's language.
    """

    def __init__(self, root: _Vertex, vertices: list[_Vertex]) -> None:
        self._root = root
        self._vertices = vertices

    @property
    def source(self) -> str:
        """The picture in Graphviz's language, operations below what they are made from."""
        lines = ["digraph {", '  node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled"];']
        for v in self._vertices:
            colour = "#fde9c8" if v.is_leaf else "#dbe8f6"
            lines.append(f'  {v.number} [label="{_escaped(v.label)}\\n{_escaped(v.detail)}", fillcolor="{colour}"];')
        lines += [f"  {p.number} -> {v.number};" for v in self._vertices for p in v.parents]
        return "\n".join([*lines, "}"])

    def svg(self) -> str:
        """The picture as SVG.

        Raises:
            ImportError: the ``graphviz`` package, or the Graphviz program it calls, is not installed.
        """
        try:
            import graphviz
        except ImportError as error:
            raise ImportError("svg: install the graphviz package and program: pip install graphviz") from error
        try:
            return str(graphviz.Source(self.source).pipe(format="svg", encoding="utf-8"))
        except graphviz.ExecutableNotFound as error:
            raise ImportError("svg: the Graphviz program 'dot' is not installed; see graphviz.org/download") from error

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except ImportError:
            return None

    def __str__(self) -> str:
        shown: set[_Vertex] = set()
        lines: list[str] = []
        stack = [(self._root, "", "", "")]
        used = {p for v in self._vertices for p in v.parents}
        several = {p for p in used if sum(p in v.parents for v in self._vertices) > 1}
        while stack:
            v, before, branch, after = stack.pop()
            mark = f" #{v.number}" if v in several else ""
            if v in shown:
                lines.append(f"{before}{branch}{v.label}{mark} (above)")
                continue
            shown.add(v)
            lines.append(f"{before}{branch}{v.label}{mark}  {v.detail}".rstrip())
            parts = [(p, i == len(v.parents) - 1) for i, p in enumerate(v.parents)]
            for p, is_last in reversed(parts):
                stack.append((p, before + after, "`-- " if is_last else "|-- ", "    " if is_last else "|   "))
        return "\n".join(lines)

    __repr__ = __str__


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def draw(tensor: Any) -> Drawing:
    """A picture of how a Tensor was made: as a tree when printed, and as Graphviz source and SVG.

    Args:
        tensor: whose graph to show; operations stand above what they were made from.

    Returns:
        A drawing: ``print`` it, show it in a notebook, or use its ``source`` and ``svg()``.

    Raises:
        TypeError: it is no Tensor.

    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> print(ag.graph.draw(ag.sum(ag.sin(x) * x)))
    sum  ()
    `-- multiply  (2,)
        |-- sin  (2,)
        |   `-- Tensor #3  (2,) float64
        `-- Tensor #3 (above)
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"draw: a Tensor is needed, given {describe(tensor)}")
    vertices: dict[Any, _Vertex] = {}
    root = _vertex(tensor.edge(), tensor.shape, vertices)
    stack: list[tuple[Any, tuple[int, ...]]] = [(tensor.edge(), tensor.shape)]
    while stack:
        edge, shape = stack.pop()
        if type(edge) is not Node or vertices[edge].parents:
            continue
        for parent, its_shape in _parents(edge, shape):
            if parent not in vertices:
                _vertex(parent, its_shape, vertices)
                stack.append((parent, its_shape))
            vertices[edge].parents.append(vertices[parent])
    return Drawing(root, list(vertices.values()))


def _parents(node: Node, shape: tuple[int, ...]) -> list[tuple[Any, tuple[int, ...]]]:
    """What an operation was made from, and the shapes of it; of several results the operation they share is skipped."""
    if node.stands_for_output and type(node.parents[0]) is Node:
        node = node.parents[0]
    metas = node.shapes or [(shape, None)] * len(node.parents)
    return [(p, shape if meta is None else meta[0]) for p, meta in zip(node.parents, metas) if p is not None]


def _vertex(edge: Any, shape: tuple[int, ...], vertices: dict[Any, _Vertex]) -> _Vertex:
    is_node = type(edge) is Node
    label = edge.name if is_node else "Tensor"
    detail = str(tuple(shape)) if is_node else f"{tuple(shape)} {edge.dtype.name}"
    vertices[edge] = _Vertex(len(vertices), label, detail, not is_node)
    return vertices[edge]
