"""Scenarios that a network brings along: the rows of its scenarios.csv, read as scenarios."""

from __future__ import annotations

from functools import cache

import geodata
from geodata.network import Network

from .errors import unknown
from .scenarios import Scenario

CHANGED = ("capacity", "supply", "demand", "floor")


def read_scenario(name: str, network: Network | None = None) -> Scenario:
    """The scenario with this id, from the packaged network or from the ``scenarios.csv`` of ``network``.

    Its amounts are texts with their units (``"1.5 Mt/yr"``, ``"x0.83"``); its note joins the notes of its rows. The
    statement behind each row stands in ``Network.scenarios`` (``figure_id``, ``source``).
    Raises UnknownIdError, with the nearest ids, where there is no such scenario.

    >>> stopped = read_scenario("cpc-stopped")
    >>> stopped.name, stopped.close
    ('CPC stopped', ('cpc',))
    """
    source = _packaged() if network is None else network
    table = source.scenarios
    rows = table[table["scenario_id"] == name]
    if rows.empty:
        raise unknown("scenario", str(name), scenario_names(source), "routes.scenario_names()")
    changes: dict[str, dict[str, str]] = {action: {} for action in ("close", "open", "year", *CHANGED)}
    for action, target, value in zip(rows["action"], rows["target"], rows["value"], strict=True):
        changes[action][target] = value
    called = [text for text in rows["name"] if text]
    return Scenario(
        called[0] if called else name,
        close=tuple(changes["close"]),
        open=tuple(changes["open"]),
        year=next((int(float(year)) for year in changes["year"].values()), None),
        # In the order in which scenarios add up their notes, so that one added to itself is itself.
        note="; ".join(sorted({text for text in rows["note"] if text})),
        **{action: changes[action] for action in CHANGED},
    )


def scenario_names(network: Network | None = None) -> tuple[str, ...]:
    """The ids that ``read_scenario`` takes, in alphabetical order; none for a network without ``scenarios.csv``.

    >>> "cpc-stopped" in scenario_names()
    True
    """
    source = _packaged() if network is None else network
    return tuple(sorted(set(source.scenarios["scenario_id"])))


@cache
def _packaged() -> Network:
    """Read once: a network never changes."""
    return geodata.read_network()
