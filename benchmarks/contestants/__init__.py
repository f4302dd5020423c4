"""Who takes part: anygrad once for each device and style, and the peers that are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable

import anygrad as ag
from benchmarks.contestants.base import Contestant
from benchmarks.contestants.jax_based import Jax
from benchmarks.contestants.numpy_based import ByHand, Hips, MyGrad
from benchmarks.contestants.ours import Anygrad
from benchmarks.contestants.torch_based import PyTorch

__all__ = ["DEFAULT_PEERS", "PEERS", "contestants", "default_devices"]

Maker = Callable[[str], Contestant | None]


def _on_cpu_alone(make: Callable[[], Contestant]) -> Maker:
    return lambda place: make() if place == "cpu" else None


def _named(name: str, place: str) -> str:
    return name if place == "cpu" else f"{name} {place}"


PEERS: dict[str, tuple[str, Maker]] = {
    "by-hand": ("numpy", lambda place: ByHand(_named("by hand", place), "numpy" if place == "cpu" else "cupy")),
    "torch": ("torch", lambda place: PyTorch(_named("PyTorch", place), place)),
    "torch-compile": ("torch", lambda place: PyTorch(_named("PyTorch compile", place), place, compiled=True)),
    "jax": ("jax", lambda place: Jax(_named("JAX", place), _platform(place), compiled=False)),
    "jax-jit": ("jax", lambda place: Jax(_named("JAX jit", place), _platform(place), compiled=True)),
    "hips": ("autograd", _on_cpu_alone(lambda: Hips("HIPS autograd"))),
    "mygrad": ("mygrad", _on_cpu_alone(lambda: MyGrad("MyGrad"))),
}
"""What a peer is called on the command line, the package it needs, and how it is made for a place."""

DEFAULT_PEERS = {
    "cpu": ["by-hand", "torch", "jax", "jax-jit", "hips", "mygrad"],
    "cuda": ["by-hand", "torch", "torch-compile", "jax-jit"],
}
"""The peers that take part unless others are asked for; compiling for the CPU needs a compiler, so it is on request."""


def _platform(place: str) -> str:
    return "gpu" if place == "cuda" else place


def default_devices() -> list[str]:
    """NumPy's CPU and the first device of every other installed library that computes for itself."""
    usable = [name for name in ("torch:cpu", "jax:cpu") if ag.is_available(name)]
    return ["cpu", *usable]


def contestants(devices: Iterable[str], peers: Iterable[str] | None = None) -> list[Contestant]:
    """Everybody who takes part.

    Args:
        devices: names of anygrad's devices; the peers run wherever these are, on the CPU or on a GPU.
        peers: names in :data:`PEERS`; by default those of :data:`DEFAULT_PEERS` that are installed.

    Raises:
        ValueError: a peer is unknown, or asked for and not installed.
        ValueError, ImportError, RuntimeError: a device is unknown or not usable here.
    """
    devices = [_checked(name) for name in devices]
    peers = None if peers is None else list(peers)
    for name in peers or ():  # before what is not installed, which no package would mend
        if name not in PEERS:
            raise ValueError(f"unknown peer {name!r}; choose among {', '.join(PEERS)}, or none")
    found: list[Contestant] = [Anygrad(device, style) for device in devices for style in ("backward", "grad")]
    places = dict.fromkeys("cuda" if "cuda" in name or "gpu" in name else "cpu" for name in devices)
    for place in places:
        chosen = DEFAULT_PEERS[place] if peers is None else peers
        for name in chosen:
            package, make = PEERS[name]
            if importlib.util.find_spec(package) is None:
                if peers is None:
                    continue
                raise ValueError(f"the peer {name!r} needs {package}, which is not installed; pip install {package}")
            contestant = make(place)
            if contestant is not None:
                found.append(contestant)
    return found


def _checked(name: str) -> str:
    """The full name of a device that works here."""
    with ag.device(name) as full:
        return full
