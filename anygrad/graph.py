"""Looking at the graph of recorded operations."""

from anygrad.reverse.drawing import draw
from anygrad.reverse.engine import awaited
from anygrad.reverse.graph import Node

__all__ = ["Node", "awaited", "draw"]
