"""Limits that differ in their rear wall alone, one module a family of equations."""
