"""Capacities and amounts in one unit: thousand tonnes a year, for gas million cubic metres a year.

Every constant names the figure of the ledger (``seeds/figures.csv``) it stands on; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from .schema import UNLIMITED, number

DAYS_A_YEAR = 365
#: figure conv.barrels_per_tonne.generic
BARRELS_PER_TONNE = 7.33
#: figure conv.t_per_teu
TONNES_PER_TEU = 14.0
#: figure conv.t_per_train.container (trains that carry containers alone)
TONNES_PER_CONTAINER_TRAIN = 1400.0
#: figure conv.t_per_train.bulk (every other train)
TONNES_PER_BULK_TRAIN = 3014.0

GAS_UNITS = {"mcm/yr": 1.0, "bcm/yr": 1000.0}
MASS_UNITS = ("kt/yr", "Mt/yr", "kb/d", "Mb/d", "TEU/yr", "trains/d")
UNITS = (*MASS_UNITS, *GAS_UNITS)


def to_kt_yr(value: float, unit: str, commodities: Collection[str] = ()) -> float:
    """A capacity in kt a year (gas units: in million m3 a year).

    ``commodities`` matters for ``trains/d`` alone: a line for containers only has lighter trains.
    Raises ValueError for a unit that is not in ``UNITS``.

    >>> to_kt_yr(72.5, "Mt/yr")
    72500.0
    >>> round(to_kt_yr(1.2, "Mb/d"))
    59754
    >>> to_kt_yr(10, "bcm/yr")
    10000.0
    """
    if unit in GAS_UNITS:
        return value * GAS_UNITS[unit]
    container_only = set(commodities) == {"container"}
    factors = {
        "kt/yr": 1.0,
        "Mt/yr": 1000.0,
        "kb/d": DAYS_A_YEAR / BARRELS_PER_TONNE,
        "Mb/d": 1000.0 * DAYS_A_YEAR / BARRELS_PER_TONNE,
        "TEU/yr": TONNES_PER_TEU / 1000.0,
        "trains/d": DAYS_A_YEAR * (TONNES_PER_CONTAINER_TRAIN if container_only else TONNES_PER_BULK_TRAIN) / 1000.0,
    }
    if unit not in factors:
        raise ValueError(f"unknown unit {unit!r}; valid: {', '.join(UNITS)}")
    return value * factors[unit]


def fits(unit: str, commodities: Collection[str]) -> bool:
    """Whether a unit counts these goods: gas is counted in m3, everything else is not; an unknown unit is no misfit.

    >>> fits("bcm/yr", ["gas"]), fits("bcm/yr", ["crude"]), fits("Mt/yr", ["crude", "bulk"])
    (True, False, True)
    """
    return unit not in UNITS or ("gas" in commodities) == (unit in GAS_UNITS)


def parse_amount(text: str, commodities: Collection[str] = ()) -> float:
    """An amount such as ``"1.5 Mt/yr"`` in kt a year (gas: million m3 a year); ``unlimited`` is infinite.

    Raises ValueError where the number or the unit is not understood or does not fit the commodities, or the number is
    negative or not finite.

    >>> parse_amount("1.5 Mt/yr")
    1500.0
    """
    if text.strip() == UNLIMITED:
        return math.inf
    digits, _, unit = (part.strip() for part in text.strip().partition(" "))
    value = number(digits)
    if value is None or value < 0:
        raise ValueError(f"{text!r} is not an amount of zero or more with a unit, such as '1.5 Mt/yr'")
    if commodities and not fits(unit, commodities):
        raise ValueError(
            f"{text!r} does not fit {', '.join(sorted(commodities))}: gas is counted in {' or '.join(GAS_UNITS)}, the rest is not"
        )
    return to_kt_yr(value, unit, commodities)


def teu_from_kt(kt: float) -> float:
    """Containers (TEU) that hold so many thousand tonnes, at the ledger's load per TEU.

    >>> round(teu_from_kt(1400))
    100000
    """
    return kt * 1000.0 / TONNES_PER_TEU
