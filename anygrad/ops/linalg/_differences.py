"""Divided differences of functions of each element, to any order, also of points that are equal or close."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from anygrad.core.primitive import Array
from anygrad.ops.elementwise import abs, add, divide, multiply, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import stack
from anygrad.ops.linalg._bases import total
from anygrad.ops.linalg._matrices import unit_of
from anygrad.ops.logic import equal, less_equal, logical_or
from anygrad.ops.manipulation import broadcast_arrays
from anygrad.ops.searching import where
from anygrad.ops.sorting import sort

Derivatives = Callable[[int], Callable[[Array], Array]]
"""The derivative of each order of a function of each element; of order 0 the function itself."""

ROUGH = ((0.06943184420297371, 0.1739274225687269), (0.33000947820757187, 0.3260725774312731))
FINE = (
    (0.03376524289842399, 0.0856622461895852),
    (0.16939530676686774, 0.1803807865240693),
    (0.38069040695840155, 0.2339569672863455),
)
"""Points of Gauss and Legendre in the left half of the interval from 0 to 1, with their weights, of two orders."""


class Divided:
    """A function of each element, with its divided differences.

    Attributes:
        name: what to call the function of matrices in messages.
        derivative: ``derivative(k)`` is its derivative of order k.
    """

    def __init__(self, name: str, derivative: Derivatives) -> None:
        self.name = name
        self.derivative = derivative

    def __repr__(self) -> str:
        return self.name

    def __call__(self, points: Sequence[Array]) -> Array:
        """The divided difference of points that broadcast with each other; they can be equal."""
        if len(points) == 1:
            return self.derivative(0)(points[0])
        spread = sort(stack(list(broadcast_arrays(*points)), axis=-1), axis=-1)
        return self._of_sorted([getitem(spread, (..., i)) for i in range(len(points))])

    def _of_sorted(self, points: Sequence[Array]) -> Array:
        if len(points) == 1:
            return self.derivative(0)(points[0])
        above, below = self._of_sorted(points[1:]), self._of_sorted(points[:-1])
        gap = subtract(points[-1], points[0])
        is_zero = equal(gap, 0)
        safe = where(is_zero, 1.0, gap)
        quotient = divide(subtract(above, below), safe)
        rough, fine = (self._mean_derivative(points, rule) for rule in (ROUGH, FINE))
        # Where points are close the quotient loses digits, and where they are not the mean of the derivative.
        lost = divide(multiply(add(abs(above), abs(below)), unit_of(gap)), safe)
        is_close = logical_or(is_zero, less_equal(abs(subtract(fine, rough)), lost))
        return where(is_close, fine, quotient)

    def _mean_derivative(self, points: Sequence[Array], rule: Sequence[tuple[float, float]]) -> Array:
        """The same as the integral of the derivative over the simplex of the points (Hermite and Genocchi)."""
        order = len(points) - 1
        places, weights = [], []
        for nodes in itertools.product([*rule, *((1 - place, part) for place, part in rule)], repeat=order):
            share = 1.0
            place = points[0]
            weight = 1.0
            for i, (node, part) in enumerate(nodes):
                share *= node
                weight *= part * node ** (order - 1 - i)
                place = add(place, multiply(subtract(points[i + 1], points[i]), share))
            places.append(place)
            weights.append(weight)
        values = self.derivative(order)(stack(places))
        return total([multiply(getitem(values, i), weight) for i, weight in enumerate(weights)])
