"""Answers: where goods can go, how much fits, what it costs, whose land it crosses, what a closure changes."""

import lazy_loader

from geodata.showing import offer

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

# By name alone: what draws is loaded when a result shows itself in a notebook.
offer("routes.maps.shown")
del offer
