"""Forecasts of years that are known: what the network would have said of each route, beside what was reported.

Every number that leans on the flow to be predicted is replaced by one known otherwise (``seeds/hindcast_inputs.csv``,
each with its figure and reason), among them the limits on how fast oil and boxes moved to a way with room: contracts,
quotas, plans and lost moorings. The naive forecast is the split of the year before, scaled to the year's total.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from geodata.ledger import ledger_table
from geodata.network import Network
from geodata.units import to_kt_yr

from .allocation import Allocation, allocate
from .cases import read_case
from .scenarios import Scenario

COLUMNS = ("case", "year", "route", "reported", "computed", "error", "naive", "naive_error", "note")
#: A route whose amount is set by the inputs, and why: its row tells nothing of how well the network forecasts.
GIVEN = {
    "china": "given: what the refinery asks for is the year before",
    "germany": "given: what the refinery asks for is the agreement or plan",
    "rail": "given: the year before",
    "btc": "bounded by the contract: a test of the contract, not of the choice",
    "makhachkala": "bounded by what Aktau loaded in 2021: a test of that bound, not of the choice",
    "northern": "the remainder of a given total: right where titr is",
}
#: Where the forecast is wrong and why, said of a route that is chosen freely.
WRONG = {
    "cpc": "loses what atyrau-samara gains: the Russian pipes publish no tariff, and the default rate lies below CPC's 38 USD/t",
    "atyrau-samara": "fills to its ramp: the default rate of the Russian pipes lies below CPC's tariff, and risk has no price here",
    "titr": "nothing: the way is dearer and slower, and the wish to keep clear of Russia has no price in the network",
}


def hindcast(network: Network) -> pd.DataFrame:
    """Reported against computed amounts by route, for every year with a reported split; kt a year.

    Columns: ``case``, ``year``, ``route``, ``reported``, ``computed``, ``error`` (computed - reported), ``naive`` and
    ``naive_error`` (NaN in the first year), ``note`` (what is given rather than forecast, or why the forecast is wrong).
    Empty for a network without the cases that amounts are reported for.

    >>> import geodata
    >>> table = hindcast(geodata.read_network())
    >>> sorted(table["year"].unique().tolist())
    [2021, 2022, 2023, 2024, 2025]
    """
    observed = ledger_table("observed")
    known = set(network.cases["case_id"])
    reported = {
        (str(case), str(route)): to_kt_yr(float(value), str(unit))
        for case, route, value, unit in zip(observed["case_id"], observed["route"], observed["reported"], observed["unit"], strict=True)
    }
    rows = []
    plans: dict[str, Allocation] = {}
    for row in observed.itertuples():
        case, year, route = str(row.case_id), int(str(row.year)), str(row.route)
        if case not in known:
            continue
        if case not in plans:
            plans[case] = allocate(network, read_case(case, network), scenario=_inputs(case))
        amount = reported[case, route]
        computed = plans[case].amount_by(str(row.links).split(";"), str(row.flow))
        naive = _naive(reported, case, route)
        note = GIVEN.get(route) or WRONG.get(route, "")
        rows.append((case, year, route, amount, computed, computed - amount, naive, naive - amount, note))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _inputs(case: str) -> Scenario:
    """The replacements of a case as a scenario."""
    table = ledger_table("hindcast_inputs")
    changes: dict[str, dict[str, str]] = {kind: {} for kind in ("capacity", "supply", "demand", "floor")}
    rows = table[table["case_id"] == case]
    for target, kind, value, unit in zip(rows["target"], rows["kind"], rows["value"], rows["unit"], strict=True):
        changes[str(kind)][str(target)] = f"{value} {unit}"
    return Scenario("known otherwise", **changes)  # type: ignore[arg-type]


def _naive(reported: Mapping[tuple[str, str], float], case: str, route: str) -> float:
    """The split of the year before, scaled to this year's total; NaN where that year has none."""
    before = f"{case[:-4]}{int(case[-4:]) - 1}"
    now, then = (sum(amount for (name, _), amount in reported.items() if name == which) for which in (case, before))
    return reported.get((before, route), 0.0) * now / then if then > 0 else math.nan


def errors_by_year(table: pd.DataFrame) -> pd.DataFrame:
    """Sums of absolute errors over the routes of each case of a `hindcast`, kt a year.

    Columns: ``case``, ``year``, ``reported``, ``error``, ``naive_error`` (NaN where there is no year before) and
    ``better``: ``network`` or ``naive``, empty where they cannot be compared.
    """
    rows = []
    for (case, year), part in table.groupby(["case", "year"], sort=True):
        error, naive = float(part["error"].abs().sum()), float(part["naive_error"].abs().sum(skipna=False))
        better = "" if math.isnan(naive) else "network" if error < naive else "naive"
        rows.append((case, year, float(part["reported"].sum()), error, naive, better))
    return pd.DataFrame(rows, columns=["case", "year", "reported", "error", "naive_error", "better"])
