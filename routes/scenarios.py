"""Scenarios: what is closed, opened or changed for one analysis; an argument, never stored in the network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from geodata.network import Network
from geodata.schema import number
from geodata.units import fits, parse_amount

from .errors import UnknownIdError

COUNTRY = "country:"
PREFIXES = ("link:", "place:", "corridor:", COUNTRY)


@dataclass(frozen=True)
class Scenario:
    """Changes to a network for one question.

    ``close`` and ``open`` take ids of links, places and corridors, or ``"country:RUS"``; an id that names a link and
    a place alike is told apart as ``link:ID``, ``place:ID``, ``corridor:ID``. ``capacity`` maps an id to an amount
    (``"1.5 Mt/yr"``) or a factor (``"x0.5"``); ``supply``, ``demand`` and ``floor`` change a case. What is closed
    stays closed, whatever opens it. ``a + b`` combines two scenarios.

    >>> both = Scenario("no CPC", close=["cpc"]) + Scenario("no BTC", close=["btc"])
    >>> both.name, both.close
    ('no BTC + no CPC', ('btc', 'cpc'))
    """

    name: str
    close: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    capacity: Mapping[str, str] = field(default_factory=dict, hash=False)
    supply: Mapping[str, str] = field(default_factory=dict, hash=False)
    demand: Mapping[str, str] = field(default_factory=dict, hash=False)
    floor: Mapping[str, str] = field(default_factory=dict, hash=False)
    year: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for column in ("close", "open"):
            value = getattr(self, column)
            items = (value,) if isinstance(value, str) else tuple(value)
            object.__setattr__(self, column, tuple(sorted(set(items))))
        for column in ("capacity", "supply", "demand", "floor"):
            changes = dict(sorted(getattr(self, column).items()))
            for name, value in changes.items():
                if not isinstance(value, str):
                    raise TypeError(f"{self.name!r} gives {name!r} the {column} {value!r}; write a text such as '1.5 Mt/yr' or 'x0.5'")
            object.__setattr__(self, column, changes)

    def __add__(self, other: Scenario) -> Scenario:
        """Both at once. Raises ValueError where they give one id, or the year, two different values."""
        if not isinstance(other, Scenario):
            return NotImplemented
        years = {year for year in (self.year, other.year) if year is not None}
        if len(years) > 1:
            raise ValueError(f"{self.name!r} and {other.name!r} disagree on the year: {sorted(years)}")
        return Scenario(
            " + ".join(sorted({*self.name.split(" + "), *other.name.split(" + ")})),
            close=(*self.close, *other.close),
            open=(*self.open, *other.open),
            year=next(iter(years), None),
            note="; ".join(sorted({part for note in (self.note, other.note) for part in note.split("; ") if part})),
            **{name: _joined(name, self, other) for name in ("capacity", "supply", "demand", "floor")},
        )


def _joined(column: str, first: Scenario, second: Scenario) -> dict[str, str]:
    joined = dict(getattr(first, column))
    for name, value in getattr(second, column).items():
        if joined.setdefault(name, value) != value:
            raise ValueError(f"{first.name!r} and {second.name!r} give {name!r} two values: {joined[name]} and {value}")
    return joined


@dataclass(frozen=True)
class Selection:
    """The links and places that a list of ids stands for."""

    links: frozenset[str]
    places: frozenset[str]


def select(network: Network, ids: Iterable[str]) -> Selection:
    """The links and places meant by ids of links, places, corridors and ``country:XXX``.

    A country stands for its places and for every link that needs its permission. Raises UnknownIdError where an id is
    unknown, or names a link and a place alike.
    """
    links: set[str] = set()
    places: set[str] = set()
    for name in [ids] if isinstance(ids, str) else ids:
        found = _meant(network, name)
        links |= found.links
        places |= found.places
    return Selection(frozenset(links), frozenset(places))


def _meant(network: Network, name: str) -> Selection:
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    bare = name.removeprefix(prefix)
    if prefix == COUNTRY:
        return _country(network, bare)
    members = network.corridor_links
    found = {"link:": bare in network.link_facts, "place:": bare in network.place_facts, "corridor:": bare in members}
    kinds = [kind for kind, there in found.items() if there and prefix in ("", kind)]
    if not kinds:
        raise UnknownIdError(f"{name!r} is no link, place, corridor or 'country:XXX' of this network")
    if len(kinds) > 1:
        raise UnknownIdError(f"{name!r} names several things; write {' or '.join(kind + bare for kind in kinds)}")
    if kinds[0] == "corridor:":
        return Selection(frozenset(members[bare]), frozenset())
    one = frozenset([bare])
    return Selection(one, frozenset()) if kinds[0] == "link:" else Selection(frozenset(), one)


def _country(network: Network, code: str) -> Selection:
    home = frozenset(place.place_id for place in network.place_facts.values() if place.country == code)
    needs = frozenset(link.link_id for link in network.link_facts.values() if code in link.countries)
    if not home and not needs:
        raise UnknownIdError(f"'{COUNTRY}{code}' is no country of this network (use ISO alpha-3, such as country:KAZ)")
    return Selection(needs, home)


def changed_capacity(text: str, before: float, commodities: Collection[str]) -> float:
    """A capacity after a change: a factor of the one before (``"x0.5"``) or an amount of its own.

    Raises ValueError where the text is neither.

    >>> changed_capacity("x0.5", 8000.0, ["crude"]), changed_capacity("1.5 Mt/yr", 8000.0, ["crude"])
    (4000.0, 1500.0)
    """
    if not text.startswith("x"):
        return parse_amount(text, commodities)
    factor = number(text[1:])
    if factor is None or factor < 0:
        raise ValueError(f"{text!r} is not a factor of zero or more, such as 'x0.5'")
    # Nothing of what is unlimited is nothing; any other share of it is unlimited still.
    return 0.0 if factor == 0 else before * factor


def counts(text: str, commodity: str) -> bool:
    """Whether a change of capacity speaks of a commodity: an amount in m3 speaks of gas alone, one in tonnes of the rest.

    >>> counts("5 Mt/yr", "gas"), counts("x0.5", "gas"), counts("5 Mt/yr", "crude")
    (False, True, True)
    """
    return text.startswith("x") or fits(text.rpartition(" ")[2], [commodity])
