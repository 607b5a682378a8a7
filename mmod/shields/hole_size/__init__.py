"""Sizes of holes and craters, one module a surface: windows, tiles, carbon panels.

Each relation takes the particle and the impact (SI) and gives a diameter. None says
whether the shield fails: ask its ballistic limit first.
"""
