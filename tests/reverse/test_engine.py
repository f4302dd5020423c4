"""The engine's contracts: order, memory, accumulation, modes, threads."""

import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import anygrad as ag
from anygrad import Tensor
from tests.conftest import require_device


def leaf(*values: float) -> Tensor:
    return Tensor(list(values), requires_grad=True)


# --- depth and width --------------------------------------------------------------------------------------------------


def test_a_chain_of_a_million_operations_runs_forward_backward_and_is_freed():
    x = leaf(1.0)
    y = x
    for _ in range(500_000):
        y = y * 1.0
        y = y + 1e-6
    y.backward()
    assert x.grad.data.tolist() == [1.0]
    reference = weakref.ref(y._edge)
    del y
    assert reference() is None


def test_a_deep_graph_is_freed_without_a_backward_pass():
    y = leaf(1.0)
    for _ in range(200_000):
        y = -y
    reference = weakref.ref(y._edge)
    del y
    assert reference() is None


def test_a_tensor_used_ten_thousand_times_gathers_every_gradient():
    x = leaf(2.0, 3.0)
    total = x * 0.0
    for i in range(10_000):
        total = total + x * float(i)
    total.backward()
    assert x.grad.data.tolist() == [sum(range(10_000))] * 2


def test_each_node_runs_once_after_all_its_consumers():
    x = leaf(1.0)
    y = x * 2.0
    calls = []
    y.register_hook(lambda g: calls.append(g.data.copy()))
    z = y
    for _ in range(50):  # 2**50 paths
        z = z + z
    (z + y).backward()
    assert [c.tolist() for c in calls] == [[2.0**50 + 1]]
    assert x.grad.data.tolist() == [2 * (2.0**50 + 1)]


# --- memory -----------------------------------------------------------------------------------------------------------


def test_memory_returns_to_its_base_without_the_garbage_collector():
    x = Tensor(np.ones(100_000), requires_grad=True)

    def step() -> None:
        y = ag.sum(ag.exp(x * 2.0) @ ag.sin(x) + ag.sqrt(x)[10:20].sum() + ag.concat([x, x]).sum())
        y.backward()
        x.zero_grad()
        ag.sum(x * x).backward(retain_graph=True)
        x.zero_grad()
        _ = ag.exp(x)  # never differentiated

    step()
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        step()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(50):
            step()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 200_000  # one leaked array would be 800,000 bytes; Python's own free lists take the rest


def test_a_graph_makes_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = Tensor(np.ones(10), requires_grad=True)
        ag.sum(ag.tanh(x) * x[::2].sum()).backward()
        ag.grad(ag.grad(lambda v: v**3))(2.0)
        del x
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_saved_arrays_are_dropped_as_soon_as_their_rule_has_run():
    x = leaf(1.0, 2.0)
    y = ag.exp(x)
    kept = weakref.ref(y.data)
    y.register_hook(lambda g: None)
    alive = []
    x2 = x * 1.0
    z = ag.exp(x2)
    saved = weakref.ref(z.data)
    x2.register_hook(lambda g: alive.append(saved() is not None))
    out = z + y
    del z, y
    out.backward()
    assert alive == [False]
    assert kept() is None


def test_only_what_the_needed_rules_name_is_saved():
    x, constant = leaf(1.0, 2.0), Tensor([3.0, 4.0])
    assert (x + constant)._edge.saved == (None, None, None)
    saved = (x * constant)._edge.saved
    assert saved[0] is None
    assert saved[1] is constant.data
    out = ag.exp(x)
    assert out._edge.saved[0] is None
    assert out._edge.saved[1] is out.data


# --- accumulation -----------------------------------------------------------------------------------------------------


def test_gradients_of_several_passes_add_up_without_changing_what_was_given_out():
    x = leaf(1.0, 2.0)
    (x * x).backward()
    first = x.grad
    array = first.data
    (x * x).backward()
    assert x.grad.data.tolist() == [4.0, 8.0]
    assert array.tolist() == [2.0, 4.0]
    x.zero_grad()
    assert x.grad is None


