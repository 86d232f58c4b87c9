"""What was reported by route, and the inputs of a forecast that may not know it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import networkx as nx
import pandas as pd
import pytest

from geodata import ledger
from geodata.network import Network
from geodata.units import UNITS, to_kt_yr

YEARS = range(2022, 2026)
CASES = [f"{name}-{year}" for name in ("kazakh-crude", "china-europe-containers") for year in YEARS]
#: Places where the Kazakh crude of a case leaves for good; its other demands are home use.
ABROAD = {"augusta-port", "dushanzi-refinery", "fergana-refinery", "rotterdam-port", "schwedt-refinery"}
KINDS = {"capacity", "supply", "demand", "floor"}

Statements = Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, str]]:
    return {row["figure_id"]: row for row in ledger.ledger_table("figures").to_dict("records")}


@pytest.fixture(scope="module")
def reported() -> pd.DataFrame:
    return ledger.ledger_table("observed").assign(year=lambda rows: rows["year"].astype(int))


@pytest.fixture(scope="module")
def inputs() -> pd.DataFrame:
    return ledger.ledger_table("hindcast_inputs")


@pytest.fixture(scope="module")
def kept() -> set[tuple[str, str]]:
    return set(ledger.ledger_table("hindcast_kept")[["figure_id", "leans_on"]].itertuples(index=False, name=None))


def goods(case: str) -> tuple[str]:
    return ("container",) if "containers" in case else ("crude",)


def kt_yr(value: str, unit: str, case: str) -> float:
    """In kt a year; a figure may say Mt or kt of one year."""
    return to_kt_yr(float(value), unit if unit in UNITS else f"{unit}/yr", goods(case))


def leaves(*links: str) -> set[str]:
    return {name for cell in links for name in cell.split(";")}


# What was reported -------------------------------------------------------------------------------------------------


def test_reported_rows_name_what_exists(packaged: Network, reported: pd.DataFrame, figures: Statements) -> None:
    flows = packaged.cases.groupby("case_id")["flow"].agg(set)
    assert not reported.duplicated(["case_id", "route"]).any()
    for row in reported.itertuples():
        assert row.case_id.endswith(f"-{row.year}")
        # The crude of 2021 has no case: it serves the naive forecast of 2022 alone.
        if row.case_id != "kazakh-crude-2021":
            assert row.flow in flows[row.case_id], row
        assert leaves(row.links) <= set(packaged.link_facts), row
        assert row.figure_id in figures, row
    assert set(CASES) <= set(reported["case_id"])


def test_what_is_reported_is_the_number_of_its_figure(reported: pd.DataFrame, figures: Statements) -> None:
    wrong = [
        (row.case_id, row.route)
        for row in reported.itertuples()
        for said in [figures[row.figure_id]]
        if not math.isclose(kt_yr(row.reported, row.unit, row.case_id), kt_yr(said["value"], said["unit"], row.case_id))
        or row.year not in years(said["period"])
    ]
    assert wrong == []


def test_the_routes_of_a_year_are_a_split(packaged: Network, reported: pd.DataFrame, figures: Statements) -> None:
    """No two routes share a link, and together they are the published total within a tenth."""
    for case, rows in reported.groupby("case_id"):
        cuts = [leaves(cell) for cell in rows["links"]]
        assert sum(map(len, cuts)) == len(set().union(*cuts)), case
        amount = sum(kt_yr(row.reported, row.unit, case) for row in rows.itertuples())
        if goods(case) == ("crude",):
            said = figures[f"kazakhstan-oil.exports.{case[-4:]}"]
            total = kt_yr(said["value"], said["unit"], case)
        else:
            asked = packaged.cases[(packaged.cases["case_id"] == case) & (packaged.cases["role"] == "demand")]
            total = sum(kt_yr(row.amount, row.unit, case) for row in asked[asked["flow"].isin(rows["flow"])].itertuples())
        assert abs(amount / total - 1) < 0.1, (case, amount, total)


@pytest.mark.parametrize("year", YEARS)
def test_no_pipe_or_ship_leads_abroad_past_the_counted_links(packaged: Network, reported: pd.DataFrame, year: int) -> None:
    """With them taken away no oil gets out, and none that passed one of them can pass another."""
    case = f"kazakh-crude-{year}"
    counted = leaves(*reported.loc[reported["case_id"] == case, "links"])
    network = packaged.at(year)
    active = set(network.links.loc[network.links["active"], "link_id"])
    ways = nx.DiGraph()
    for link in network.link_facts.values():
        if link.link_id in active - counted and "crude" in link.commodities and link.mode != "rail":
            ways.add_edge(link.from_place, link.to_place)
            if link.both_ways:
                ways.add_edge(link.to_place, link.from_place)
    rows = packaged.cases[(packaged.cases["case_id"] == case) & (packaged.cases["flow"] == "kazakh-crude")]
    sources = set(rows.loc[rows["role"] == "supply", "place_id"]) & set(ways)
    sinks = set(rows.loc[rows["role"] == "demand", "place_id"]) & ABROAD & set(ways)
    assert len(sources) > 5
    assert [(a, b) for a in sources for b in sinks if nx.has_path(ways, a, b)] == []
    pipes = [network.link_facts[name] for name in counted & active if network.link_facts[name].mode != "rail"]
    again = [
        (a.link_id, b.link_id)
        for a in pipes
        for b in pipes
        if a.to_place in ways and b.from_place in ways and nx.has_path(ways, a.to_place, b.from_place)
    ]
    assert again == []


# What a forecast may know ------------------------------------------------------------------------------------------


def years(period: str) -> set[int]:
    """The years that a period speaks of, those inside a span too."""
    found = {int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", period)}
    for first, last in re.findall(r"((?:19|20)\d\d)(?:-|\.\.)((?:19|20)\d\d)", period):
        found |= set(range(int(first), int(last) + 1))
    return found


def is_observed(said: Mapping[str, str]) -> bool:
    """A flow that was seen, not one that was planned, foreseen or aimed at."""
    return said["attribute"].startswith(("throughput", "inflow")) and not re.search("plan|forecast|target", said["attribute"])


def leans_on(figure: str, figures: Statements, kept: set[tuple[str, str]]) -> set[str]:
    """The figure and all that it is worked out from, by the ids in the notes, less what is kept for a reason."""
    found, ahead = set(), [figure]
    while ahead:
        here = ahead.pop()
        if here in found:
            continue
        found.add(here)
        if figures[here]["kind"] in ("derived", "assumption"):
            words = re.findall(r"[a-z0-9][a-z0-9.\-]*[a-z0-9]", figures[here]["note"].lower())
            ahead += [word for word in words if word in figures and (here, word) not in kept]
    return found


def circular(rows: pd.DataFrame, figures: Statements, kept: set[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Case, target and figure of what leans on a flow that was observed in the tested year itself."""
    return [
        (row.case_id, row.target, name)
        for row in rows.itertuples()
        for name in sorted(leans_on(row.figure_id, figures, kept))
        if is_observed(figures[name]) and int(row.case_id[-4:]) in years(figures[name]["period"])
    ]


