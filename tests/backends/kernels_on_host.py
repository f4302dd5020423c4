"""Generated CUDA kernels without a GPU: run by the CPU, from the same source, and compiled by NVRTC.

On the CPU a thread of a block is a thread of the process: barriers stand for ``__syncthreads`` and for the exchange of
registers in a warp. What cannot be seen this way is speed, and how memory is shared between blocks.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import itertools
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from anygrad.backends.fusion.kernels import Elementwise, Rows, Summed

HEADER = r"""
#include <barrier>
#include <cmath>
#include <complex>
#include <thread>
#include <vector>
using std::complex; using namespace std;
struct float16;
struct Place { int x, y; };
static Place blockIdx{0, 0}, blockDim{1, 1}, gridDim{1, 1};
static thread_local Place threadIdx{0, 0};
static std::barrier<>* everyone;
static double exchanged[1024];
#define __device__
#define __global__
#define __forceinline__ inline
#define __noinline__
#define __constant__ const
#define __restrict__ __restrict
#define __shared__ static
inline void __syncthreads() { everyone->arrive_and_wait(); }
template <class T> T __shfl_xor_sync(unsigned, T value, int lanes) {
  exchanged[threadIdx.x] = value;
  __syncthreads();
  T other = exchanged[threadIdx.x ^ lanes];
  __syncthreads();
  return other;
}
template <class T> bool isfinite(complex<T> z) { return std::isfinite(z.real()) && std::isfinite(z.imag()); }
template <class T> bool isnan(complex<T> z) { return std::isnan(z.real()) || std::isnan(z.imag()); }
template <class T> T rsqrt(T x) { return 1 / std::sqrt(x); }
template <class T> T _floor_divide(T x, T y) { return std::floor(x / y); }
template <class F> void on_threads(int n, F kernel) {
  blockDim = {n, 1};
  std::barrier<> all(n);
  everyone = &all;
  std::vector<std::thread> threads;
  for (int i = 0; i < n; i++) threads.emplace_back([=] { threadIdx = {i, 0}; kernel(); });
  for (auto& thread : threads) thread.join();
}
"""

TYPES = {"bool": "bool", "float16": "float16", "float32": "float", "float64": "double", "int64": "long long"}
TYPES |= {"int32": "int", "complex64": "complex<float>", "complex128": "complex<double>"}

reason_not_on_host = None if shutil.which("g++") else "no C++ compiler"


def parameters(text: str) -> list[tuple[str, str]]:
    """The C++ types and the names of CuPy's list of parameters."""
    return [(TYPES[part.split()[0]], part.split()[1]) for part in text.split(", ") if part]


CUDA_ALONE = ("#include", "normcdf", "cyl_bessel", "erfcx", "erfinv", "erfcinv")
"""What the C++ library has no function for."""


def can_run(source: Elementwise | Summed | Rows) -> bool:
    """Whether a kernel calls only functions that this machine has too."""
    if isinstance(source, Rows):
        return True
    text = source.preamble.replace("__device__", "") + (
        source.operation if isinstance(source, Elementwise) else source.term
    )
    return not any(word in text for word in CUDA_ALONE)


