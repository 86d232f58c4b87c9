"""Answers: where goods can go, how much fits, what it costs, whose land it crosses, what a closure changes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
