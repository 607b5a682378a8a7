"""Ballistic limit equations, one module a family.

Each module has, for every equation, a function ``name(speed, obliquity, density, *,
...)`` that takes and gives SI arrays, and ``name_limit(...)`` that returns the same
equation with the shield put in: critical diameter, validity and kinks. Shields call
them by name through `mmod.shields.equations`.
"""
