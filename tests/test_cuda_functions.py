"""anygrad.cuda: modes, memory, transfers, precision, and what other libraries share with CUDA Tensors."""

from __future__ import annotations

import contextlib
import gc
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends import backend_of, backends
from tests.backends.on_cuda import MATRIX, gpu, on_cuda, on_host

rng = np.random.default_rng(1)


# --- wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ag.cuda.set_matmul_precision("tf32"),
            ValueError,
            r"one of \('highest', 'high', 'medium'\), given 'tf32'",
        ),
        (lambda: ag.cuda.memory_summary("cpu"), ValueError, "must be a CUDA device such as 'cuda:0', given 'cpu'"),
        (
            lambda: ag.cuda.copy_to_host(np.ones(2)),
            TypeError,
            r"must be an array on a CUDA device, given float64\(2,\)",
        ),
        (lambda: ag.cuda.copy_to_host([1.0]), TypeError, r"must be an array on a CUDA device, given \[1.0\]"),
        (
            lambda: ag.cuda.copy_to_host(ag.Tensor([1.0], requires_grad=True)),
            RuntimeError,
            r"requires a gradient, which NumPy would lose; pass x.detach\(\)",
        ),
    ],
)
def test_wrong_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- memory and transfers ---------------------------------------------------------------------------------------------


@gpu
def test_memory_does_not_grow_in_a_thousand_steps():
    import cupy

    x, y = on_cuda(rng.normal(size=(32, 16))), on_cuda(rng.normal(size=32))
    w = on_cuda(np.zeros(16), requires_grad=True)
    pool = cupy.get_default_memory_pool()
    used = []
    gc.collect()
    for step in range(1000):
        ag.mean((ag.tanh(x @ w) - y) ** 2).backward()
        with ag.no_grad():
            w -= 0.01 * w.grad
        w.zero_grad()
        if step >= 10:
            used.append((pool.used_bytes(), pool.total_bytes()))
    assert np.max(used, axis=0).tolist() == list(used[0])


@gpu
def test_the_summary_counts_what_is_in_use():
    ag.cuda.empty_cache()

    def shown(text, what):
        return float(re.search(rf"{what} +([\d,.]+) MiB", text)[1].replace(",", ""))

    before = ag.cuda.memory_summary()
    x = ag.zeros(1 << 22, device="cuda")
    after = ag.cuda.memory_summary("cuda:0")
    assert after.startswith("cuda: ")
    assert shown(after, "used by arrays") - shown(before, "used by arrays") == pytest.approx(32.0, abs=0.2)
    del x
    assert shown(ag.cuda.memory_summary(), "kept for later arrays") >= 32.0
    ag.cuda.empty_cache()
    assert shown(ag.cuda.memory_summary(), "kept for later arrays") < 32.0
    assert shown(after, "free") <= shown(after, "total")


@gpu
@pytest.mark.parametrize("shape", [(), (0, 3), (4,), (64, 33)])
@pytest.mark.parametrize("dtype", ["float32", "complex128", "int8", "bool"])
def test_pinned_arrays_go_and_come_without_waiting(shape, dtype):
    import cupy

    values = (np.asarray(rng.normal(size=shape)) * 10).astype(dtype)
    pinned = ag.cuda.pin_memory(ag.Tensor(values))
    assert type(pinned) is np.ndarray
    assert (pinned.shape, pinned.dtype) == (values.shape, values.dtype)
    np.testing.assert_array_equal(pinned, values)
    if values.size:
        attributes = cupy.cuda.runtime.pointerGetAttributes(pinned.ctypes.data)
        assert attributes.type == cupy.cuda.runtime.memoryTypeHost
    there = ag.Tensor(pinned, device="cuda")
    back = ag.cuda.copy_to_host(there)
    turned = ag.cuda.copy_to_host(ag.permute_dims(there, tuple(range(len(shape)))[::-1]).data)
    again = ag.cuda.copy_to_host(there, out=pinned)
    ag.synchronize("cuda")
    for got, wanted in ((back, values), (turned, values.T), (again, values)):
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_array_equal(got, wanted)
    assert again is pinned


# --- precision --------------------------------------------------------------------------------------------------------


