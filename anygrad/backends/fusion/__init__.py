"""Derivatives as CUDA kernels, generated from the rules of the operations.

A rule runs once on :class:`~anygrad.backends.fusion.trace.Trace` objects, which remember what was done with them
instead of computing it. From that record one kernel is written, with CuPy's own code for each elementary function, and
kept.

==================  ==========================================================================
``trace``           what a rule does, as a graph of scalar operations
``routines``        the C++ of one operation on one element, from CuPy
``sources``         a traced rule as C++
``kernels``         compiled and launched: elementwise, summed, and along rows
``derivatives``     which operations of a backward and a forward pass run as one kernel
==================  ==========================================================================

Nothing of it needs a GPU before a kernel is launched.
"""
