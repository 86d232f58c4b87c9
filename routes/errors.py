"""What can be wrong with a question."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


class UnknownIdError(LookupError, ValueError):
    """An id that the network does not have; the message names it and what would be valid."""


class Shortage(NamedTuple):
    """What a contract lacks: of which flow, by which link, place or corridor, in kt a year (gas: mcm)."""

    flow: str
    id: str
    lacking: float
    promised: float


class InfeasibleError(ValueError):
    """A contract (a floor of a case) that cannot be kept; the message names it and what is missing, and so does ``missing``."""

    def __init__(self, message: str, missing: Iterable[Shortage] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


def unknown(what: str, name: str, known: Iterable[str], where: str) -> UnknownIdError:
    """The error for an id that is not known, with those that look most like it, or else where to look."""
    near = difflib.get_close_matches(str(name), list(known), n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else f" (see {where})"
    return UnknownIdError(f"{name!r} is no {what} of this network{hint}")
