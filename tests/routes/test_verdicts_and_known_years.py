"""The claims and the known years: what they are made of, that they move with what they rest on, and that they say what they cannot tell."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import pytest

import routes
from geodata.ledger import ledger_table
from geodata.network import Network
from routes import known_years, verdicts
from routes.known_years import errors_by_year
from routes.ranges import capacity_ranges, variations
from routes.verdicts import HOLDS, NOT, UNTESTED, Measured
from tests.conftest import link, place

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table(packaged: Network) -> pd.DataFrame:
    return routes.claims(packaged)


@pytest.fixture(scope="module")
def known(packaged: Network) -> pd.DataFrame:
    return routes.hindcast(packaged)


def test_every_claim_has_its_document_and_a_verdict(table: pd.DataFrame) -> None:
    assert [claim.split(".")[0] for claim in table["claim"]] == [*map(str, range(1, 12)), "1, by any pipe"]
    rows = ledger_table("claims")
    known = {(row.document, int(row.line)) for row in rows.itertuples()}
    assert set(zip(table["document"], table["line"], strict=True)) <= known
    assert all(verdict in (HOLDS, NOT, UNTESTED) or verdict.startswith("holds if ") for verdict in table["verdict"])
    assert (table["why"].str.len() > 20).all()


def test_the_number_lies_in_its_range(table: pd.DataFrame) -> None:
    assert (table["low"] <= table["network_value"]).all()
    assert (table["network_value"] <= table["high"]).all()
    assert (table["low"] < table["high"]).sum() >= 6


def test_halving_cpc_moves_what_rests_on_it(packaged: Network, table: pd.DataFrame) -> None:
    half = routes.claims(packaged, scenario=routes.Scenario("half", capacity={"cpc": "x0.5"}))
    moved = (half["network_value"] - table["network_value"]).abs() > 1e-6
    assert moved.iloc[[0, 1, 5]].all()
    assert half["network_value"].iloc[0] < table["network_value"].iloc[0]
    assert not moved.iloc[[2, 3, 8, 9]].any()


def test_the_first_claim_counted_again(packaged: Network, table: pd.DataFrame) -> None:
    plan = routes.allocate(packaged, routes.read_case("kazakh-crude-2024"))
    abroad = [way for way in plan.sent if way.flow == "kazakh-crude" and packaged.place_facts[way.destination].country != "KAZ"]
    by_cpc = [way for way in abroad if "pipe-atyrau-cpc-border" in way.links]
    share = 100 * sum(way.amount for way in by_cpc) / sum(way.amount for way in abroad)
    assert table["network_value"].iloc[0] == pytest.approx(share)


def test_on_another_network_nothing_can_be_tested(build: Callable[..., Network]) -> None:
    network = build([place("a"), place("b", lon=61)], [link("ab", "a", "b")])
    found = routes.claims(network)
    assert set(found["verdict"].iloc[[0, 1, 5, 10]]) == {UNTESTED}
    assert set(found["verdict"]) == {UNTESTED}
    assert found["network_value"].isna().all()
    assert routes.hindcast(network).empty


@pytest.mark.parametrize(
    ("said", "values", "verdict"),
    [
        (80.0, [79.0, 60.0, 90.0], HOLDS),
        (80.0, [60.0, 60.0, 82.0], "holds if high"),
        (80.0, [60.0, 50.0, 70.0], NOT),
        (None, [math.nan, math.nan, math.nan], UNTESTED),
    ],
)
def test_verdicts(said: float | None, values: list[float], verdict: str) -> None:
    answers = iter(values)
    claim = verdicts._Claim("x", "c01a", "%", lambda network, scenario: Measured(next(answers), None, "because"))
    tried = [verdicts.Variation(label, None, None) for label in ("", "low", "high")]  # type: ignore[arg-type]
    assert verdicts._judged(claim, said, tried)[3] == verdict


def test_ranges_hold_the_capacity_and_come_from_the_ledger(packaged: Network) -> None:
    ranges = capacity_ranges(packaged)
    capacity = packaged.links.set_index("link_id")["capacity"]
    assert len(ranges) > 100
    assert [name for name, (low, high) in ranges.items() if not low <= capacity[name] <= high] == []


def test_a_scenario_is_not_varied_away(packaged: Network) -> None:
    """A capacity that the scenario sets stays as it says at every end of the ranges."""
    asked = routes.Scenario("set", capacity={"pipe-samara-tikhoretsk": "1 Mt/yr"})
    tried = list(variations(packaged, asked))
    assert len(tried) > 4
    assert {one.scenario.capacity["pipe-samara-tikhoretsk"] for one in tried} == {"1 Mt/yr"}


def test_costs_of_a_network_can_be_changed_for_one_question(packaged: Network) -> None:
    other = packaged.with_costs({"pipe-samara-tikhoretsk": 99.0})
    assert other.link_facts["pipe-samara-tikhoretsk"].cost_usd_t == 99.0
    assert other.link_facts["pipe-samara-tikhoretsk"].cost_basis == "stated"
    assert packaged.link_facts["pipe-samara-tikhoretsk"].cost_usd_t != 99.0
    with pytest.raises(KeyError):
        packaged.with_costs({"no-such-link": 1.0})


def test_every_reported_split_is_forecast(known: pd.DataFrame) -> None:
    crude = known[known["case"].str.startswith("kazakh-crude")]
    assert sorted(crude["year"].unique()) == [2022, 2023, 2024, 2025]
    assert {"cpc", "atyrau-samara", "btc", "china"} <= set(crude["route"])
    assert (known["error"] == known["computed"] - known["reported"]).all()
    assert (known["note"] != "").all()


def test_the_naive_forecast_by_hand(known: pd.DataFrame) -> None:
    """CPC in 2023: its share of 2022 (52.2 of 64.158 Mt) times what 2023 reports in all (69.918 Mt)."""
    row = known[(known["case"] == "kazakh-crude-2023") & (known["route"] == "cpc")].iloc[0]
    total = {year: known[known["case"] == f"kazakh-crude-{year}"]["reported"].sum() for year in (2022, 2023)}
    assert row["naive"] == pytest.approx(52_200 * total[2023] / total[2022])


def test_a_forecast_does_not_see_its_answer(packaged: Network, known: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every reported amount of 2024 changed, what is computed for 2024 stays."""

    def altered(name: str) -> pd.DataFrame:
        table = ledger_table(name)
        if name == "observed":
            table = table.assign(reported=table["reported"].where(table["case_id"] != "kazakh-crude-2024", "1"))
        return table

    monkeypatch.setattr(known_years, "ledger_table", altered)
    again = routes.hindcast(packaged)
    assert again["computed"].tolist() == known["computed"].tolist()
    assert again["error"].tolist() != known["error"].tolist()


def test_without_its_replacements_a_forecast_is_another(packaged: Network, known: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_years, "_inputs", lambda case: routes.Scenario("none"))
    assert routes.hindcast(packaged)["computed"].tolist() != known["computed"].tolist()


def test_errors_add_up_by_year(known: pd.DataFrame) -> None:
    years = errors_by_year(known).set_index("case")
    part = known[known["case"] == "kazakh-crude-2025"]
    assert years.loc["kazakh-crude-2025", "error"] == pytest.approx(part["error"].abs().sum())
    assert set(years["better"]) <= {"network", "naive", ""}
    first = years.loc["china-europe-containers-2021"]
    assert math.isnan(first["naive_error"])
    assert first["better"] == ""
