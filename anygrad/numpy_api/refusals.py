"""NumPy's functions that are not supported on anygrad's arrays, each with what to write instead."""

from anygrad.numpy_api.registry import refuse

TIMES = "anygrad's arrays hold no times"
BITS = "anygrad's arrays hold no packed bits; take x.detach().numpy() first"
MEMORY = (
    "x.base is the whole array that a view is a part of, and None of a whole one; for np.random.permutation(x) write "
    "x[np.random.permutation(len(x))]"
)

REMEDIES = {
    "busday_count": TIMES,
    "busday_offset": TIMES,
    "datetime_as_string": TIMES,
    "einsum_path": "write np.einsum(..., optimize=True), which finds the order itself",
    "emath.logn": "write np.emath.log(x) / np.emath.log(n)",
    "emath.power": "write np.power of an array of the dtype that the result needs",
    "histogram2d": "write np.bincount of the numbers of the bins, as np.digitize gives them along each axis",
    "histogramdd": "write np.bincount of the numbers of the bins, as np.digitize gives them along each axis",
    "is_busday": TIMES,
    "may_share_memory": MEMORY,
    "packbits": BITS,
    "place": "write x[mask] = values",
    "putmask": "write x[mask] = values[mask]",
    "shares_memory": MEMORY,
    "unpackbits": BITS,
}
"""What to write in place of each, by NumPy's names."""

refuse(REMEDIES)