def test_two_leaves_never_share_a_gradient_array_nor_the_callers():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    given = np.ones(2)
    (x + y).backward(given)
    arrays = [x.grad.data, y.grad.data, given]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    x.grad.data *= 10
    assert y.grad.data.tolist() == given.tolist() == [1.0, 1.0]


def test_a_gradient_is_writable_and_contiguous_even_from_a_broadcast():
    x = Tensor(np.ones((3, 4)), requires_grad=True)
    ag.sum(x).backward()
    assert x.grad.data.flags.writeable
    assert x.grad.data.flags.c_contiguous


def test_the_first_gradient_is_kept_the_second_makes_an_array_and_later_ones_are_added_in_place():
    x = leaf(1.0, 2.0)
    y = x * 1.0
    terms = [y + 0.0 for _ in range(4)]
    total = terms[0] + terms[1] + terms[2] + terms[3]
    given = np.ones(2)
    sums = []
    y.register_hook(lambda g: sums.append(g.data))
    total.backward(given)
    assert x.grad.data.tolist() == [4.0, 4.0]
    assert given.tolist() == [1.0, 1.0]  # every term handed the same array on, and none was added into
    assert len(sums) == 1


@pytest.mark.parametrize(("uses", "additions"), [(1, 0), (2, 1), (3, 1), (10, 1)])
@pytest.mark.parametrize("is_fresh", [True, False], ids=["each an array of its own", "the cotangent itself"])
def test_summing_gradients_makes_one_array_however_many_there_are(uses, additions, is_fresh):
    calls = []

    class Counting(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
            if ufunc is np.add and not out:
                calls.append(1)
            options |= {"out": tuple(map(np.asarray, out))} if out else {}
            result = getattr(ufunc, method)(*map(np.asarray, inputs), **options)
            return out[0] if out else result.view(Counting)

    def used(x):
        return x * 2.0 if is_fresh else +x

    x = leaf(1.0, 2.0)
    total = used(x)
    for _ in range(uses - 1):
        total = total + used(x)
    total.backward(ag.Tensor(np.ones(2).view(Counting)))
    assert x.grad.data.tolist() == [(2.0 if is_fresh else 1.0) * uses] * 2
    assert len(calls) == (0 if is_fresh else additions)  # what the engine may write into takes up the others


def test_reads_of_single_rows_cost_rows_not_arrays():
    rows = 300
    x = Tensor(np.ones((rows, 1000)), requires_grad=True)
    total = x[0].sum()
    for i in range(1, rows):
        total = total + x[i].sum()
    tracemalloc.start()
    total.backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (x.grad.data == 1).all()
    assert peak < 4 * x.data.nbytes  # dense cotangents would take 300 arrays in time, and two beside the sum in memory


# --- retain_graph, create_graph, inputs -------------------------------------------------------------------------------


def test_a_second_pass_needs_a_retained_graph():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.data.tolist() == [12.0]
    with pytest.raises(RuntimeError, match=r"'multiply' a second time.*retain_graph=True"):
        y.backward()
    assert x.grad.data.tolist() == [12.0]


def test_a_freed_part_of_a_graph_is_refused_before_anything_changes():
    x, w = leaf(3.0), leaf(2.0)
    shared = x * x
    (shared * 1.0).backward()
    fresh = w * 2.0
    with pytest.raises(RuntimeError, match="freed"):
        (fresh + shared).backward()
    assert w.grad is None
    fresh.backward()
    assert w.grad.data.tolist() == [2.0]


def test_second_and_third_order_through_backward():
    x = leaf(2.0)
    (x**4).backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.backward(create_graph=True)
    second = x.grad
    x.zero_grad()
    second.backward()
    assert first.item() == 32.0
    assert second.item() == 48.0
    assert x.grad.item() == 48.0


def test_create_graph_uses_the_values_of_the_time_of_recording():
    w = leaf(2.0)
    y = w * w * w
    with ag.no_grad():
        w += 5.0
    y.backward(create_graph=True)
    first = w.grad
    w.zero_grad()
    first.backward()
    assert first.item() == 12.0
    assert w.grad.item() == 12.0


def test_inputs_receive_gradients_alone_and_other_branches_are_not_entered():
    x, w = leaf(2.0), leaf(3.0)
    entered = []
    a = ag.exp(x)
    a.register_hook(lambda g: entered.append("exp"))
    b = w * w
    (a * b).backward(inputs=[w])
    assert entered == []
    assert x.grad is None
    assert w.grad.item() == pytest.approx(6 * np.exp(2.0))


def test_inputs_may_be_intermediates():
    x = leaf(2.0)
    y = x * x
    z = y * y
    z.backward(inputs=y)
    assert y.grad.item() == 8.0
    assert x.grad is None


def test_inputs_may_be_an_intermediate_and_what_it_was_made_from():
    x = leaf(2.0)
    y = x * x
    (y * y).backward(inputs=[x, y])
    assert (x.grad.item(), y.grad.item()) == (32.0, 8.0)


@pytest.mark.parametrize(("bad", "message"), [(Tensor([1.0]), r"inputs\[0\] does not"), ("x", r"inputs\[0\] is a str")])
def test_inputs_that_cannot_receive_gradients_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        leaf(1.0).backward(inputs=[bad])


# --- hooks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_sees_the_whole_gradient_and_may_replace_it(create_graph):
    x = leaf(2.0)
    y = x * 3.0
    seen = []

    def double(g):
        seen.append(g.data.tolist())
        return g * 2.0

    handle = y.register_hook(double)
    (y + y).backward(create_graph=create_graph)
    assert seen == [[2.0]]
    assert x.grad.data.tolist() == [12.0]
    handle.remove()
    handle.remove()
    x.zero_grad()
    (x * 3.0).backward()
    assert x.grad.data.tolist() == [3.0]


def test_a_hook_on_a_leaf_changes_what_is_accumulated():
    x = leaf(2.0)
    x.register_hook(lambda g: -g)
    (x * 3.0).backward()
    assert x.grad.data.tolist() == [-3.0]


def test_a_hook_that_returns_nonsense_is_refused():
    x = leaf(2.0)
    x.register_hook(lambda g: 3)
    with pytest.raises(ValueError, match=r"hook must return None or a Tensor of the gradient's shape \(1,\), given 3"):
        (x * x).backward()
    assert x.grad is None


def test_retain_grad_keeps_an_intermediates_gradient_without_a_cycle():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * 3.0).backward()
    assert y.grad.data.tolist() == [3.0]
    gc.collect()
    reference = weakref.ref(y)
    gc.disable()
    del y
    assert reference() is None
    gc.enable()


