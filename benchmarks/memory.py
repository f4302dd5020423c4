"""Memory: what a pass allocates beyond its inputs, at the moment when that is most.

Every counter is an honest one of something slightly else, so each says in its description what its number means.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Counter", "counters"]


class Counter(NamedTuple):
    """A way to count.

    Attributes:
        peak: from a function to the most bytes that were alive while it ran, less those alive before.
        meaning: what these bytes are.
    """

    peak: Callable[[Callable[[], Any]], int]
    meaning: str


def _tracemalloc(run: Callable[[], Any]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def _torch_profiler(run: Callable[[], Any]) -> int:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        run()
    assert profiled.profiler is not None
    assert profiled.profiler.kineto_results is not None
    changes = [e.nbytes() for e in profiled.profiler.kineto_results.events() if e.name() == "[memory]"]
    alive = most = 0
    for change in changes:
        alive += change
        most = max(most, alive)
    return most


def _torch_cuda(run: Callable[[], Any]) -> int:
    import torch

    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def _cupy(run: Callable[[], Any]) -> int:
    hook = pool_hook()
    with hook:
        run()
    return hook.most


def pool_hook() -> Any:
    """A hook of CuPy's memory pool that keeps the balance, since the pool itself keeps no peak."""
    from cupy.cuda import MemoryHook

    class Balance(MemoryHook):  # type: ignore[misc]  # without annotations
        name = "balance"

        def __init__(self) -> None:
            self.alive = self.most = 0

        def malloc_postprocess(self, **event: Any) -> None:
            if event["mem_ptr"]:  # none where the memory was not to be had
                self.alive += event["mem_size"]
            self.most = max(self.most, self.alive)

        def free_postprocess(self, **event: Any) -> None:
            self.alive -= event["mem_size"]

    return Balance()


counters = {
    "tracemalloc": Counter(_tracemalloc, "NumPy's arrays and Python's objects, as tracemalloc counts them"),
    "torch profiler": Counter(_torch_profiler, "the arrays of PyTorch's allocator, without Python's objects"),
    "torch.cuda": Counter(_torch_cuda, "the arrays of PyTorch's CUDA allocator, rounded up as it does"),
    "cupy": Counter(_cupy, "the blocks handed out by CuPy's memory pool, rounded up to 512 bytes"),
}
"""The counters by name."""
