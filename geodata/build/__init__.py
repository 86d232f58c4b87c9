"""Builds the stored geometry from installed packages; run ``python -m geodata.build``."""
