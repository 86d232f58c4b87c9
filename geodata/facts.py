"""Places and links as small tuples: what the answers walk through, where a DataFrame would be slow."""

from __future__ import annotations

from typing import NamedTuple

from shapely.geometry import LineString

from .rates import default_rate


class PlaceFacts(NamedTuple):
    """A place in one year. ``capacity`` is NaN where it bounds nothing; fee and time are 0 where none is stated.

    ``availability`` is the share of time that it works, NaN where none is stated.
    """

    place_id: str
    name: str
    country: str
    kind: str
    capacity: float
    counts_gas: bool
    dwell_days: float
    transfer_usd_t: float
    availability: float


class LinkFacts(NamedTuple):
    """A link in one year, in the units of ``Network.links``. ``gauge_mm`` is 0 where none is stated.

    ``cost_basis`` and ``days_basis`` are ``stated``, or ``rate`` where the mode's default rate stands in;
    ``availability`` is the share of time that the link works, NaN where none is stated.
    """

    link_id: str
    from_place: str
    to_place: str
    mode: str
    commodities: frozenset[str]
    capacity: float
    both_ways: bool
    active: bool
    countries: tuple[str, ...]
    cost_usd_t: float
    days: float
    length_km: float
    gauge_mm: float
    cost_basis: str
    days_basis: str
    availability: float
    line: LineString

    def cost_for(self, commodity: str) -> float:
        """USD a tonne (gas: a thousand m3) for one commodity: as stated, else at its own default rate."""
        return self.cost_usd_t if self.cost_basis == "stated" else self.length_km * default_rate(self.mode, commodity).usd_t_km
