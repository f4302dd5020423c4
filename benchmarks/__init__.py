"""What anygrad costs, on every array library of the machine and beside its peers: ``python -m benchmarks --help``.

A case states its formula once, over a namespace ``xp``; contestants differ in how they differentiate it. All of them
must agree on the numbers before any is timed, and they are timed in turn, in one process, so that what counts are
ratios within one round. A case of your own is a file with a function for the data and one for the formula::

    from benchmarks import case


    def data(rng, n):
        return rng.normal(size=n), rng.normal(size=n)


    @case("softplus", data, axes=("elements",), sizes=[(1_000,), (100_000,)])
    def softplus(xp, x, w):
        '''The softplus function of a product.'''
        return xp.sum(xp.log(1.0 + xp.exp(x * w)))

and is run with ``python -m benchmarks --file my_case.py``. ``docs/benchmarks.md`` says more.
"""

from benchmarks.case import Case, case

__all__ = ["Case", "case"]
