"""The packaged network: size, names, that every number can be followed to a source, and that the systems hang together."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from geodata import ledger
from geodata.network import Network
from geodata.schema import split_list
from geodata.territory import country_km
from routes.maps.catalogue import packaged_pages
from tests.conftest import ROOT

KINDS = {"document", "public", "assumption", "derived"}
FIGURE_COLUMNS = {
    "links": ("capacity_figure", "length_figure", "cost_figure", "days_figure"),
    "places": ("capacity_figure", "dwell_figure", "transfer_figure"),
}


@pytest.fixture(scope="module")
def figures(packaged: Network) -> pd.DataFrame:
    return packaged.figures.set_index("figure_id")


def test_size(packaged: Network) -> None:
    assert len(packaged.places) >= 150
    assert len(packaged.links) >= 220
    assert set(packaged.links["mode"]) == {"pipeline", "rail", "road", "sea", "inland_water", "transfer"}
    assert packaged.year == 2024


def test_every_place_has_three_names_a_country_a_kind_and_a_sourced_coordinate(packaged: Network) -> None:
    for column in ("name", "name_ru", "name_kk", "country", "kind", "coord_source"):
        assert (packaged.places[column] != "").all(), column
    assert set(packaged.places["name_note"]) <= {"published", "transliterated"}
    assert packaged.places["unlocode"].str.fullmatch(r"([A-Z]{2}[A-Z0-9]{3})?").all()


def test_every_cited_figure_stands_in_the_ledger(packaged: Network, figures: pd.DataFrame) -> None:
    cited = [
        (row.iloc[0], column, row[column])
        for name, columns in FIGURE_COLUMNS.items()
        for _, row in getattr(packaged, name).iterrows()
        for column in columns
        if row[column]
    ]
    assert len(cited) > 500
    assert [item for item in cited if item[2] not in figures.index] == []


def test_every_number_names_its_figure(packaged: Network) -> None:
    links, places = packaged.links, packaged.places
    for column, basis in (("length_figure", "length_basis"), ("cost_figure", "cost_basis"), ("days_figure", "days_basis")):
        assert links.loc[(links[basis] == "stated") & (links[column] == ""), "link_id"].tolist() == [], column
    assert links.loc[links["capacity_figure"] == "", "link_id"][links["capacity"] < math.inf].tolist() == []
    for number, figure in (("capacity", "capacity_figure"), ("dwell_days", "dwell_figure"), ("transfer_usd_t", "transfer_figure")):
        assert places.loc[places[number].notna() & (places[figure] == ""), "place_id"].tolist() == [], number


def test_every_figure_has_a_source_or_a_reason_and_a_range(figures: pd.DataFrame) -> None:
    assert set(figures["kind"]) <= KINDS
    said = figures[figures["kind"].isin(["document", "public"])]
    assert said.index[said["source_title"] == ""].tolist() == []
    assert said.index[said["source_date"] == ""].tolist() == []
    assert said.index[said["confidence"] == ""].tolist() == []
    derived = figures[figures["kind"] == "derived"]
    assert derived.index[derived["note"] == ""].tolist() == []
    assumed = figures[figures["kind"] == "assumption"]
    assert assumed.index[(assumed["note"] == "") | assumed["low"].isna() | assumed["high"].isna()].tolist() == []
    ranged = figures.dropna(subset=["value", "low", "high"])
    assert ranged.index[(ranged["low"] > ranged["value"]) | (ranged["value"] > ranged["high"])].tolist() == []


def stated_capacities(network: Network) -> Iterator[tuple[str, str, str, str]]:
    """Id, number, unit and figure of every capacity of the tables, the year steps too."""
    for frame, column in ((network.at(1901).links, "link_id"), (network.at(1901).places, "place_id")):
        for row in frame.to_dict("records"):
            if row["stated_capacity"] and row["stated_capacity"] != "unlimited":
                number, unit = row["stated_capacity"].split(" ")
                yield row[column], number, unit, row["capacity_figure"]
    for step in network._tables["capacities"].rows:
        yield step.get("id"), step.get("capacity"), step.get("unit"), step.get("figure_id")


def test_capacities_are_the_numbers_of_their_figures(packaged: Network, figures: pd.DataFrame) -> None:
    wrong = [
        (name, number, unit, figure, figures.loc[figure, "value"], figures.loc[figure, "unit"])
        for name, number, unit, figure in stated_capacities(packaged)
        if not (math.isclose(float(number), figures.loc[figure, "value"]) and figures.loc[figure, "unit"].startswith(unit))
    ]
    assert wrong == []


def test_three_in_five_link_capacities_rest_on_a_source(packaged: Network, figures: pd.DataFrame) -> None:
    limited = packaged.links[packaged.links["capacity"] < math.inf]
    kinds = limited["capacity_figure"].map(figures["kind"])
    assert (kinds.isin(["public", "document", "derived"])).mean() >= 0.6
    assert kinds.isna().sum() == 0


def test_unlimited_stands_on_open_sea_alone_with_its_reason(packaged: Network) -> None:
    free = packaged.links[packaged.links["capacity"] == math.inf]
    assert len(free) > 0
    assert set(free["mode"]) == {"sea"}
    assert free.loc[free["note"].str.len() < 20, "link_id"].tolist() == []
    caspian = packaged.places[packaged.places["lon"].between(46.5, 55) & packaged.places["lat"].between(36, 47.5)]["place_id"]
    assert free.loc[free["from_place"].isin(caspian) | free["to_place"].isin(caspian), "link_id"].tolist() == []


def test_ports_and_border_stations_carry_capacity_dwell_and_fee(packaged: Network) -> None:
    gates = packaged.places[packaged.places["kind"].isin(["port", "border"])]
    for column in ("capacity", "dwell_days", "transfer_usd_t"):
        assert gates.loc[gates[column].isna(), "place_id"].tolist() == [], column


def test_every_link_has_a_line_and_says_how_it_was_drawn(packaged: Network) -> None:
    assert sorted(set(packaged.links["link_id"]) - set(packaged._lines)) == []
    assert set(packaged.links["geometry_quality"]) <= {"network", "lane", "schematic"}
    quality = packaged.links.groupby("mode")["geometry_quality"].agg(set)
    assert quality["pipeline"] == {"schematic"}
    assert quality["sea"] == {"lane"}
    assert quality["rail"] | quality["road"] == {"network", "schematic"}


def test_published_lengths_are_drawn_within_five_percent(packaged: Network) -> None:
    links = packaged.links[packaged.links["length_basis"] == "stated"]
    assert len(links) >= 20
    off = (links["network_km"].fillna(links["drawn_km"]) / links["length_km"] - 1).abs() > 0.05
    assert links.loc[off & (links["length_note"] == ""), ["link_id", "length_km", "drawn_km"]].to_numpy().tolist() == []


def test_countries_agree_with_the_overlay(packaged: Network) -> None:
    """No stated country is unknown to the map, none that a line crosses for long goes unnamed."""
    links = packaged.links[packaged.links["mode"] != "sea"].reset_index(drop=True)
    crossed = country_km(list(links.geometry)).join(links[["link_id", "countries", "drawn_km"]], on="line")
    unnamed = [
        (row.link_id, row.country, round(row.km))
        for row in crossed[crossed["country"] != ""].itertuples()
        if row.country not in split_list(row.countries) and row.km > max(25.0, 0.1 * row.drawn_km)
    ]
    assert unnamed == []


def test_crossings_add_up_to_the_length(packaged: Network) -> None:
    km = packaged.country_km.groupby("link_id")["km"].sum()
    length = packaged.links.set_index("link_id")["length_km"]
    assert (km - length).abs().max() < 1e-6


def test_corridors_are_connected_ways(packaged: Network) -> None:
    """All but the new railway lines, which are a programme of works and not a way."""
    broken = []
    for row in packaged.corridors[packaged.corridors["corridor_id"] != "new-lines-2026"].itertuples():
        graph = nx.Graph([(link.from_place, link.to_place) for link in (packaged.link_facts[name] for name in row.members)])
        if not nx.is_connected(graph):
            broken.append(row.corridor_id)
    assert broken == []


def test_the_named_corridors_are_there(packaged: Network) -> None:
    named = (
        "cpc btc atyrau-samara druzhba kazakhstan-china-oil caspian-tankers titr northern khorgos instc-east instc-west instc-caspian "
        "kazakhstan-iran-rail third-rail-link western-europe-western-china"
    )
    assert set(named.split()) <= set(packaged.corridors["corridor_id"])
    for column in ("name", "name_ru", "name_kk"):
        assert (packaged.corridors[column] != "").all()


@pytest.fixture(scope="module")
def systems() -> pd.DataFrame:
    return ledger.ledger_table("systems").set_index("system_id")


def test_there_are_twenty_eight_systems(systems: pd.DataFrame) -> None:
    assert list(systems.index) == [f"S{number}" for number in range(1, 29)]


@pytest.mark.parametrize("system", [f"S{number}" for number in range(1, 29)])
def test_a_system_resolves(packaged: Network, figures: pd.DataFrame, systems: pd.DataFrame, system: str) -> None:
    """Members exist, links make a connected way, cases and pages exist, and a comparison or table is named."""
    row = systems.loc[system]
    links, places, loose = set(), set(), []
    for member in split_list(row["members"]):
        if member in packaged.corridor_links:
            links |= set(packaged.corridor_links[member])
        elif member in packaged.link_facts:
            links.add(member)
        elif member in packaged.place_facts:
            places.add(member)
        elif member not in figures.index:
            loose.append(member)
    assert loose == []
    assert links or places or row["members"]
    graph = nx.Graph([(packaged.link_facts[name].from_place, packaged.link_facts[name].to_place) for name in links])
    assert not links or nx.is_connected(graph), [sorted(part) for part in nx.connected_components(graph)]
    assert set(split_list(row["cases"])) <= set(packaged.cases["case_id"])
    pages = split_list(row["pages"])
    assert pages
    assert set(pages) <= {page.file for page in packaged_pages()}
    assert len(row["note"]) > 20


def test_cases_name_places_that_carry_their_commodity(packaged: Network) -> None:
    touched: dict[str, set[str]] = {}
    for link in packaged.link_facts.values():
        for place in (link.from_place, link.to_place):
            touched.setdefault(place, set()).update(link.commodities)
    rows = packaged.cases[packaged.cases["role"] != "floor"]
    assert len(rows) > 100
    lost = [
        (row.case_id, row.place_id, row.commodity) for row in rows.itertuples() if row.commodity not in touched.get(row.place_id, set())
    ]
    assert lost == []


def test_case_amounts_name_their_figures(packaged: Network, figures: pd.DataFrame) -> None:
    assert sorted(set(packaged.cases["figure_id"]) - set(figures.index)) == []


def test_the_worth_of_a_day_is_its_figure(packaged: Network, figures: pd.DataFrame) -> None:
    """Boxes have one, for speed is why they take the railway; a flow has one worth."""
    rows = packaged.cases[packaged.cases["usd_t_day"] != ""]
    assert set(rows["commodity"]) == {"container"}
    assert [row.case_id for row in rows.itertuples() if float(row.usd_t_day) != figures.loc[row.time_figure, "value"]] == []
    assert len(packaged.cases[["case_id", "flow", "usd_t_day"]].drop_duplicates()) == len(
        packaged.cases[["case_id", "flow"]].drop_duplicates()
    )


def test_every_change_of_a_scenario_names_its_figure_or_source(packaged: Network, figures: pd.DataFrame) -> None:
    """Amounts are those of their figure; a closure may stand on a document line, a claim or a public source alone."""
    known = set(ledger.ledger_table("claims")["claim_id"]) | set(ledger.ledger_table("sources")["source_id"])
    claims = {(claim.document, claim.line) for claim in ledger.ledger_table("claims").itertuples()}
    wrong = []
    for row in packaged.scenarios.itertuples():
        sources = split_list(row.source)
        wrong += [(row.scenario_id, name) for name in sources if name not in known and tuple(name.split(":")) not in claims]
        if row.figure_id not in figures.index:
            wrong += [(row.scenario_id, row.figure_id)] if row.figure_id or row.value or not sources else []
            continue
        figure = figures.loc[row.figure_id]
        number, _, unit = row.value.removeprefix("x").partition(" ")
        # A year's throughput is told in the ledger in Mt alone, as the amount of the year.
        same_unit = figure["unit"].startswith(unit) or (figure["unit"] == unit.partition("/")[0] and figure["period"].isdigit())
        if row.value and not (math.isclose(float(number), figure["value"]) and same_unit):
            wrong.append((row.scenario_id, row.value, row.figure_id))
    assert wrong == []


def test_what_scenarios_work_out_follows_from_the_ledger(figures: pd.DataFrame) -> None:
    value = figures["value"]
    by_sea = value["derived.augusta-port.kazakh-crude.2024"]
    sold = {
        "china-6.5-mt": value["doc.kazakhstan-china-oil.planned-exports"] - value["kazakhstan-china-oil-pipeline.throughput.2024"],
        "germany-2.1-mt": value["druzhba-kz-to-germany.throughput-kz-crude.2025"] - value["druzhba-kz-to-germany.throughput-kz-crude.2024"],
        "germany-7-mt": value["doc.kazakh-oil-germany.possible"] - value["druzhba-kz-to-germany.throughput-kz-crude.2024"],
    }
    ferries = value["titr-sea-leg.capacity.2016"] + value["derived.aktau-alat-bulk.capacity"]
    expected = {
        "derived.cpc-one-mooring.capacity": 12 * value["cpc.capacity-with-1-spm.2022-09"],
        "derived.caspian-exports-x5.total": value["doc.caspian-oil-exports.planned-growth-factor.2023"]
        * value["aktau-port.throughput.2022"],
        "derived.caspian-low.tanker-load": value["aktau-port.tanker-load-limit.2025-04"] / 12000,
        "derived.titr-sea-containers.capacity-2027": value["titr.capacity.2027-plan"] - ferries,
        "derived.aktau-kuryk-ports.growth-2028": value["aktau-kuryk-ports.capacity-target.2028-plan"]
        / value["aktau-kuryk-ports.capacity.2023"],
        "derived.poti-port.capacity-teu.2027": value["derived.poti-port.capacity-teu.2025"]
        + value["poti-new-terminal-ptt.capacity-teu.2027-planned"],
        "derived.astara-crossing.capacity-through-railway": value["instc-western-route.capacity.2022"]
        + value["derived.astara-road.capacity"],
        **{f"derived.augusta-port.{name}": (by_sea - amount) / by_sea for name, amount in sold.items()},
    }
    assert value[list(expected)].to_dict() == pytest.approx(expected, rel=5e-3)


def test_scenarios_are_told_in_order_and_change_what_cases_have(packaged: Network) -> None:
    table = packaged.scenarios
    assert list(table["scenario_id"]) == sorted(table["scenario_id"])
    assert (table["name"] != "").all()
    assert not table["name"].str.contains(" + ", regex=False).any()
    assert not table["note"].str.contains("; ", regex=False).any()
    held = {(row.role, f"{row.flow}:{row.place_id}") for row in packaged.cases.itertuples()}
    changed = table[table["action"].isin(["supply", "demand"])]
    assert [pair for pair in zip(changed["action"], changed["target"], strict=True) if pair not in held] == []


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "limit"), [("pipeline", "12"), ("rail", "3")])
def test_lines_lie_where_the_reference_lies(shared: Path, mode: str, limit: str) -> None:
    tool = shared / "tools" / "geometry_deviation.py"
    said = subprocess.run(
        [sys.executable, str(tool), "--mode", mode, "--limit", limit], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
