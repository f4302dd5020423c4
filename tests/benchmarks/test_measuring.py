"""How the benchmarks measure time and memory."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import memory
from benchmarks.case import cases
from benchmarks.contestants import contestants
from benchmarks.measure import EventClock, Result, enter, measure
from benchmarks.record import Figure, Measured, figure, ratio
from benchmarks.targets import in_copies
from tests.benchmarks.running import TINY, installed


def test_every_phase_is_timed_in_every_round_and_memory_is_that_of_the_arrays(everybody):
    n = 100_000
    entries, _ = enter(cases["gelu"].problem((n,), "float32"), everybody)
    results = {r.contestant: r for r in measure(entries, 3, seconds=0)}
    for result in results.values():
        in_one = result.contestant == "JAX jit" or result.contestant.endswith(" grad")
        assert result.times.keys() == ({"both"} if in_one else {"forward", "backward", "both"})
        assert all(len(times) == 3 and min(times) > 0 for times in result.times.values())
    for name in {"by hand", "anygrad", "PyTorch"} & results.keys():
        arrays = results[name].peak / (4 * n)
        assert 3 <= arrays <= 12, name  # arrays of that size, alive at the peak
    assert results["anygrad"].memory == "tracemalloc"


@pytest.mark.parametrize("counter", ["tracemalloc", "torch profiler"])
def test_a_counter_of_memory_counts_the_peak_and_not_what_was_there(counter):
    xp = np
    if counter == "torch profiler":
        xp = pytest.importorskip("torch")
    before = xp.ones(1000, dtype=xp.float64)

    def three_at_once():
        a = before + 1
        b = a + 1
        del a
        c = b + 1
        return c + 1

    assert 24_000 <= memory.counters[counter].peak(three_at_once) < 24_000 + 2_000


def test_the_memory_hook_of_cupy_keeps_a_balance():
    pytest.importorskip("cupy")
    hook = memory.pool_hook()
    hook.malloc_postprocess(device_id=0, size=100, mem_size=512, mem_ptr=1, pmem_id=1)
    hook.malloc_postprocess(device_id=0, size=600, mem_size=1024, mem_ptr=2, pmem_id=2)
    hook.free_postprocess(device_id=0, mem_size=1024, mem_ptr=2, pmem_id=2)
    hook.malloc_postprocess(device_id=0, size=512, mem_size=512, mem_ptr=3, pmem_id=3)
    assert (hook.alive, hook.most) == (1024, 1536)


def test_the_clock_of_a_gpu_starts_on_an_idle_device_and_reads_milliseconds():
    log = []

    class Event:
        def record(self):
            log.append("record")

        def synchronize(self):
            log.append("wait")

    clock = EventClock(Event, lambda start, end: 250.0, lambda: log.append("idle"))
    assert clock.time(lambda: log.append("work")) == 0.25
    assert log == ["idle", "record", "work", "record", "wait"]


def test_a_contestant_on_a_gpu_is_timed_by_events(everybody, monkeypatch):
    entries, _ = enter(cases["gelu"].problem((7,), "float32"), everybody[:2])
    event = SimpleNamespace(record=lambda: None, synchronize=lambda: None)
    clock = EventClock(lambda: event, lambda start, end: 6.0, lambda: None)
    asked = []
    monkeypatch.setattr("benchmarks.measure.gpu_clock", lambda library: asked.append(library) or clock)
    monkeypatch.setattr(everybody[0], "clock", "cupy")
    on_gpu, on_host = measure(entries, 2, repeats=3)
    assert asked == ["cupy"]
    assert on_gpu.times == {"forward": [0.002, 0.002], "backward": [0.006, 0.006], "both": [0.002, 0.002]}
    assert on_gpu.clock == "cupy"
    assert on_host.times["both"][0] != 0.002


def test_passes_over_large_arrays_are_told_in_copies():
    results = [Result("anygrad cuda", "cupy", None, 1, None, {"both": [0.008, 0.008]})]
    found = [Measured("gelu", "", ("n",), (n,), "float32", results) for n in (1000, 2**25)]
    rate, of_gelu = in_copies(found, 0.001)
    assert "takes 1000.0 us, 268 GB/s" in rate
    assert of_gelu == "gelu 33554432 in copies: anygrad cuda 8.0"


def test_cupy_and_torch_have_the_events_that_the_clock_uses():
    cupy = pytest.importorskip("cupy")
    torch = pytest.importorskip("torch")
    for name in ("record", "synchronize"):
        assert hasattr(cupy.cuda.Event, name)
        assert hasattr(torch.cuda.Event, name)
    assert callable(cupy.cuda.get_elapsed_time)
    assert hasattr(torch.cuda.Event, "elapsed_time")


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["multiply", "gelu", "mlp", "rnn"])
def test_the_contestants_agree_on_a_gpu(name):
    everybody = contestants(["cuda"], installed(["by-hand", "torch"]))
    entries, _ = enter(cases[name].problem(TINY[name], "float32"), everybody)
    results = measure(entries, 2, repeats=2)
    assert {r.contestant for r in results} >= {"anygrad cuda", "by hand cuda"}
    assert all(r.peak is not None and r.peak > 0 for r in results if r.memory)


def test_ratios_are_taken_within_rounds():
    assert ratio([1.0, 10.0, 2.0], [2.0, 20.0, 4.0]) == Figure(0.5, 0.5, 0.5)
    assert ratio([6.0, 6.0], [2.0, 3.0], [3.0, 1.0]).median == 4.5
    assert figure([1.0, 2.0, 3.0, 4.0, 5.0]) == Figure(2.0, 3.0, 4.0)
    assert figure([7.0]) == Figure(7.0, 7.0, 7.0)
