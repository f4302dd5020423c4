"""Kernels of traced rules: written, kept, and launched on CuPy's arrays."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from anygrad.backends.fusion.sources import Body, ctype, preambles, reducers
from anygrad.backends.fusion.trace import Trace, below

__all__ = ["Elementwise", "Output", "Rows", "Summed", "elementwise_source", "rows_source", "summed_source"]


class Output(NamedTuple):
    """What a kernel writes: a trace, cast to a dtype; added to what the array holds, or in its place."""

    trace: Trace
    dtype: np.dtype[Any]
    adds: bool = False


def named(parameters: Iterable[Trace]) -> dict[Trace, str]:
    """The names of the parameters in the source."""
    return {trace: trace.value for trace in parameters}


# --- one thread for each element --------------------------------------------------------------------------------------


class Elementwise(NamedTuple):
    """The arguments of CuPy's ElementwiseKernel."""

    in_params: str
    out_params: str
    operation: str
    preamble: str
    name: str


def elementwise_source(name: str, parameters: Sequence[Trace], outputs: Sequence[Output]) -> Elementwise:
    """A kernel that computes each output at each element, the shared steps once."""
    roots = [output.trace for output in outputs]
    body = Body(named(parameters))
    body.write(roots)
    for i, output in enumerate(outputs):
        value = f"({ctype(output.dtype)})({body.name_of(output.trace)})"
        body.lines.append(f"d{i} = {f'd{i} + ' if output.adds else ''}{value};")
    return Elementwise(
        ", ".join(f"{p.dtype.name} {p.value}" for p in parameters),
        ", ".join(f"{output.dtype.name} d{i}" for i, output in enumerate(outputs)),
        "\n".join(body.lines),
        preambles(roots),
        f"anygrad_{name}",
    )


@functools.cache
def elementwise_kernel(source: Elementwise) -> Any:
    """The kernel of a source, which is compiled when it first runs."""
    import cupy

    return cupy.ElementwiseKernel(*source[:3], source.name, preamble=source.preamble)


# --- one sum for each element of a smaller array ----------------------------------------------------------------------


class Summed(NamedTuple):
    """The arguments of CuPy's ReductionKernel, and the function of one term, which is declared with the preamble."""

    in_params: str
    out_params: str
    map_expr: str
    reduce_type: str
    preamble: str
    term: str
    name: str


def summed_source(name: str, parameters: Sequence[Trace], output: Output) -> Summed:
    """A kernel that adds up an output along some axes as it computes it: that of an operand that was broadcast."""
    wide = np.dtype(np.float32) if output.dtype.char == "e" else output.dtype
    body = Body(named(parameters))
    body.write([output.trace])
    signature = ", ".join(f"const {ctype(p.dtype)} {p.value}" for p in parameters)
    function = f"anygrad_{name}_term"
    term = [
        f"__device__ inline {ctype(wide)} {function}({signature}) {{",
        *body.lines,
        f"return ({ctype(wide)})({body.name_of(output.trace)});",
        "}",
    ]
    return Summed(
        ", ".join(f"{p.dtype.name} {p.value}" for p in parameters),
        f"{output.dtype.name} d0",
        f"{function}({', '.join(p.value for p in parameters)})",
        ctype(wide),
        preambles([output.trace]),
        "\n".join(term),
        f"anygrad_{name}_sum",
    )


@functools.cache
def summed_kernel(source: Summed) -> Any:
    """The kernel of a source, which is compiled when it first runs."""
    import cupy

    joins = ("a + b", "d0 = a", "0")
    declared = f"{source.preamble}\n{source.term}"
    return cupy.ReductionKernel(*source[:3], *joins, source.name, reduce_type=source.reduce_type, preamble=declared)


# --- some threads for each row ----------------------------------------------------------------------------------------

ROWS_HEADER = r"""
template <class T, class F>
__device__ T anygrad_over_row(T value, T start, F join, T* shared) {
  // Every thread of the row gets the result: within a warp by shuffles, between warps by way of shared memory.
  const int width = blockDim.x < 32 ? blockDim.x : 32;
  for (int o = width / 2; o > 0; o /= 2) value = join(value, __shfl_xor_sync(0xffffffffu, value, o));
  if (blockDim.x > 32) {
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    const int lane = threadIdx.x % 32;
    value = lane < blockDim.x / 32 ? shared[lane] : start;
    for (int o = 16; o > 0; o /= 2) value = join(value, __shfl_xor_sync(0xffffffffu, value, o));
  }
  return value;
}
"""


class Rows(NamedTuple):
    """A kernel's source and name."""

    code: str
    name: str