class Library:
    """Kernels compiled together, each in a namespace of its own."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, source: Elementwise | Summed | Rows) -> int:
        """Take a kernel in; it is then known by its number."""
        number = len(self.parts)
        text = rows(source, number) if isinstance(source, Rows) else elements(source, number)
        self.parts.append(f"namespace kernel{number} {{\n{text}\n}}")
        return number

    def build(self, folder: Path) -> None:
        """Compile for this machine."""
        source = folder / "kernels.cpp"
        source.write_text(HEADER + "\n".join(self.parts))
        command = [
            "g++",
            "-std=c++20",
            "-O0",
            "-w",
            "-fPIC",
            "-shared",
            "-pthread",
            source,
            "-o",
            folder / "kernels.so",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if "error" in line)[:4000]
        self.functions = ctypes.CDLL(str(folder / "kernels.so"))

    def run(self, number: int, arrays: Sequence[np.ndarray], *sizes: int) -> None:
        """Run a kernel on arrays that it reads and writes."""
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in arrays]
        getattr(self.functions, f"run{number}")(*pointers, *map(ctypes.c_longlong, sizes))


def elements(source: Elementwise | Summed, number: int) -> str:
    """A loop over the elements, or the sum of all of them."""
    ins, outs = parameters(source.in_params), parameters(source.out_params)
    arguments = ", ".join(f"{kind}* all_{name}" for kind, name in (*ins, *outs))
    reads = " ".join(f"const {kind} {name} = all_{name}[at];" for kind, name in ins)
    if isinstance(source, Summed):
        (kind, name), inner = outs[0], f"{{ {reads} total = total + {source.map_expr}; }}"
        body = f"{source.reduce_type} total = 0; LOOP {inner} all_{name}[0] = ({kind})total;"
    else:
        writes = " ".join(f"{kind}& {name} = all_{name}[at];" for kind, name in outs)
        body = f"LOOP {{ {reads} {writes} {source.operation} }}"
    body = body.replace("LOOP", "for (long long at = 0; at < n; at++)")
    before = f"{source.preamble}\n{source.term if isinstance(source, Summed) else ''}"
    return f'{before}\nextern "C" void run{number}({arguments}, long long n) {{ {body} }}'


def rows(source: Rows, number: int) -> str:
    """One block of threads that goes through all rows."""
    code = source.code.replace('extern "C" ', "static ")
    signature = re.search(rf"{source.name}\((.*?), long long rows", code)
    assert signature is not None
    kinds = [argument.rpartition(" ")[0].replace("__restrict__", "") for argument in signature[1].split(", ")]
    names = [f"a{i}" for i in range(len(kinds))]
    arguments = ", ".join(f"{kind} {name}" for kind, name in zip(kinds, names))
    call = f"{source.name}({', '.join(names)}, rows, columns)"
    return (
        f'{code}\nextern "C" void run{number}({arguments}, long long rows, long long columns, long long threads) '
        f"{{ on_threads(threads, [=] {{ {call}; }}); }}"
    )


# --- NVRTC ------------------------------------------------------------------------------------------------------------


@functools.cache
def reason_not_compiled() -> str | None:
    """Why NVRTC cannot be used here, None if it can."""
    if importlib.util.find_spec("cupy") is None:
        return "cupy is not installed"
    try:
        from cupy.cuda import nvrtc

        nvrtc.getVersion()
    except Exception as error:
        return f"NVRTC cannot be loaded: {error}"
    return None if _toolkit_headers() else "the headers of the CUDA toolkit (nvidia-cuda-runtime) are not installed"


def _toolkit_headers() -> list[Path]:
    roots = importlib.util.find_spec("nvidia")
    found = (
        itertools.chain.from_iterable(Path(p).glob("**/cuda_fp16.h") for p in (roots.submodule_search_locations or ()))
        if roots
        else ()
    )
    return [header.parent for header in found]


def compile_for(arch: str, sources: Sequence[Elementwise | Summed | Rows]) -> int:
    """Compile kernels for an architecture, such as ``sm_90``; gives the size of the binaries in bytes.

    Those that declare the same things before them are compiled together, which saves most of the time.
    """
    by_preamble: dict[str, list[str]] = {}
    for i, source in enumerate(sources):
        preamble = "" if isinstance(source, Rows) else source.preamble
        text = rows_on_device(source, i) if isinstance(source, Rows) else elements_on_device(source, i)
        by_preamble.setdefault(preamble, []).append(f"namespace kernel{i} {{\n{text}\n}}")
    return sum(_compiled_size(arch, "\n".join([preamble, *parts])) for preamble, parts in by_preamble.items())


def _compiled_size(arch: str, text: str) -> int:
    import cupy
    from cupy.cuda import nvrtc

    include = Path(cupy.__file__).parent / "_core" / "include"
    headers = "".join(f"#include <cupy/{header}.cuh>\n" for header in ("complex", "carray", "float16"))
    folders = (include, include / "cupy/_cccl/libcudacxx", include / "cupy/_cccl/cub", include / "cupy/_cccl/thrust")
    program = nvrtc.createProgram(headers + text, "kernels.cu", (), ())
    options = [f"-I{folder}" for folder in (*folders, *_toolkit_headers())]
    try:
        nvrtc.compileProgram(program, (*options, f"-arch={arch}", "-std=c++17", "-default-device", "-w"))
    except nvrtc.NVRTCError as error:
        raise AssertionError(nvrtc.getProgramLog(program)[:4000]) from error
    return len(nvrtc.getCUBIN(program))


def elements_on_device(source: Elementwise | Summed, number: int) -> str:
    """A kernel around the statements, as CuPy puts one around them."""
    ins, outs = parameters(source.in_params), parameters(source.out_params)
    arguments = ", ".join(f"{kind}* all_{name}" for kind, name in (*ins, *outs))
    reads = " ".join(f"const {kind} &{name} = all_{name}[at];" for kind, name in ins)
    writes = " ".join(f"{kind} &{name} = all_{name}[at];" for kind, name in outs)
    is_sum = isinstance(source, Summed)
    body = f"d0 = {source.map_expr};" if is_sum else source.operation
    return (
        f'{source.term if is_sum else ""}\nextern "C" __global__ void run{number}({arguments}) '
        f"{{ long long at = threadIdx.x; {reads} {writes} {body} }}"
    )


def rows_on_device(source: Rows, number: int) -> str:
    """The kernel under a name of its own."""
    return source.code.replace(f"{source.name}(", f"run{number}(")
