"""What a kilometre costs and how far goods go in a day, by mode, where a link states neither.

They stand in the ledger with ranges (figures ``rate.MODE.usd_t_km``, ``rate.MODE.km_day``, for gas
``rate.gas-pipeline.*``, for wagons ``rate.rail-wagon.*``); a test compares the two. A value that rests on one is marked
``rate`` in the network's ``cost_basis`` and ``days_basis``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Rate(NamedTuple):
    """Price in USD a tonne-kilometre (gas: a thousand m3-kilometre) and speed in km a day."""

    usd_t_km: float
    km_day: float


RATES: dict[str, Rate] = {
    "pipeline": Rate(0.0137, 100.0),
    "rail": Rate(0.0214, 743.0),
    "road": Rate(0.0945, 562.0),
    "sea": Rate(0.0031, 613.0),
    "inland_water": Rate(0.0080, 240.0),
    "transfer": Rate(0.0214, 100.0),
}
GAS_PIPELINE = Rate(0.025, 500.0)
#: Wagons of oil, products and bulk pay the price of single shipments, not that of block trains of containers.
RAIL_WAGON = Rate(0.0804, 743.0)


def default_rate(mode: str, commodity: str) -> Rate:
    """The rate of a mode for a commodity: gas in a pipeline and goods in single wagons have their own.

    >>> default_rate("rail", "container").usd_t_km, default_rate("rail", "crude").usd_t_km
    (0.0214, 0.0804)
    """
    if mode == "pipeline" and commodity == "gas":
        return GAS_PIPELINE
    if mode == "rail" and commodity != "container":
        return RAIL_WAGON
    return RATES[mode]


def main_commodity(commodities: Collection[str]) -> str:
    """The commodity whose rate a link shows where it carries several: containers before the rest.

    >>> main_commodity({"crude", "container"})
    'container'
    """
    return "container" if "container" in commodities else min(commodities)