def rows_source(name: str, parameters: Sequence[Trace], outputs: Sequence[Output]) -> Rows:
    """A kernel in which some threads go along each row together: once for each reduction that needs another's result.

    The reductions of one depth share a pass along the row, and the outputs share the last one.
    """
    roots = [output.trace for output in outputs]
    depth = _depths(roots)
    row = Body({p: f"a_{p.value}[row]" for p in parameters if p.is_row})
    full = {p: f"a_{p.value}[row * columns + column]" for p in parameters if not p.is_row}
    for level in range(1, max(depth.values(), default=0) + 1):
        _write_reductions(row, full, [x for x in below(roots) if x.reduction and depth[x] == level])
    _write_outputs(row, full, outputs)
    arguments = [f"const {ctype(p.dtype)}* __restrict__ a_{p.value}" for p in parameters]
    arguments += [f"{ctype(output.dtype)}* d{i}" for i, output in enumerate(outputs)]
    code = [
        preambles(roots),
        ROWS_HEADER,
        f'extern "C" __global__ void anygrad_{name}({", ".join(arguments)}, long long rows, long long columns) {{',
        "__shared__ double shared[32];",
        "long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;",
        "for (; row < rows; row += (long long)gridDim.x * blockDim.y) {",
        *row.lines,
        "}",
        "}",
    ]
    return Rows("\n".join(code), f"anygrad_{name}")


def _write_reductions(row: Body, full: dict[Trace, str], reductions: Sequence[Trace]) -> None:
    """One pass along the row for some reductions, and their results for all threads."""
    operands = [trace.inputs[0] for trace in reductions]
    inside = _along_row(row, full, operands)
    for trace, operand in zip(reductions, operands):
        start, join = reducers[trace.reduction or ""]
        row.declare(trace, start)
        kind, total = ctype(trace.dtype), row.name_of(trace)
        inside.lines.append(f"{{ const {kind} a = {total}, b = {inside.name_of(operand)}; {total} = {join}; }}")
    row.lines += _loop(inside.lines)
    for trace in reductions:
        start, join = reducers[trace.reduction or ""]
        kind, total = ctype(trace.dtype), row.name_of(trace)
        joined = f"[](const {kind} a, const {kind} b) -> {kind} {{ return {join}; }}"
        whole = f"anygrad_over_row<{kind}>({total}, {start}, {joined}, ({kind}*)shared)"
        row.lines.append(f"{total} = {whole}{' / columns' if trace.reduction == 'mean' else ''};")


def _write_outputs(row: Body, full: dict[Trace, str], outputs: Sequence[Output]) -> None:
    """The last pass, which writes what has the arrays' shape; what is one number for a row is written by one thread."""
    inside = _along_row(row, full, [output.trace for output in outputs])
    once: list[str] = []
    for i, output in enumerate(outputs):
        is_row = output.trace.is_row
        at = f"d{i}[{'row' if is_row else 'row * columns + column'}]"
        value = f"({ctype(output.dtype)})({(row if is_row else inside).name_of(output.trace)})"
        line = f"{at} = {f'{at} + ' if output.adds else ''}{value};"
        (once if is_row else inside.lines).append(line)
    if inside.lines:
        row.lines += _loop(inside.lines)
    if once:
        row.lines += ["if (threadIdx.x == 0) {", *once, "}"]


def _along_row(row: Body, full: dict[Trace, str], roots: Sequence[Trace]) -> Body:
    """The body of a loop along the row that computes some traces; what is the same all along stands before it."""
    row.write([x for x in below(roots, row.names) if x.is_row])
    inside = row.inner()
    for trace in below(roots, row.names):
        if trace in full:  # each array is read once
            inside.declare(trace, full[trace])
    inside.write([x for x in roots if not x.is_row])
    return inside


def _loop(lines: Sequence[str]) -> list[str]:
    return ["for (long long column = threadIdx.x; column < columns; column += blockDim.x) {", *lines, "}"]


def _depths(roots: Sequence[Trace]) -> dict[Trace, int]:
    """How many passes along the rows come before each trace is known."""
    depth: dict[Trace, int] = {}
    for trace in below(roots):
        before = max((depth[x] for x in trace.inputs), default=0)
        depth[trace] = before + 1 if trace.reduction else before
    return depth


@functools.cache
def rows_kernel(source: Rows) -> Any:
    """The kernel of a source, which is compiled when it first runs."""
    import cupy

    return cupy.RawKernel(source.code, source.name)


def launch_rows(source: Rows, arrays: Sequence[Any], out: Any, rows: int, columns: int) -> None:
    """Run a kernel on arrays and a contiguous result: a warp for a short row, a block for a long one."""
    import cupy

    threads = 32 if columns <= 256 else 256 if columns <= 8192 else 1024
    at_once = 8 if threads == 32 else 1
    blocks = min(-(-rows // at_once), 65_536)
    arguments = (*map(cupy.ascontiguousarray, arrays), out, np.int64(rows), np.int64(columns))
    rows_kernel(source)((blocks,), (threads, at_once), arguments)


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array for a kernel to write into, on the current device."""
    import cupy

    return cupy.empty(shape, dtype)
