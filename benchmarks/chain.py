"""Overhead per operation: a chain of 100 multiplies and 100 adds on 4 float64 numbers, forward and backward.

The same derivative by hand in NumPy, and PyTorch's, run interleaved in this process; what counts is the ratio.

    python benchmarks/chain.py [--rounds 25]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

import anygrad as ag

LENGTH = 100
X, A, B = (np.array(row) for row in ([1.0, 2.0, 3.0, 4.0], [0.99, 1.01, 1.0, 0.98], [0.1, -0.1, 0.2, 0.3]))


def by_hand() -> tuple[np.ndarray, ...]:
    """Values kept on the way forward, the three gradients on the way back."""
    y = X
    kept = []
    for _ in range(LENGTH):
        kept.append(y)
        y = y * A
        y = y + B
    g = np.ones(4)
    grad_a = np.zeros(4)
    grad_b = np.zeros(4)
    for y in reversed(kept):
        grad_b += g
        grad_a += g * y
        g = g * A
    return g, grad_a, grad_b


def with_anygrad() -> tuple[np.ndarray, ...]:
    """The chain on Tensors."""
    x, a, b = (ag.Tensor(v, requires_grad=True) for v in (X, A, B))
    y = x
    for _ in range(LENGTH):
        y = y * a
        y = y + b
    y.backward()
    return x.grad.data, a.grad.data, b.grad.data


def with_torch() -> tuple[np.ndarray, ...]:
    """The chain on PyTorch's tensors, eager."""
    import torch

    x, a, b = (torch.tensor(v, requires_grad=True) for v in (X, A, B))
    y = x
    for _ in range(LENGTH):
        y = y * a
        y = y + b
    y.backward(torch.ones_like(y))
    return x.grad.numpy(), a.grad.numpy(), b.grad.numpy()


def contestants() -> dict[str, Callable[[], tuple[np.ndarray, ...]]]:
    """Those installed here, each checked against the derivative by hand."""
    found = {"by hand": by_hand, "anygrad": with_anygrad, "PyTorch": with_torch}
    expected = by_hand()
    for name, run in list(found.items()):
        try:
            results = run()
        except ImportError:
            del found[name]
            continue
        for result, wanted in zip(results, expected, strict=True):
            np.testing.assert_allclose(result, wanted, rtol=1e-12)
    return found


def measure(rounds: int, repeats: int = 10) -> dict[str, list[float]]:
    """Seconds for one pass, by contestant, one entry for each interleaved round."""
    runs = contestants()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            for _ in range(repeats):
                run()
            times[name].append((time.perf_counter() - start) / repeats)
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=25, help="interleaved rounds; the median counts (default 25)")
    times = measure(parser.parse_args().rounds)
    ours = times["anygrad"]
    print(f"{'':10s}{'us/operation':>14s}{'anygrad takes':>16s}   (median of rounds, quartiles of the ratio)")
    for name, theirs in times.items():
        ratios = sorted(o / t for o, t in zip(ours, theirs, strict=True))
        low, middle, high = statistics.quantiles(ratios, n=4)
        per_op = statistics.median(theirs) / (2 * LENGTH) * 1e6
        print(f"{name:10s}{per_op:14.2f}{middle:14.2f} x   ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