def test_inputs_name_what_exists(packaged: Network, inputs: pd.DataFrame, figures: Statements) -> None:
    assert not inputs.duplicated(["case_id", "target", "kind"]).any()
    assert set(inputs["kind"]) <= KINDS
    case_rows = set(
        packaged.cases["case_id"] + "|" + packaged.cases["role"] + "|" + packaged.cases["flow"] + ":" + packaged.cases["place_id"]
    )
    for row in inputs.itertuples():
        assert row.case_id in set(packaged.cases["case_id"]), row
        assert row.figure_id in figures, row
        assert row.reason, row
        assert row.unit in UNITS, row
        if row.kind == "capacity":
            assert row.target in {*packaged.link_facts, *packaged.place_facts, *packaged.corridor_links}, row
        elif float(row.value):
            assert f"{row.case_id}|{row.kind}|{row.target}" in case_rows, row


def test_an_input_is_the_number_of_its_figure_or_nothing(inputs: pd.DataFrame, figures: Statements) -> None:
    wrong = [
        (row.case_id, row.target)
        for row in inputs.itertuples()
        for said in [figures[row.figure_id]]
        if float(row.value) and not math.isclose(kt_yr(row.value, row.unit, row.case_id), kt_yr(said["value"], said["unit"], row.case_id))
    ]
    assert wrong == []


