"""What has to be settled in the process before NumPy is loaded, and what is written down about the machine after."""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import Any

__all__ = ["describe_machine", "machine_name", "settle"]

PACKAGES = ("numpy", "cupy", "torch", "jax", "autograd", "mygrad", "array_api_compat")


def settle(threads: int | None) -> None:
    """Set the number of threads for every library, and take back a choice of BLAS kernels made for an older OpenBLAS.

    Args:
        threads: how many threads and processors to use, None for the libraries' own choice.
    """
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they slow down the OpenBLAS in current wheels of NumPy
        os.environ.pop(name, None)
    os.environ.setdefault("KINETO_LOG_LEVEL", "9")  # PyTorch's profiler, which counts memory here, talks
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take most of a GPU's memory at once
    if threads is None:
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    if hasattr(os, "sched_setaffinity"):  # XLA asks for nothing but the number of processors
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def describe_machine() -> dict[str, Any]:
    """The machine, its libraries and their versions, as far as they are loaded or can be asked."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {"anygrad": _anygrad(), **_versions()},
        "blas": _blas(),
        "gpus": _gpus(),
    }


def machine_name(machine: dict[str, Any]) -> str:
    """A short name for a file: the GPU, or else the processor."""
    gpus = machine["gpus"]
    name = gpus[0]["name"] if gpus else f"{machine['processor']}-{machine['cpus']}-cpus"
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _processor() -> str:
    if importlib.util.find_spec("cpuinfo"):
        import cpuinfo

        found = cpuinfo.get_cpu_info()
        return str(found.get("brand_raw") or found.get("arch_string_raw"))
    return platform.processor() or platform.machine()


def _anygrad() -> str:
    import anygrad

    return anygrad.__version__


def _versions() -> dict[str, str]:
    loaded = {name: sys.modules[name] for name in PACKAGES if name in sys.modules}
    found = {name: getattr(module, "__version__", None) or _installed(name) for name, module in loaded.items()}
    return {name: str(version) for name, version in found.items()}


def _installed(name: str) -> str:
    from importlib import metadata

    return metadata.version(metadata.packages_distributions()[name][0])


def _blas() -> list[dict[str, Any]]:
    """The linear algebra that runs: which library, in which kernels, with how many threads."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return []
    from threadpoolctl import threadpool_info

    kept = ("prefix", "version", "architecture", "num_threads")
    return [{"of": Path(i["filepath"]).parts[-2], **{k: i.get(k) for k in kept}} for i in threadpool_info()]


def _gpus() -> list[dict[str, Any]]:
    """CUDA devices, if CuPy is loaded and finds some."""
    if "cupy" not in sys.modules:
        return []
    cupy = importlib.import_module("cupy")
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError:
        return []
    found = []
    for i in range(count):
        properties = runtime.getDeviceProperties(i)
        found.append(
            {
                "name": properties["name"].decode(),
                "memory": properties["totalGlobalMem"],
                "driver": runtime.driverGetVersion(),
                "runtime": runtime.runtimeGetVersion(),
            }
        )
    return found
