"""Orbits over a phase: element sets, ephemerides, altitude tables, and their sampling.

Everything ends as altitude above 6378 km, inclination and right ascension of the node
at instants, which is all that flux models for circular orbits can use.
"""
