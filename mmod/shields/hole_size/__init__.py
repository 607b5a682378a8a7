"""Sizes of holes in shields: no relation is shipped yet."""
