"""Printed maps: figures for a report, each with a legend and its sources, that hold in black and white as well.

matplotlib is loaded with the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..allocation import Allocation
from . import payload, projection

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_IN = (10.0, 7.0)
"""Width and height of a map that fills a page of A4 laid across."""


def figure(
    network: Any,
    *,
    links: Iterable[str] | None = None,
    places: Iterable[str] | None = None,
    allocation: Allocation | None = None,
    compared: Allocation | None = None,
    title: str = "",
    subtitle: str = "",
    bounds: projection.Bounds | None = None,
    language: str = "en",
    size: tuple[float, float] = SIZE_IN,
    source: str = "",
) -> Figure:
    """A map for print: lines by mode, width by capacity, with a legend, a scale and its sources. ``size`` is in inches.

    ``links`` and ``places`` are the ids to draw (default: all). With an ``allocation`` widths are its computed amounts
    and numbers beside lines say them in Mt a year (gas: bcm); what it does not use is thin and grey, and where ``links``
    names none, those are drawn that carry one of its goods. ``compared`` is a second allocation, the state before: then
    widths are the differences; what gained is a full line with a plus, what lost a dashed one with a minus. ``bounds``
    (west, south, east, north in degrees) is what the map shows at least; by default what is drawn. ``source`` stands
    before the credits of the data. The map's own texts come in ``language`` (en, ru, kk). ``savefig`` writes PNG (300
    dots an inch), SVG and PDF, the same bytes each time. A sign that DejaVu Sans does not have is drawn as a box.

    Raises ValueError for an unknown id or language, an impossible box, a size that leaves no room for the map, and
    ``compared`` without ``allocation``.

    >>> import geodata
    >>> figure(geodata.read_network(), links=["rail-akhalkalaki-kars"], title="A railway", size=(6, 4))
    Map: A railway
    """
    from . import looks, press

    sheet = press.Sheet(network, title, subtitle, bounds, language, size, source)
    if compared is not None and allocation is None:
        raise ValueError("compared is the state before an allocation: give the allocation too")
    if links is None and allocation is not None:
        goods = {flow.commodity for flow in allocation.case.flows}
        links = [link.link_id for link in network.link_facts.values() if goods & link.commodities]
    chosen = payload.select(network, links, places, ())
    look = looks.by_capacity(chosen, language) if allocation is None else looks.by_plan(chosen, allocation, compared, language)
    return press.drawn(sheet, chosen, look)


def routes_figure(
    network: Any,
    ways: Sequence[tuple[str, Sequence[str]]],
    *,
    links: Iterable[str] = (),
    title: str = "",
    subtitle: str = "",
    bounds: projection.Bounds | None = None,
    language: str = "en",
    size: tuple[float, float] = SIZE_IN,
    source: str = "",
) -> Figure:
    """A map for print of ways (what the legend says of each, and its link ids in order), with their numbers on them.

    Other ``links`` are thin and pale beside them. The rest is as in `figure`; raises ValueError as it does, and for no way.

    >>> import geodata
    >>> routes_figure(geodata.read_network(), [("By Kars", ["rail-akhalkalaki-kars"])], title="A way", size=(6, 4))
    Map: A way
    """
    from . import looks, press

    sheet = press.Sheet(network, title, subtitle, bounds, language, size, source)
    if not ways:
        raise ValueError("routes_figure needs at least one way")
    chosen = payload.select(network, {*links, *(link for _, way in ways for link in way)}, None, ())
    return press.drawn(sheet, chosen, looks.by_route(chosen, ways, language))
