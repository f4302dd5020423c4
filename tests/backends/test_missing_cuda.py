"""CUDA that is not there: the error says what is missing of CuPy, driver and GPU."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backends

CUDA_USES = {
    "Tensor": lambda x: ag.Tensor([1.0], device="cuda"),
    "cuda": lambda x: x.cuda(),
    "cuda(1)": lambda x: x.cuda(1),
    "to": lambda x: x.to("cuda:0"),
    "zeros": lambda x: ag.zeros(3, device="cuda"),
    "context": lambda x: ag.device("cuda").__enter__(),
    "default": lambda x: ag.set_default_device("cuda"),
    "random": lambda x: ag.random.default_rng(0, "cuda"),
    "pin_memory": lambda x: ag.cuda.pin_memory(np.ones(2)),
    "memory_summary": lambda x: ag.cuda.memory_summary(),
    "empty_cache": lambda x: ag.cuda.empty_cache(),
    "set_matmul_precision": lambda x: ag.cuda.set_matmul_precision("high"),
    "get_matmul_precision": lambda x: ag.cuda.get_matmul_precision(),
}


@pytest.fixture
def unasked(monkeypatch):
    """CuPy's backend as if it had never been asked for anything, for one test."""
    cupy = backends["cupy"]
    known = {name: cupy.__dict__.pop(name) for name in ("namespace", "devices") if name in cupy.__dict__}
    known["array_types"] = cupy.array_types
    monkeypatch.delitem(sys.modules, "array_api_compat.cupy", raising=False)
    yield cupy
    for name in ("namespace", "devices"):
        cupy.__dict__.pop(name, None)
    cupy.__dict__.update(known)


def check_refused(use, error, *parts):
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    with pytest.raises(error) as caught:
        use(y)
    for part in parts:
        assert part in str(caught.value)
    assert ag.default_device() == "cpu"
    ag.sum(y).backward()
    assert x.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("use", CUDA_USES.values(), ids=CUDA_USES)
@pytest.mark.usefixtures("unasked")
def test_cuda_without_cupy_names_the_pip_command(use, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    check_refused(use, ImportError, "cupy is not installed", "pip install 'cupy-cuda13x[ctk]'", "'cpu'")
    assert not ag.is_available("cuda")
    with ag.device("auto") as name:
        assert name == "cpu"


@pytest.mark.parametrize("use", CUDA_USES.values(), ids=CUDA_USES)
def test_cuda_without_a_gpu_says_so(use, unasked, monkeypatch):
    def none():
        raise RuntimeError("no usable CUDA device: cudaErrorNoDevice")

    unasked.__dict__["namespace"] = np
    monkeypatch.setattr(unasked, "_devices", none)
    check_refused(use, RuntimeError, "'cuda", "no usable CUDA device: cudaErrorNoDevice", "'cpu' or 'auto'")
    assert not ag.is_available("cuda")
    assert not any(name.startswith("cuda") for name in ag.devices())
    with ag.device("auto") as name:
        assert name == "cpu"


@pytest.fixture
def machine(unasked, monkeypatch):
    """Make CuPy find what a function gives or raises, and a compiler that does so."""
    monkeypatch.setattr(unasked, "_namespace", np)
    monkeypatch.setattr(unasked, "_array_types", ())

    def build(count, version):
        unasked.__dict__.pop("devices", None)
        runtime = SimpleNamespace(getDeviceCount=count, CUDARuntimeError=ZeroDivisionError)
        cuda = SimpleNamespace(runtime=runtime, nvrtc=SimpleNamespace(getVersion=version), Device=lambda i: f"GPU {i}")
        monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))

    return build


def no_driver():
    raise ZeroDivisionError("cudaErrorInsufficientDriver: too old")


def no_compiler():
    raise RuntimeError("Failure finding libnvrtc.so:\n  no such file")


def test_what_is_missing_of_driver_and_libraries_is_said(machine):
    machine(no_driver, lambda: (12, 9))
    check_refused(lambda x: x.cuda(), RuntimeError, "no usable CUDA device, or no driver as new", "too old", "'cpu'")
    machine(lambda: 1, no_compiler)
    for use in (lambda x: x.cuda(), lambda x: ag.cuda.memory_summary()):
        missing = "CUDA libraries are not installed (Failure finding libnvrtc.so: no"
        check_refused(use, ImportError, missing, "pip install 'cupy-cuda13x[ctk]' (or 'cupy-cuda12x[ctk]'")
    assert not ag.is_available("cuda")
    machine(lambda: 2, lambda: (12, 9))
    assert {"cuda", "cuda:1"} <= set(ag.devices())


def test_a_gpu_too_many_is_refused_with_those_that_are_there(unasked):
    unasked.__dict__.update(namespace=np, devices={"0": "gpu", "1": "another"})
    check_refused(lambda x: x.cuda(7), RuntimeError, "unknown device 'cuda:7'", "['cuda', 'cuda:1']")
    check_refused(lambda x: x.to("cuda:first"), ValueError, "unknown device 'cuda:first'")


def test_a_library_that_does_not_import_says_why(unasked, monkeypatch):
    def broken():
        raise ImportError("libcuda.so.1: cannot open\n  shared object file")

    monkeypatch.setattr(unasked, "_namespace", broken)
    check_refused(lambda x: x.cuda(), ImportError, "cupy cannot be imported (libcuda.so.1: cannot open shared object")