# --- grad modes -------------------------------------------------------------------------------------------------------


def test_no_grad_and_enable_grad_as_contexts_and_decorators():
    x = leaf(1.0)
    with ag.no_grad():
        assert not ag.is_grad_enabled()
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not (x @ x).requires_grad

    @ag.no_grad()
    def constant():
        return x * 2

    @ag.enable_grad()
    def recorded():
        return x * 2

    assert not constant().requires_grad
    with ag.no_grad():
        assert recorded().requires_grad
    assert ag.is_grad_enabled()


def test_a_mode_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        raise ZeroDivisionError
    assert ag.is_grad_enabled()


def test_one_mode_object_can_be_entered_again_while_it_is_open():
    mode = ag.no_grad()
    with mode, mode:
        pass
    assert ag.is_grad_enabled()


def test_a_transform_inside_no_grad_still_differentiates():
    with ag.no_grad():
        assert ag.grad(lambda x: x * x)(3.0) == 6.0


def test_no_grad_inside_a_transform_makes_constants():
    def f(x):
        with ag.no_grad():
            y = x * 2.0
        return x * y

    assert ag.grad(f)(3.0) == 6.0


def test_threads_build_and_differentiate_graphs_at_once_each_in_its_own_mode():
    problems = []
    start = threading.Barrier(3)

    def work(seed: int) -> None:
        start.wait()
        for i in range(200):
            x = Tensor([float(seed + i)], requires_grad=True)
            y = x
            for _ in range(20):
                y = y * x
            y.backward()
            expected = 21 * float(seed + i) ** 20
            if not np.isclose(x.grad.item(), expected) or not ag.is_grad_enabled():
                problems.append(i)

    def constant() -> None:
        x = Tensor([1.0], requires_grad=True)
        with ag.no_grad():
            start.wait()
            for i in range(4000):
                if (x * x).requires_grad:
                    problems.append(-i)

    threads = [threading.Thread(target=work, args=(s,)) for s in (1, 2)] + [threading.Thread(target=constant)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []


def test_two_threads_differentiate_one_shared_graph():
    x = Tensor(np.linspace(0.1, 1.0, 8), requires_grad=True)
    y = ag.sum(ag.sin(x * x) * ag.exp(x))
    y.backward(retain_graph=True, inputs=[x])
    expected = x.grad.data.copy()
    results = []

    def work() -> None:
        for _ in range(100):
            found = ag.graph.backward(y.edge(), np.ones(()), Tensor, wanted=[x], retain_graph=True)
            results.append(np.allclose(found[x], expected, rtol=1e-14))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 200
    assert all(results)


# --- the zero-cotangent rule ------------------------------------------------------------------------------------------


def test_a_zero_cotangent_stays_zero_where_a_partial_is_not_finite():
    x = leaf(0.0, 4.0, -1.0)
    with np.errstate(invalid="ignore"):
        y = ag.where(x > 0, ag.sqrt(x), 0.0)
    y.backward()
    assert x.grad.data.tolist() == [0.0, 0.25, 0.0]


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64, ag.complex64, ag.complex128])
@pytest.mark.parametrize(
    "shape", [(5,), (20_000,), (200, 100)]
)  # a dot product looks for NaN in a few, a minimum in many
def test_a_zero_cotangent_stays_zero_among_few_and_many(shape, dtype):
    values = np.full(shape, 4.0, dtype)
    values.T[-1] = 0.0
    x = Tensor(values.T, requires_grad=True)
    ag.where(ag.abs(x) > 0, ag.sqrt(x), 0.0).backward()
    np.testing.assert_array_equal(x.grad.data, np.where(values.T == 0, 0.0, 0.25))


