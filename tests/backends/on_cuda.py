"""Arrays to and from a GPU, for the tests that need one."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pytest

import anygrad as ag

gpu = pytest.mark.gpu
rng = np.random.default_rng(0)
MATRIX = rng.normal(size=(4, 3))


def on_cuda(x, requires_grad=False, device="cuda"):
    return ag.Tensor(np.asarray(x), device=device, requires_grad=requires_grad)


def on_host(x):
    return ag.Tensor(x).detach().to("cpu").numpy()


@contextlib.contextmanager
def without_waiting():
    """An error where the host waits for the device or reads from it, as far as CuPy notices."""
    import cupyx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CuPy does not promise to notice all
        with cupyx.allow_synchronize(False):
            yield
