"""Devices: names, the default, moving between them, and mixing them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import anygrad as ag
from tests.conftest import CUDA, require_device

PLACES = ["cpu", "strict:cpu", "strict:device1", "strict:device2", "torch:cpu", "jax:cpu", CUDA]


def need(*names):
    for name in names:
        if name not in ("cpu", "cuda"):
            require_device(name)


# --- names and the default --------------------------------------------------------------------------------------------


def test_a_tensor_lives_where_it_was_asked_to(device):
    x = ag.Tensor([1.0], device=device)
    assert x.device == device
    assert ag.Tensor(x.data).device == device
    assert (x * 2).device == device
    assert ag.zeros(3, device=x.device).device == device
    assert device in ag.devices()
    assert ag.is_available(device)
    ag.synchronize(device)


def test_a_backends_name_alone_means_its_first_device():
    need("strict")
    assert ag.Tensor([1.0], device="strict").device == "strict:cpu"
    assert ag.Tensor([1.0], device="cpu").device == ag.Tensor([1.0], device="numpy").device == "cpu"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("warp", ValueError, r"unknown device 'warp'.*'cpu', 'cuda'"),
        ("", ValueError, "unknown device ''"),
        ("cpu:1", ValueError, r"unknown device 'cpu:1'.*\['cpu'\]"),
        ("CPU", ValueError, "unknown device 'CPU'"),
        ("strict:device9", ValueError, r"unknown device 'strict:device9'.*'strict:device1'"),
        (1, TypeError, "a name such as 'cpu' or 'cuda:1', given 1"),
        (b"cpu", TypeError, "given b'cpu'"),
    ],
)
def test_a_wrong_name_is_refused_wherever_it_is_given(name, error, message):
    need("strict")
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    uses = [
        lambda: ag.Tensor([1.0], device=name),
        lambda: ag.zeros(3, device=name),
        lambda: ag.zeros_like(y, device=name),
        lambda: ag.set_default_device(name),
        lambda: ag.device(name).__enter__(),
        lambda: ag.synchronize(name),
    ]
    if isinstance(name, str):
        uses += [lambda: y.to(name), lambda: y.to_device(name)]
    for use in uses:
        with pytest.raises(error, match=message):
            use()
    assert ag.default_device() == "cpu"
    ag.sum(y).backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_is_available_is_false_for_names_without_a_device():
    assert not ag.is_available("warp")
    assert not ag.is_available("cpu:1")


def test_the_context_manager_nests_and_is_left_by_errors():
    need("strict")
    with ag.device("strict:device1") as name:
        assert name == ag.default_device() == "strict:device1"
        with ag.device("cpu"):
            assert ag.Tensor([1.0]).device == "cpu"
        assert [ag.zeros(2).device, ag.asarray([1.0]).device] == ["strict:device1"] * 2
        with pytest.raises(ZeroDivisionError), ag.device("strict:device2"):
            1 / 0
        assert ag.default_device() == "strict:device1"
        assert ag.Tensor(np.ones(2)).device == "cpu"  # an array stays where it is
    assert ag.default_device() == "cpu"


def test_the_context_manager_holds_for_one_thread_and_set_default_device_for_all():
    need("strict")
    seen = {}

    def look(key):
        thread = threading.Thread(target=lambda: seen.update({key: ag.default_device()}))
        thread.start()
        thread.join()

    with ag.device("strict:device1"):
        look("in a context")
        ag.set_default_device("strict:device2")
        look("set")
        assert ag.default_device() == "strict:device1"
    assert ag.default_device() == "strict:device2"
    ag.set_default_device("cpu")
    assert seen == {"in a context": "cpu", "set": "strict:device2"}


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("value", "printed"),
    [("", "cpu"), ("cpu", "cpu"), ("strict:device1", "strict:device1"), ("auto", "cpu")],
)
def test_the_environment_variable_sets_the_default(value, printed):
    need("strict")
    if value == "auto" and ag.is_available("cuda"):
        printed = "cuda"
    done = run_python("import anygrad as ag; print(ag.Tensor([1.0]).device)", ANYGRAD_DEVICE=value)
    assert done.stdout.strip() == printed


def test_a_wrong_environment_variable_is_an_error_when_first_used():
    code = "import numpy as np, anygrad as ag; print(ag.grad(lambda x: x * x)(np.array(1.0))); ag.Tensor([1.0])"
    done = run_python(code, ANYGRAD_DEVICE="warp")
    assert done.stdout.strip() == "2.0"
    assert "ValueError: unknown device 'warp'" in done.stderr
    assert "ANYGRAD_DEVICE" in done.stderr


# --- moving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", PLACES)
@pytest.mark.parametrize("source", PLACES)
def test_to_is_differentiable_between_all_pairs(source, target):
    need(source, target)
    x = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], device=source, dtype="float32", requires_grad=True)
    y = (x * x).to(target)
    assert (y.device, y.dtype, y.shape) == (target, x.dtype, x.shape)
    z = ag.sum(y * y.T + ag.ones((2, 2), device=target, dtype="float32") * y)
    z.backward()
    assert type(x.grad.data) is type(x.data)
    assert (x.grad.device, x.grad.dtype) == (source, x.dtype)
    v = np.array([[1.0, 4.0], [9.0, 16.0]])
    expected = (2 * v.T + 1) * 2 * np.sqrt(v)
    np.testing.assert_allclose(x.grad.to("cpu").numpy(), expected, rtol=1e-6)


def test_second_derivatives_go_through_a_move(device):
    def f(x):
        return ag.sum(ag.exp(x).to(device) ** 2).to("cpu")

    x = np.array([0.5, 1.0])
    second = ag.grad(lambda x: ag.sum(ag.grad(f)(x)))(x)
    assert type(second) is np.ndarray
    np.testing.assert_allclose(second, 4 * np.exp(2 * x), rtol=1e-12)


def test_forward_mode_and_batches_go_through_a_move(device):
    def f(x):
        return ag.exp(x).to(device).to(np.float64).to_device("cpu") ** 2

    x = np.array([0.5, 1.0])
    value, slope = np.exp(2 * x), np.diag(2 * np.exp(2 * x))
    np.testing.assert_allclose(ag.vmap(f)(x), value, rtol=1e-12)
    for transform in (ag.jacfwd, ag.jacrev):
        jacobian = transform(f)(x)
        assert type(jacobian) is np.ndarray
        np.testing.assert_allclose(jacobian, slope, rtol=1e-12)
    np.testing.assert_allclose(ag.hessian(lambda x: ag.sum(f(x)))(x), 2 * slope, rtol=1e-12)


def test_moving_to_where_it_is_changes_nothing(device):
    x = ag.Tensor([1.0], device=device, requires_grad=True)
    assert x.to(device) is x
    assert x.cpu().device == "cpu"
    ag.sum(x.cpu()).backward()
    assert x.grad.device == device


# --- devices mixed ----------------------------------------------------------------------------------------------------

MIXTURES = [
    ("cpu", "torch:cpu"),
    ("strict:device1", "strict:device2"),
    ("jax:cpu", "strict:cpu"),
    ("torch:cpu", "jax:cpu"),
    pytest.param(("cpu", "cuda"), marks=pytest.mark.gpu),
    pytest.param(("cuda", "torch:cpu"), marks=pytest.mark.gpu),
]
OPERATIONS = {
    "add": ag.add,
    "multiply": lambda a, b: a * b,
    "matmul": ag.matmul,
    "concat": lambda a, b: ag.concat([a, b], axis=0),
    "stack": lambda a, b: ag.stack([a, b]),
    "where": lambda a, b: ag.where(ag.greater(a, 0.0), a, b),
    "maximum": ag.maximum,
    "index_add": lambda a, b: ag.index_add(a, b, (...,)),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("form", ["raw", "Tensors", "Tensor and raw"])
@pytest.mark.parametrize("devices", MIXTURES, ids=lambda devices: "+".join(devices))
def test_mixed_devices_are_refused_with_both_names_and_the_remedy(devices, form, operation):
    need(*devices)
    values = [[1.0, 2.0], [3.0, 4.0]]
    leaves = [ag.Tensor(values, device=device, requires_grad=True) for device in devices]
    a, b = leaf_products = [leaf * leaf for leaf in leaves]
    if form == "raw":
        a, b = a.data, b.data
        if operation is OPERATIONS["multiply"]:
            pytest.skip("the operators of raw arrays are their library's")
    elif form == "Tensor and raw":
        b = b.data
    with pytest.raises(ValueError, match="different devices") as caught:
        operation(a, b)
    message = str(caught.value)
    assert all(repr(device) in message for device in devices)
    assert ".to(" in message
    for leaf, product in zip(leaves, leaf_products):
        ag.sum(product).backward()
        np.testing.assert_array_equal(leaf.grad.to("cpu").numpy(), [[2.0, 4.0], [6.0, 8.0]])


def test_a_starting_gradient_from_elsewhere_is_refused():
    need("strict")
    x = ag.Tensor([1.0], requires_grad=True)
    y = x * 2
    with pytest.raises(ValueError, match=r"'strict:device1'.*'cpu'.*\.to\('cpu'\)"):
        y.backward(ag.Tensor([1.0], device="strict:device1"))
    y.backward()
    assert x.grad.tolist() == [2.0]


@pytest.mark.parametrize("home", ["torch:cpu", "jax:cpu", "strict:cpu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore:Explicitly requested dtype:UserWarning")  # of JAX, which has no float64 by default
def test_the_gradient_of_what_went_to_another_library_is_an_array_of_ones_own(home, dtype):
    device = require_device(home)
    x = np.array([1.0, 2.0], dtype)
    for found in (
        ag.grad(lambda v: ag.sum(v.to(device) ** 2))(x),
        ag.grad(lambda v: ag.sum((v.to(device) * 2.0).to("cpu") * v))(x) / 2,
    ):
        assert type(found) is np.ndarray
        assert found.dtype == dtype
        np.testing.assert_allclose(found, 2 * x)
