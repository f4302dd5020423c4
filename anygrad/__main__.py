"""``python -m anygrad``: which array libraries and devices this machine has, and why one is missing."""

from __future__ import annotations

import importlib.metadata
import platform

import numpy as np

import anygrad
from anygrad.arrays.device import resolve, unavailable_reason
from anygrad.backends import Backend, backends


def main() -> None:
    """Print the report."""
    print(f"anygrad {anygrad.__version__}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"default device: {anygrad.default_device()}{_trouble()}\n")
    in_order = sorted(backends.values(), key=lambda backend: backend.name != "numpy")
    rows = [("backend", "version", "devices"), *map(_row, in_order)]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    for name, version, devices in rows:
        print(f"{name:{widths[0]}}  {version:{widths[1]}}  {devices}".rstrip())


def _trouble() -> str:
    """What is wrong with the default device, if something is."""
    try:
        resolve()
    except (ImportError, RuntimeError, ValueError) as error:
        return f" ({error})"
    return ""


def _row(backend: Backend) -> tuple[str, str, str]:
    reason = unavailable_reason(backend)
    if reason is None:
        devices = ", ".join(backend.device_name(short) for short in backend.devices)
        return backend.name, _version(backend), devices
    return backend.name, _version(backend), f"none: {reason}"


def _version(backend: Backend) -> str:
    """The version of the installed distribution that has the backend's package, or a dash."""
    found = importlib.metadata.packages_distributions()
    for package in backend.packages:
        for distribution in found.get(package, ()):
            return importlib.metadata.version(distribution)
    return "-"


if __name__ == "__main__":
    main()