def test_second_derivatives_are_right_beside_masked_points():
    x = leaf(0.0, 4.0)
    ag.where(x > 0, ag.sqrt(x), 0.0).backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.backward()
    assert x.grad.data.tolist() == [0.0, -0.25 * 4.0**-1.5]


def test_an_infinite_derivative_with_a_cotangent_is_infinite():
    x = leaf(0.0)
    ag.sqrt(x).backward()
    assert x.grad.item() == np.inf


@pytest.mark.parametrize("n", [3, 50])  # looked at as a list, and by a dot product
def test_products_with_infinities_are_masked(n):
    values = np.ones(n)
    values[0] = np.inf
    x = Tensor(values, requires_grad=True)
    mask = Tensor(values < 2)
    ag.where(mask, x * x, 0.0).backward()
    assert x.grad.data.tolist() == [0.0] + [2.0] * (n - 1)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_an_error_in_a_rule_names_the_operation_and_the_shape():
    from anygrad.backends import backends

    numpy = backends["numpy"]

    def broken(g, partial):
        raise FloatingPointError("broken")

    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = ag.exp(x)
    before = numpy.overrides["chain"]
    try:
        numpy.implement("chain")(broken)
        with pytest.raises(FloatingPointError) as caught:
            y.backward()
    finally:
        numpy.implement("chain")(before)
    assert caught.value.__notes__ == ["in the backward pass of 'exp', with a cotangent float64(2, 3)"]
    assert x.grad is None


@pytest.mark.parametrize("device", ["cpu", "strict:cpu", "torch:cpu", "jax:cpu"])
def test_a_mask_stops_a_cotangent_that_is_not_finite(device):
    x = Tensor([-1.0, 2.0], device=require_device(device), requires_grad=True)
    ag.special.relu(x).backward(Tensor([np.inf, np.inf], device=device))
    assert x.grad.tolist() == [0.0, np.inf]


def test_reads_of_a_number_add_to_what_a_product_of_it_made():
    x = leaf(2.0)
    y = x[0]  # NumPy's products of it are its scalars; the last term is the first to be gone through
    (y[()] * y[...] + y[()] + y * 3.0).backward()
    assert x.grad.tolist() == [8.0]