@pytest.mark.parametrize("case", CASES)
def test_supply_and_demand_stay_in_balance(packaged: Network, inputs: pd.DataFrame, case: str) -> None:
    new = inputs[inputs["case_id"] == case].set_index(["kind", "target"])
    sums: dict[tuple[str, str], float] = {}
    for row in packaged.cases[packaged.cases["case_id"] == case].itertuples():
        key = (row.role, f"{row.flow}:{row.place_id}")
        value, unit = new.loc[key, ["value", "unit"]] if key in new.index else (row.amount, row.unit)
        sums[row.flow, row.role] = sums.get((row.flow, row.role), 0.0) + kt_yr(value, unit, case)
    for flow in {name for name, _ in sums}:
        assert sums[flow, "supply"] == pytest.approx(sums[flow, "demand"], rel=2e-3), flow


def test_no_replacement_leans_on_the_flow_it_is_to_forecast(inputs: pd.DataFrame, figures: Statements, kept: set[tuple[str, str]]) -> None:
    assert circular(inputs, figures, kept) == []


@pytest.mark.parametrize(
    "figure", ["cpc.throughput-kz-crude.2023", "assume.cpc-kazakh-section.capacity-2023", "derived.tengiz.supply.2023"]
)
def test_a_replacement_that_does_is_found(inputs: pd.DataFrame, figures: Statements, kept: set[tuple[str, str]], figure: str) -> None:
    """Named outright, by an assumption, or by a sum; a year later the same figure is fair."""
    row = inputs[inputs["target"] == "pipe-atyrau-cpc-border"].iloc[[0]]
    assert circular(row.assign(case_id="kazakh-crude-2023", figure_id=figure), figures, kept) != []
    assert circular(row.assign(case_id="kazakh-crude-2024", figure_id=figure), figures, kept) == []


def stored(network: Network, case: str) -> pd.DataFrame:
    """Every number that a case meets: its own rows, and capacity and cost of the ways it may take."""
    network = network.at(int(case[-4:]))
    links = network.links[network.links["active"] & network.links["commodities"].map(lambda cell: goods(case)[0] in cell)]
    if goods(case) == ("crude",):
        links = links[links["mode"].isin(["pipeline", "sea", "transfer"])]
    else:
        ways = {name for corridor in ("northern", "titr", "titr-btk", "khorgos") for name in network.corridor_links[corridor]}
        links = links[links["link_id"].isin(ways | {"sea-kuryk-alat"})]
    places = network.places[network.places["place_id"].isin({*links["from_place"], *links["to_place"]})]
    own = network.cases[network.cases["case_id"] == case]
    parts = [
        (own["flow"] + ":" + own["place_id"], own["role"], own["figure_id"]),
        (links["link_id"], "capacity", links["capacity_figure"]),
        (links["link_id"], "cost", links["cost_figure"]),
        (places["place_id"], "capacity", places["capacity_figure"]),
        (places["place_id"], "cost", places["transfer_figure"]),
    ]
    rows = pd.concat([pd.DataFrame({"case_id": case, "target": name, "kind": kind, "figure_id": said}) for name, kind, said in parts])
    return rows[rows["figure_id"] != ""]


@pytest.mark.parametrize("case", CASES)
def test_nothing_else_that_a_forecast_meets_leans_on_it(
    packaged: Network, inputs: pd.DataFrame, figures: Statements, kept: set[tuple[str, str]], case: str
) -> None:
    rows = stored(packaged, case)
    assert len(rows) > 40
    replaced = set(inputs.loc[inputs["case_id"] == case, ["target", "kind"]].itertuples(index=False, name=None))
    is_replaced = [key in replaced for key in rows[["target", "kind"]].itertuples(index=False, name=None)]
    assert circular(rows[[not done for done in is_replaced]], figures, kept) == []


def test_without_the_replacements_the_forecast_would_know_its_answer(
    packaged: Network, figures: Statements, kept: set[tuple[str, str]]
) -> None:
    known = {target for case in CASES for _, target, _ in circular(stored(packaged, case), figures, kept)}
    assert {"kazakh-crude:dushanzi-refinery", "kazakh-crude:schwedt-refinery", "kazakh-crude:fergana-refinery"} <= known
    assert {"pipe-atyrau-cpc-border", "sea-tanker-aktau-makhachkala", "russian-crude-cpc:komsomolskaya-ps"} <= known


def test_what_is_kept_is_there_and_says_why(figures: Statements) -> None:
    for row in ledger.ledger_table("hindcast_kept").itertuples():
        assert row.reason
        assert row.leans_on in figures[row.figure_id]["note"], row
