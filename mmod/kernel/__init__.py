"""Compiled kernels: floats, ints and contiguous arrays in SI, nothing else.

Nothing is imported here, so that importing the package neither loads Numba nor
compiles.
"""