@gpu
def test_the_precision_of_products_is_chosen():
    a, b = (rng.normal(size=(256, 256)).astype(np.float32) for _ in range(2))
    exact = a.astype(np.float64) @ b.astype(np.float64)
    import cupy

    if int(cupy.cuda.Device().compute_capability) < 80:
        pytest.skip("TF32 needs compute capability 8.0")
    assert ag.cuda.get_matmul_precision() == "highest"
    try:
        for asked, is_set, error in (("high", "high", 1e-2), ("medium", "high", 1e-2), ("highest", "highest", 1e-5)):
            ag.cuda.set_matmul_precision(asked)
            assert ag.cuda.get_matmul_precision() == is_set
            got = on_host(on_cuda(a) @ on_cuda(b))
            assert got.dtype == np.float32
            assert np.max(np.abs(got - exact)) < error * np.max(np.abs(exact))
    finally:
        ag.cuda.set_matmul_precision("highest")
    half = on_host(on_cuda(a.astype(np.float16)) @ on_cuda(b.astype(np.float16)))
    assert half.dtype == np.float16
    assert np.max(np.abs(half - exact)) < 1e-2 * np.max(np.abs(exact))


# --- other libraries --------------------------------------------------------------------------------------------------


@gpu
def test_cupy_takes_tensors_and_does_not_lose_gradients():
    import cupy

    x = on_cuda(MATRIX)
    assert cupy.asarray(x).data.ptr == cupy.from_dlpack(x).data.ptr == x.data.data.ptr
    assert x.__cuda_array_interface__["shape"] == (4, 3)
    assert ag.from_dlpack(x.data).data is x.data
    leaf = on_cuda(MATRIX, requires_grad=True)
    assert not hasattr(leaf, "__cuda_array_interface__")
    for take in (cupy.asarray, cupy.from_dlpack):
        with pytest.raises(RuntimeError, match=r"detach\(\)"):
            take(leaf)
    raw = cupy.ones((4, 3))
    for y in (raw * leaf, leaf * raw, raw - leaf, raw @ ag.matrix_transpose(leaf)):
        assert isinstance(y, ag.Tensor)
        assert y.requires_grad
    assert isinstance(x * raw, ag.Tensor)
    assert isinstance(raw * x, cupy.ndarray)  # CuPy takes a constant for what it holds


@gpu
def test_pytorch_shares_memory():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch without CUDA")
    x = on_cuda(MATRIX)
    for theirs in (torch.from_dlpack(x), torch.as_tensor(x, device="cuda")):
        assert theirs.data_ptr() == x.data.data.ptr
    ours = ag.from_dlpack(theirs, device="cuda")
    assert ours.device == "cuda"
    np.testing.assert_array_equal(on_host(ours), MATRIX)


@gpu
def test_jax_shares_memory():
    jax = pytest.importorskip("jax")
    if jax.default_backend() != "gpu":
        pytest.skip("JAX without CUDA")
    x = on_cuda(MATRIX)
    theirs = jax.dlpack.from_dlpack(x)
    assert theirs.unsafe_buffer_pointer() == x.data.data.ptr
    np.testing.assert_array_equal(np.asarray(theirs), MATRIX)


@gpu
def test_numba_takes_tensors():
    cuda = pytest.importorskip("numba.cuda")
    x = on_cuda(np.zeros(5))

    @cuda.jit
    def fill(out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = i

    fill[1, 32](x)
    cuda.synchronize()
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


# --- the rest ---------------------------------------------------------------------------------------------------------


@gpu
def test_names():
    assert ag.is_available("cuda")
    assert "cuda" in ag.devices()
    with ag.device("auto") as name:
        assert name == "cuda"
    assert backend_of(on_cuda([1.0]).data) is backends["cupy"]
    done = subprocess.run([sys.executable, "-m", "anygrad"], capture_output=True, text=True, check=True)
    row = next(line for line in done.stdout.splitlines() if line.startswith("cupy"))
    assert row.split(maxsplit=2)[2].startswith("cuda")


# --- without a GPU ----------------------------------------------------------------------------------------------------


def test_nothing_imports_cupy_before_it_is_needed():
    code = "import sys, anygrad as ag; ag.cuda.deterministic(); ag.random.default_rng(0).random(); ag.Tensor([1.0])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('cupy' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_deterministic_is_a_context_manager_and_a_decorator_and_holds_for_one_thread():
    from anygrad.backends.cupy import modes

    seen = []
    look = ag.cuda.deterministic()(lambda: seen.append(modes.deterministic))
    look()
    with ag.cuda.deterministic() as nothing, contextlib.suppress(ZeroDivisionError), ag.cuda.deterministic():
        thread = threading.Thread(target=lambda: seen.append(modes.deterministic))
        thread.start()
        thread.join()
        1 / 0
    assert nothing is None
    assert seen == [True, False]
    assert modes.deterministic is False
