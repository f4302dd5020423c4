"""A call of one of NumPy's functions, as the tables of calls have it, and the arrays for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["CASES", "Case", "case", "drawn", "pierced", "plain"]


class Case(NamedTuple):
    """A call of one of NumPy's functions.

    Attributes:
        name: NumPy's name of the function.
        call: the call, of arrays that may be NumPy's or anygrad's.
        arrays: what it is called with.
        order: how many derivatives are compared with finite differences; 0 for functions without one.
        is_batched: whether it runs under vmap, which the shape of its result may forbid.
    """

    name: str
    call: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    order: int
    is_batched: bool


CASES: list[Case] = []


def case(name: str, call: Callable[..., Any], *arrays: np.ndarray, order: int = 2, is_batched: bool = True) -> None:
    """Enter a call into the table."""
    CASES.append(Case(name, call, arrays, order, is_batched))


def plain(name: str, call: Callable[..., Any], *arrays: np.ndarray, is_batched: bool = True) -> None:
    """Enter a call that has no derivative."""
    case(name, call, *arrays, order=0, is_batched=is_batched)


def drawn(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers between two bounds, no two of them close to each other, to 0 or to an integer."""
    rng = np.random.default_rng(seed)
    n = int(np.prod(shape))
    spread = low + (high - low) * (np.arange(n) + 0.31 + 0.013 * seed) / n
    apart = spread + 0.13 * (np.abs(spread - np.round(spread)) < 0.06)
    return rng.permutation(apart).reshape(shape)


X = drawn(5)
Y = drawn(5, seed=1)
P = drawn(5, seed=2, low=0.2, high=3.0)
UNIT = drawn(5, seed=3, low=-0.9, high=0.9)
A = drawn(2, 3, seed=4)
B = drawn(2, 3, seed=5)
T = drawn(2, 3, 4, seed=6)
M = drawn(3, 3, seed=7) + 3.0 * np.eye(3)
S = M @ M.T
L = drawn(4, 3, seed=8)
Z = drawn(4, seed=9) + 1j * drawn(4, seed=10)
ZM = drawn(3, 3, seed=11) + 1j * drawn(3, 3, seed=12) + 3.0 * np.eye(3)
N = np.array([[1.0, np.nan, 3.5, -2.0], [np.nan, 0.5, 0.25, 4.0]])
I = np.array([2, 0, 3, 1])  # noqa: E741
V3 = drawn(4, 3, seed=13)
W3 = drawn(4, 3, seed=14)
UP = np.array([-1.5, -0.2, 0.7, 1.9])


def pierced(x: Any) -> Any:
    """An array with NaN in some places."""
    return np.where(np.sin(7.0 * x) > 0.75, np.nan, x)
