"""What is read off plans: exposure, the N-1 indicator, scenarios side by side, and years in a row."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import routes
from geodata.network import Network
from routes import Case, Flow, Scenario
from tests.conftest import link, place
from tests.routes.random_networks import toy


def way(name: str, start: str, end: str, capacity: object, cost: float = 1, **more: object) -> dict[str, object]:
    return link(name, start, end, capacity, **({"both_ways": "false", "cost_usd_t": cost, "days": 1, "length_km": 100} | more))


def two_ways() -> Network:
    """From a to d by RUS (6 at 2) and by CHN (9 at 4); on to e in TKM for the second market, by either."""
    places = [place("a"), place("b", "RUS"), place("c", "CHN"), place("d", "UZB"), place("e", "TKM")]
    links = [way("ab", "a", "b", 6), way("bd", "b", "d", 9), way("ac", "a", "c", 9, 2), way("cd", "c", "d", 9, 2), way("de", "d", "e", 20)]
    corridors = [
        {"corridor_id": "north", "name": "North", "members": "ab;bd;de"},
        {"corridor_id": "east", "name": "East", "members": "ac;cd;de"},
    ]
    return toy(places, links, corridors=corridors)


def crude(supply: dict[str, float], demand: dict[str, float], floor: dict[str, float] | None = None, name: str = "f") -> Flow:
    return Flow(name, "crude", supply, demand, floor or {})


def asked(*flows: Flow) -> Case:
    return Case("toy", 2024, flows or (crude({"a": 20}, {"d": 4, "e": 6}),))


def test_exposure_by_hand() -> None:
    """10 are delivered: 6 by RUS and 4 by CHN; without RUS 9 still come, without CHN 6, without a, d or e what they hold."""
    network = two_ways()
    found = routes.exposure(network, routes.allocate(network, asked())).set_index(["kind", "id"])
    country = found.loc["country"]
    assert country["amount"].to_dict() == {"KAZ": 10, "UZB": 10, "RUS": 6, "TKM": 6, "CHN": 4}
    assert country["share"].to_dict() == {"KAZ": 1, "UZB": 1, "RUS": 0.6, "TKM": 0.6, "CHN": 0.4}
    assert country["lost"].to_dict() == pytest.approx({"KAZ": 10, "UZB": 10, "RUS": 1, "TKM": 6, "CHN": 4})
    scaled = np.array([1, 1, 0.6, 0.6, 0.4]) / 3.6
    assert country["hhi"].tolist() == pytest.approx([float((scaled**2).sum())] * 5)
    assert found.loc["place", "amount"].to_dict() == {"b": 6, "c": 4, "d": 6}, "not where it starts or ends"
    assert found.loc["link", "amount"].to_dict() == {"ab": 6, "bd": 6, "de": 6, "ac": 4, "cd": 4}
    assert found.loc["link", "lost"].isna().all()


def test_exposure_changes_supplies_once_and_frees_contracts() -> None:
    network = two_ways()
    halved = Scenario("half", supply={"a": "x0.5"})
    plan = routes.allocate(network, asked(crude({"a": 12}, {"d": 10})), scenario=halved)
    assert plan.delivered == 6
    lost = routes.exposure(network, plan).set_index("id")["lost"]
    assert lost["RUS"] == pytest.approx(0), "the other way takes all 6, not a quarter of 12 less"
    bound = routes.allocate(network, asked(crude({"a": 9}, {"d": 9}, {"bd": 2})))
    lost = routes.exposure(network, bound).set_index("id")["lost"]
    assert lost["RUS"] == 0, "9 come by CHN; the contract by RUS then binds nobody"
    none = routes.exposure(network, routes.allocate(network, asked(crude({"a": 0}, {"d": 9}))))
    assert none.empty
    assert list(none.columns) == ["flow", "kind", "id", "amount", "share", "hhi", "lost"]


def test_n_minus_one_by_hand() -> None:
    """Into UZB lead bd (9), cd (9); and de both ways (20) from TKM. (38 + 5 + 1 + 2 - 20) / 40."""
    network = toy(
        [place("a"), place("b", "RUS"), place("d", "UZB"), place("d2", "UZB"), place("e", "TKM")],
        [way("bd", "b", "d", 9), way("ad", "a", "d", 9), link("de", "d", "e", 20), way("out", "d", "a", 50), way("in", "d", "d2", 70)],
    )
    found = routes.n_minus_one(network, "UZB", "crude", demand=40, production=5, storage=1, lng=2)
    assert found.entries.to_numpy().tolist() == [["de", "e", "d", 20.0], ["ad", "a", "d", 9.0], ["bd", "b", "d", 9.0]]
    assert (found.percent, found.largest, found.reason) == (pytest.approx(100 * 26 / 40), "de", "")
    assert routes.n_minus_one(network, ["UZB", "TKM"], "crude", demand=40).percent == pytest.approx(100 * 9 / 40)
    shut = routes.n_minus_one(network, "UZB", "crude", demand=40, scenario=Scenario("x", close=["de"], capacity={"bd": "12 kt/yr"}))
    assert (shut.percent, shut.largest) == (pytest.approx(100 * 9 / 40), "bd")
    assert routes.n_minus_one(network, "RUS", "crude", demand=4, production=1).percent == 25
    for wrong in ({"demand": 0}, {"demand": 1, "storage": -1}, {"demand": math.nan}):
        with pytest.raises(ValueError, match="above zero"):
            routes.n_minus_one(network, "UZB", "crude", **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no place of this network lies there"):
        routes.n_minus_one(network, "FRA", "crude", demand=1)


def test_open_sea_in_n_minus_one() -> None:
    sea = {"mode": "sea", "both_ways": "false"}
    places = [place("a"), place("d", "UZB")]
    once = [link("s1", "a", "d", "unlimited", **sea), way("x", "a", "d", 5)]
    assert routes.n_minus_one(toy(places, once), "UZB", "crude", demand=10).percent == 50
    twice = routes.n_minus_one(toy(places, [*once, link("s2", "a", "d", "unlimited", **sea)]), "UZB", "crude", demand=10)
    assert (twice.percent, twice.largest) == (math.inf, "s1")
    assert "s2" in twice.reason


def test_compare_by_hand() -> None:
    """Base: 6 at 2 and 4 at 4, 6 tonnes at 1 on to e. Without RUS 9 at 4; with half the supply 6 at 2 and 4 at 4 still."""
    network, case = two_ways(), asked()
    shut, half, more = (
        Scenario("shut", close=["country:RUS"]),
        Scenario("half", supply={"a": "x0.5"}),
        Scenario("more", demand={"d": "9 kt/yr"}),
    )
    found = routes.compare(network, case, [Scenario("base"), shut, half, more])
    table = found.table.set_index("scenario")
    assert table["delivered"].to_dict() == {"base": 10, "shut": 9, "half": 10, "more": 15}
    assert table["cost_usd"].to_dict() == pytest.approx({"base": 34_000, "shut": 41_000, "half": 34_000, "more": 54_000})
    for column in ("delivered", "unmet", "cost_usd", "cost_usd_t", "days"):
        assert table[f"{column}_change"].tolist() == pytest.approx((table[column] - table.loc["base", column]).tolist())
    assert table.loc["base", "binds"] == ("ab",)
    assert table.loc["base", "cost_usd_t"] == pytest.approx(3.4)
    for name, plan in found.plans.items():
        for frame in (found.by_market, found.by_flow):
            rows = frame[frame["scenario"] == name]
            assert rows["amount" if "amount" in rows else "delivered"].sum() == pytest.approx(plan.delivered)
    north = found.by_corridor.set_index(["corridor", "scenario"])
    assert north.loc["north", "amount"].to_dict() == {"base": 6, "shut": 0, "half": 6, "more": 6}
    assert north.loc["east", "change"].to_dict() == {"base": 0, "shut": 5, "half": 0, "more": 5}
    crossed = found.by_country.set_index(["country", "scenario"])
    assert crossed.loc[("RUS", "shut"), ["amount", "share", "change"]].tolist() == [0, 0, -6]
    pd.testing.assert_frame_equal(routes.compare(network, case, [shut]).table.iloc[:, :7], found.table.iloc[[1], :7].reset_index(drop=True))


def test_a_contract_that_cannot_be_kept_has_a_row_of_its_own() -> None:
    network, case = two_ways(), asked(crude({"a": 20}, {"d": 4, "e": 6}, {"bd": 2}))
    shut = Scenario("shut", close=["ab"])
    found = routes.compare(network, case, [Scenario("base"), shut])
    row = found.table.set_index("scenario").loc["shut"]
    assert "'bd' lacks 2.0 kt" in row["reason"]
    assert row[["delivered", "cost_usd", "delivered_change"]].isna().all()
    assert set(found.by_market["scenario"]) == {"base"}
    first = routes.compare(network, case, [shut, Scenario("base")])
    assert first.table["delivered_change"].isna().all()
    assert first.by_market["change"].isna().all()
    assert first.by_market["amount"].sum() == 10
    alone = routes.compare(network, case, [shut])
    assert alone.by_market.empty
    assert alone.by_flow.empty
    for wrong in ([], [shut, shut]):
        with pytest.raises(ValueError, match="name of its own"):
            routes.compare(network, case, wrong)


def growing() -> Network:
    """a-b-c: ab 5, from 2026 9; bc 6, from 2026 8; a second line ac2 (3) from 2028, and b lets 7 through until 2028."""
    places = [place("a"), place("b", capacity=7, unit="kt/yr"), place("c"), place("x")]
    links = [
        way("ab", "a", "b", 5),
        way("bc", "b", "c", 6),
        way("ac2", "a", "c", 3, status="planned", valid_from=2028),
        way("cx", "c", "x", 3, status="planned", valid_from=2026),
    ]
    later = [("ab", 2026, 9), ("bc", 2026, 8), ("b", 2028, 20)]
    capacities = [{"id": name, "year": year, "capacity": amount, "unit": "kt/yr"} for name, year, amount in later]
    return toy(places, links, capacities=capacities)


def test_timeline_by_hand() -> None:
    """2026: ab alone brings 1 (to 6), bc alone 0, both 2 (b binds at 7): 1.5 and 0.5. 2028: 3 by ac2, 1 by b."""
    found = routes.timeline(growing(), "a", "c", "crude", years=[2028, 2024, 2026, 2027])
    assert found["year"].tolist() == [2024, 2026, 2026, 2027, 2028, 2028]
    assert found["value"].tolist() == [5, 7, 7, 7, 11, 11]
    assert found["growth"].tolist() == [0, 2, 2, 0, 4, 4]
    assert found["project"].tolist() == ["", "ab", "bc", "", "ac2", "b"]
    assert found["attributed"].tolist() == pytest.approx([0, 1.5, 0.5, 0, 3, 1])
    given = routes.timeline(growing(), {"a": 6}, "c", "crude", years=[2024, 2028])
    assert given["value"].tolist()[-1] == 6
    assert given["attributed"].sum() == pytest.approx(1)


def test_timeline_tells_a_link_from_a_place_of_its_name() -> None:
    places = [place("a"), place("m", capacity=2, unit="kt/yr"), place("c")]
    network = toy(
        places,
        [way("am", "a", "m", 9), way("m", "m", "c", 9), way("ac", "a", "c", 1)],
        capacities=[{"id": "ac", "year": 2026, "capacity": 4, "unit": "kt/yr"}],
    )
    found = routes.timeline(network, "a", "c", "crude", years=[2024, 2026])
    assert found["value"].tolist() == [3, 6]
    assert found[["project", "attributed"]].iloc[-1].tolist() == ["ac", 3]
    open_place = toy(
        places,
        [way("am", "a", "m", 9), way("mc", "m", "c", 9)],
        capacities=[{"id": "m", "year": 2026, "capacity": "unlimited", "unit": "kt/yr"}],
    )
    freed = routes.timeline(open_place, "a", "c", "crude", years=[2024, 2026])
    assert freed["value"].tolist() == [2, 9]
    assert freed["attributed"].tolist() == [0, 7]


@pytest.mark.parametrize("changes", [6, 13])
def test_attributions_add_up(changes: int) -> None:
    """Up to ten changes by all orders, beyond by some; both add up to the growth, which `max_flow` confirms."""
    draw = np.random.default_rng(changes + 3)
    ends = [draw.choice(6, 2, replace=False) for _ in range(20)]
    links = [way(f"l{at:02}", f"p{a}", f"p{b}", int(draw.integers(1, 9))) for at, (a, b) in enumerate(ends)]
    later = [{"id": f"l{at:02}", "year": 2030, "capacity": int(draw.integers(0, 30)), "unit": "kt/yr"} for at in range(changes)]
    network = toy([place(f"p{at}") for at in range(6)], links, capacities=later)
    found = routes.timeline(network, "p0", "p5", "crude", years=[2024, 2030])
    values = [routes.max_flow(network.at(year), "p0", "p5", "crude").value for year in (2024, 2030)]
    last = found[found["year"] == 2030]
    assert [found["value"].iloc[0], last["value"].iloc[0]] == pytest.approx(values)
    assert last["attributed"].sum() == pytest.approx(values[1] - values[0], abs=1e-5)
    assert len(last) > 1


def test_wrong_years() -> None:
    for years, scenario in (([], None), ([2024], Scenario("x", year=2026))):
        with pytest.raises(ValueError, match="timeline needs years"):
            routes.timeline(growing(), "a", "c", "crude", years=years, scenario=scenario)
    sea = toy([place("a"), place("b")], [link("s", "a", "b", "unlimited", mode="sea")])
    with pytest.raises(ValueError, match="unbounded"):
        routes.timeline(sea, "a", "b", "crude", years=[2024, 2026])
