"""vmap over the table of operations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import anygrad as ag
from anygrad.backends.libraries import STRICT_WARNING
from tests.conftest import CUDA
from tests.table import OPERATIONS, Operation, Sample, outputs_of

REFUSED = {"nonzero", "unique_values", "unique_counts", "unique_inverse", "unique_all"}
OPERATIONS_TO_MAP = [operation for operation in OPERATIONS if operation.name not in REFUSED]


def on_members(operation: Operation, sample: Sample, arrays: list) -> list:
    args, kwargs = sample.replaced(arrays)
    return outputs_of(operation.call(*args, **kwargs))


@pytest.mark.parametrize("operation", OPERATIONS_TO_MAP, ids=repr)
def test_every_operation_under_vmap_gives_what_a_loop_does(operation):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")  # also that an operation has no batch rule
        warnings.filterwarnings("ignore", message=STRICT_WARNING)  # where a test before this one has used its dtypes
        for sample in [*operation.drawn(), *(operation.drawn(np.complex128) if operation.is_complex else [])]:
            arrays = sample.arrays
            for which in [set(range(len(arrays))), *({i} for i in range(len(arrays)) if len(arrays) > 1)]:
                batches = [np.stack([x, x * 1.01, x * 1.02]) if i in which else x for i, x in enumerate(arrays)]
                if not which:
                    continue
                axes = tuple(0 if i in which else None for i in range(len(arrays)))
                got = ag.vmap(lambda *xs, s=sample: tuple(on_members(operation, s, list(xs))), axes)(*batches)
                members = [
                    on_members(operation, sample, [x[k] if i in which else x for i, x in enumerate(batches)])
                    for k in range(3)
                ]
                for out, wanted in zip(got, zip(*members), strict=True):
                    what = f"{operation}{sample}, mapped over {which}"
                    wanted = np.stack([np.asarray(w) for w in wanted])
                    assert out.dtype == wanted.dtype, what
                    np.testing.assert_allclose(np.asarray(out), wanted, rtol=1e-10, atol=1e-12, err_msg=what)


@pytest.mark.parametrize("device", [CUDA])
@pytest.mark.parametrize("operation", OPERATIONS_TO_MAP, ids=repr)
def test_every_operation_under_vmap_on_a_device_gives_what_numpy_does(operation, device):
    for sample in operation.drawn():
        if not sample.arrays or operation.refused.get(device) or sample.refused.get(device):
            continue
        batches = [np.stack([x, x * 1.01]) for x in sample.arrays]
        with np.errstate(all="ignore"):
            wanted = ag.vmap(lambda *xs, s=sample: tuple(on_members(operation, s, list(xs))))(*batches)

        def of_member(*xs, sample=sample):
            left = iter(xs)
            args, kwargs = sample.mapped(
                lambda a: next(left) if a.dtype.kind in "fc" else ag.Tensor(a, device=device).data,
                lambda a: ag.Tensor(a, device=device).data,
            )
            return tuple(outputs_of(operation.call(*args, **kwargs)))

        got = ag.vmap(of_member)(*[ag.Tensor(x, device=device).data for x in batches])
        for out, expected in zip(got, wanted, strict=True):
            what = f"{operation}{sample} on {device}"
            assert (ag.Tensor(out).device, out.dtype) == (device, expected.dtype), what
            on_host = ag.Tensor(out).to("cpu").numpy()
            np.testing.assert_allclose(on_host, expected, rtol=1e-6, atol=1e-8, err_msg=what)
