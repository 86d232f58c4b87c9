"""Maximum flow: toy networks by hand, the certificate, networkx as oracle, and properties that must hold."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routes
from geodata.network import Network
from routes.flow import CertificateError, MaxFlow
from tests.conftest import link, place
from tests.routes.random_networks import networkx_value, random_network, seeds

Build = Callable[..., Network]
SQUARE = [place("a"), place("b"), place("c"), place("d")]


def one_way(name: str, start: str, end: str, capacity: object, **more: object) -> dict[str, object]:
    return link(name, start, end, capacity, both_ways="false", **more)


@pytest.fixture
def diamond(build: Build) -> Network:
    r"""
        b
    10 / \ 4
      a 1| d        a -> b -> d carries 4, a -> c -> d carries 6 + what b sends over (1).
     6 \ / 9
        c
    """
    return build(
        SQUARE,
        [
            one_way("ab", "a", "b", 10),
            one_way("ac", "a", "c", 6),
            one_way("bc", "b", "c", 1),
            one_way("bd", "b", "d", 4),
            one_way("cd", "c", "d", 9),
        ],
    )


def test_diamond_by_hand(diamond: Network) -> None:
    answer = routes.max_flow(diamond, "a", "d", "crude")
    assert answer.value == 11
    assert answer.source_cut == ("ac", "bc", "bd")
    assert answer.sink_cut == ("ac", "bc", "bd")
    assert dict(zip(answer.flows["link_id"], answer.flows["flow"], strict=True)) == {"ab": 5, "ac": 6, "bc": 1, "bd": 4, "cd": 7}


def test_two_extreme_cuts(build: Build) -> None:
    """a -5- b -5- c -5- d: the first link is the cut near the source, the last the one near the sink."""
    network = build(SQUARE, [one_way("ab", "a", "b", 5), one_way("bc", "b", "c", 5), one_way("cd", "c", "d", 5)])
    answer = routes.max_flow(network, "a", "d", "crude")
    assert (answer.value, answer.source_cut, answer.sink_cut) == (5, ("ab",), ("cd",))


def test_a_place_bounds_what_passes_but_not_what_starts_there(build: Build) -> None:
    places = [place("a", capacity=1, unit="kt/yr"), place("b", capacity=3, unit="kt/yr"), place("c", capacity=1, unit="kt/yr")]
    network = build(places, [one_way("ab", "a", "b", 10), one_way("bc", "b", "c", 10)])
    assert routes.max_flow(network, "a", "c", "crude").value == 3
    assert routes.max_flow(network, "a", "c", "crude").source_cut == ("b",)
    assert routes.max_flow(network, ["a", "b"], "c", "crude").value == 10
    assert routes.max_flow(network, "a", "c", "crude").places[["place_id", "through"]].to_numpy().tolist() == [
        ["a", 0.0],
        ["b", 3.0],
        ["c", 0.0],
    ]


def test_both_ways_share_one_capacity(build: Build) -> None:
    network = build(SQUARE[:2], [link("ab", "a", "b", 7)])
    assert routes.max_flow(network, "b", "a", "crude").value == 7
    assert routes.max_flow(network, "b", "a", "crude").flows["flow"].tolist() == [-7]


def test_parallel_links_add_up(build: Build) -> None:
    network = build(SQUARE[:2], [link("x", "a", "b", 7), one_way("y", "a", "b", 2), one_way("z", "b", "a", 50)])
    answer = routes.max_flow(network, "a", "b", "crude")
    assert answer.value == 9
    assert answer.source_cut == ("x", "y")


def test_given_amounts_bind(diamond: Network) -> None:
    answer = routes.max_flow(diamond, {"a": 3.5}, {"d": 100}, "crude")
    assert (answer.value, answer.source_cut) == (3.5, ("supply:a",))
    assert routes.max_flow(diamond, "a", {"d": 2}, "crude").sink_cut == ("demand:d",)


def test_unlimited_is_explained(build: Build) -> None:
    network = build(SQUARE[:2], [link("ab", "a", "b", "unlimited", mode="sea")])
    answer = routes.max_flow(network, "a", "b", "crude")
    assert math.isinf(answer.value)
    assert "unlimited" in answer.reason
    assert routes.max_flow(network, {"a": 5}, "b", "crude").value == 5


def test_nothing_is_explained(diamond: Network) -> None:
    answer = routes.max_flow(diamond, "d", "a", "crude")
    assert (answer.value, answer.source_cut) == (0, ())
    assert "no open link" in answer.reason


def test_a_closure_and_a_change(diamond: Network) -> None:
    assert routes.max_flow(diamond, "a", "d", "crude", scenario=routes.Scenario("x", close=["ac"])).value == 5
    assert routes.max_flow(diamond, "a", "d", "crude", scenario=routes.Scenario("x", close=["c"])).value == 4
    assert routes.max_flow(diamond, "a", "d", "crude", scenario=routes.Scenario("x", capacity={"bd": "x2"})).value == 15
    assert routes.max_flow(diamond, "a", "d", "crude").value == 11


@pytest.mark.parametrize(
    ("sources", "sinks", "words"),
    [
        ("a", "a", "source and sink at once"),
        ([], "d", "at least one source"),
        ({"a": -1}, "d", "zero or more"),
        ("nowhere", "d", "no place"),
    ],
)
def test_wrong_questions(diamond: Network, sources: object, sinks: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        routes.max_flow(diamond, sources, sinks, "crude")  # type: ignore[arg-type]


def test_a_tampered_certificate_is_refused(diamond: Network) -> None:
    proof = routes.max_flow(diamond, "a", "d", "crude").certificate
    assert proof is not None
    proof.verify()
    for change in ({"value": 12.0}, {"conservation": 1.0}, {"capacity": 0.5}, {"source_cut": 10.0}, {"sink_cut": 13.0}):
        with pytest.raises(CertificateError):
            dataclasses.replace(proof, **change).verify()


def check_flow(network: Network, answer: MaxFlow, sources: set[str], sinks: set[str]) -> None:
    """The laws, counted again from the table of flows alone."""
    balance = dict.fromkeys(network.places["place_id"], 0.0)
    way = network.links.set_index("link_id")
    for row in answer.flows.itertuples():
        assert abs(row.flow) <= way.loc[row.link_id, "capacity"] + 1e-6
        assert row.flow >= 0 or way.loc[row.link_id, "both_ways"]
        balance[row.from_place] -= row.flow
        balance[row.to_place] += row.flow
    for name, rest in balance.items():
        assert name in sources | sinks or abs(rest) < 1e-6, name
    assert sum(balance[name] for name in sinks) == pytest.approx(answer.value)


@pytest.mark.parametrize("seed", seeds(range(60), 20))
def test_random_networks_against_networkx(seed: int) -> None:
    network = random_network(seed)
    answer = routes.max_flow(network, ["p0", "p1"], ["p6", "p7"], "crude")
    assert answer.value == pytest.approx(networkx_value(network, ["p0", "p1"], ["p6", "p7"]))
    check_flow(network, answer, {"p0", "p1"}, {"p6", "p7"})
    for cut in (answer.source_cut, answer.sink_cut):
        if cut:
            shut = routes.Scenario("cut", close=[name for name in cut if name not in {"p0", "p1", "p6", "p7"}])
            assert routes.max_flow(network, ["p0", "p1"], ["p6", "p7"], "crude", scenario=shut).value == pytest.approx(0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), at=st.integers(0, 15), factor=st.floats(1.0, 5.0))
def test_more_capacity_never_brings_less_and_a_closure_never_more(seed: int, at: int, factor: float) -> None:
    network, name = random_network(seed), f"l{at}"
    before = routes.max_flow(network, "p0", "p7", "crude").value
    wider = routes.max_flow(network, "p0", "p7", "crude", scenario=routes.Scenario("w", capacity={name: f"x{factor}"})).value
    shut = routes.max_flow(network, "p0", "p7", "crude", scenario=routes.Scenario("s", close=[name])).value
    assert shut <= before + 1e-4
    assert before <= wider + 1e-4


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"sources": {"a": 0}}, "capacity 0 at supply:a"),
        ({"scenario": routes.Scenario("x", capacity={"ab": "x0", "ac": "0 kt/yr"})}, "capacity 0 at ab, ac"),
        ({"scenario": routes.Scenario("x", capacity={"b": "x0", "c": "x0"})}, "capacity 0 at b, c"),
        ({"scenario": routes.Scenario("x", close=["a"])}, "no open link"),
    ],
)
def test_nothing_names_what_is_empty(diamond: Network, question: dict[str, object], words: str) -> None:
    asked = {"sources": "a", "sinks": "d"} | question
    assert words in routes.max_flow(diamond, commodity="crude", **asked).reason  # type: ignore[arg-type]
