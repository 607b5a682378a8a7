"""Sizes of holes and craters, one module a relation, and the choice for a shield.

`choice` picks a model for a shield card; `model` says what a model is. The other
modules are the relations: `thin_plate` (skins and bumpers, and walls that are just
perforated), `rear_wall` (walls behind something else), `crater` (thick aluminium),
`window`, `rcc` and `tile`.

A relation alone does not say whether the shield fails: a model takes the critical
diameter of the shield as well and never gives a hole below it.
"""
