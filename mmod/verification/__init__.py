"""Cases that a user can run to check the engine against measurements.

`mmod.verification.shots` reads tables of hypervelocity shots, `score` compares
ballistic limit equations with them. The tables are not part of this package.
"""
