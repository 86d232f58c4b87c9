"""Flow problems in the DIMACS text format, as networks: a door for known answers."""

from __future__ import annotations

import bz2
import gzip
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from . import ledger
from .csvfile import Table, table_of
from .errors import Finding, NetworkError
from .network import Network
from .schema import TABLES

GOODS = "crude;products;container;bulk"
#: Antarctica: a valid code that is no state's territory.
NOWHERE = "ATA"


class _Problem(NamedTuple):
    nodes: int
    supplies: dict[int, float]
    arcs: list[tuple[int, int, str, str]]


def read_dimacs(file: str | Path) -> tuple[Network, dict[str, float], dict[str, float]]:
    """A ``p max`` or ``p min`` problem (plain, .gz or .bz2) as (network, sources, sinks).

    Node i is place ``n<i>``, the j-th arc is link ``a<j>``: one way, capacity in kt a year, cost in USD a tonne,
    length 1 km, open to every commodity but gas. Sources and sinks map places to amounts in kt a year (``p max``:
    infinite). Arcs from a node to itself carry nothing and are left out. Coordinates only spread the nodes.
    Raises NetworkError, with line numbers, where the file is not DIMACS or has lower bounds.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "toy.max"
    >>> _ = path.write_text("p max 2 1\\nn 1 s\\nn 2 t\\na 1 2 7\\n")
    >>> network, sources, sinks = read_dimacs(path)
    >>> network.links[["from_place", "to_place", "capacity"]].values.tolist(), sources, sinks
    ([['n1', 'n2', 7.0]], {'n1': inf}, {'n2': inf})
    """
    path = Path(file)
    problem = _parse(_text(path).splitlines(), path.name)
    sources = {f"n{node}": amount for node, amount in sorted(problem.supplies.items()) if amount > 0}
    sinks = {f"n{node}": -amount for node, amount in sorted(problem.supplies.items()) if amount < 0}
    return Network(_tables(problem), {}, ledger.no_figures()), sources, sinks


def _text(path: Path) -> str:
    unpack = {".gz": gzip.decompress, ".bz2": bz2.decompress}.get(path.suffix, bytes)
    return unpack(path.read_bytes()).decode("ascii", errors="replace")


def _parse(lines: Iterable[str], name: str) -> _Problem:
    kind, nodes = "", 0
    supplies: dict[int, float] = {}
    arcs: list[tuple[int, int, str, str]] = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        try:
            match words:
                case ["p", "max" | "min" as kind, count, _]:
                    nodes = int(count)
                case ["n", node, "s" | "t" as end] if kind == "max":
                    supplies[int(node)] = math.inf if end == "s" else -math.inf
                case ["n", node, amount] if kind == "min":
                    supplies[int(node)] = float(amount)
                case ["a", start, end, capacity] if kind == "max":
                    arcs.append((int(start), int(end), capacity, ""))
                case ["a", start, end, "0", capacity, cost] if kind == "min":
                    arcs.append((int(start), int(end), capacity, cost))
                case [] | ["c", *_]:
                    continue
                case _:
                    raise ValueError("not understood")
            _require(words[0] != "a" or {arcs[-1][0], arcs[-1][1]} <= set(range(1, nodes + 1)), "an unknown node")
            _require(words[0] != "a" or all(float(word) >= 0 for word in words[3:]), "a negative number")
        except ValueError as error:
            raise NetworkError(
                [Finding(name, number, None, f"{line!r}: {error}", "give DIMACS 'p max' or 'p min' without lower bounds")]
            ) from None
    if not arcs:
        raise NetworkError([Finding(name, None, None, "no arcs", "give a DIMACS file with 'p', 'n' and 'a' lines")])
    return _Problem(nodes, supplies, [arc for arc in arcs if arc[0] != arc[1]])


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _tables(problem: _Problem) -> dict[str, Table]:
    side = math.ceil(math.sqrt(problem.nodes))
    places = [
        [f"n{node}", f"n{node}", NOWHERE, repr(-170 + 340 * ((node - 1) % side) / side), repr(-80 + 160 * ((node - 1) // side) / side)]
        for node in range(1, problem.nodes + 1)
    ]
    links = [
        [f"a{number}", f"n{start}", f"n{end}", "pipeline", GOODS, capacity, "kt/yr", "false", "1", cost, ""]
        for number, (start, end, capacity, cost) in enumerate(problem.arcs, start=1)
    ]
    columns = [
        "link_id",
        "from_place",
        "to_place",
        "mode",
        "commodities",
        "capacity",
        "unit",
        "both_ways",
        "length_km",
        "cost_usd_t",
        "countries",
    ]
    tables = {schema.name: table_of(schema.file, [], []) for schema in TABLES if schema.name != "figures"}
    tables["places"] = table_of("places.csv", ["place_id", "name", "country", "lon", "lat"], places)
    tables["links"] = table_of("links.csv", columns, links)
    return tables
