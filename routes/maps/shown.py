"""Small pictures of networks and answers for notebooks: a map of a few dozen kilobytes, without title and legend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.network import Network

from ..allocation import Allocation
from ..comparison import Comparison
from ..flow import MaxFlow
from ..routing import Routes
from . import looks, payload, projection

if TYPE_CHECKING:
    from .looks import Look

SIZE_IN = (6.4, 4.0)
DPI, COLOURS = 100, 28
#: Beyond so many links only the widest are drawn: more of them would be a blot.
MOST_LINKS = 2000


def picture(thing: object) -> bytes | None:
    """A PNG of a network, of ways lit and numbered, of a flow, of a plan, or of what differs between two plans.

    None for anything else, and for an answer that sends nothing anywhere.
    """
    if isinstance(thing, Network):
        return map_png(thing)
    if isinstance(thing, Routes):
        return _ways(thing)
    if isinstance(thing, MaxFlow):
        return _flow(thing)
    if isinstance(thing, Allocation):
        return _plan(thing, None) if thing.sent else None
    return _difference(thing) if isinstance(thing, Comparison) else None


def map_png(network: Network, *, links: Iterable[str] | None = None, bounds: projection.Bounds | None = None) -> bytes:
    """A network, or some links of it, with widths by capacity."""
    chosen = payload.select(network, links, None, ())
    if len(chosen.links) > MOST_LINKS:
        widest = chosen.links.sort_values(["capacity", "link_id"], ascending=[False, True]).head(MOST_LINKS)
        chosen = payload.select(network, widest["link_id"], None, ())
    return _drawn(network, chosen, looks.by_capacity(chosen, "en"), bounds)


def _ways(found: Routes) -> bytes | None:
    if found.network is None or not len(found):
        return None
    ways = [(str(rank), links) for rank, links in zip(found.table["rank"], found.table["links"], strict=True)]
    chosen = payload.select(found.network, {link for _, way in ways for link in way}, None, ())
    return _drawn(found.network, chosen, looks.by_route(chosen, ways, "en"))


def _flow(found: MaxFlow) -> bytes | None:
    if found.network is None or found.flows.empty:
        return None
    amounts = dict(zip(found.flows["link_id"].tolist(), found.flows["flow"].tolist(), strict=True))
    cut = [name for name in found.source_cut if name in found.network.link_facts]
    chosen = payload.select(found.network, {*amounts, *cut}, None, ())
    return _drawn(found.network, chosen, looks.by_flow(chosen, amounts, frozenset(found.source_cut), "en"))


def _plan(plan: Allocation, before: Allocation | None) -> bytes:
    goods = {flow.commodity for flow in plan.case.flows}
    links = [link.link_id for link in plan.network.link_facts.values() if goods & link.commodities]
    chosen = payload.select(plan.network, links, None, ())
    return _drawn(plan.network, chosen, looks.by_plan(chosen, plan, before, "en"))


def _difference(found: Comparison) -> bytes | None:
    """The last plan against the first; the plan itself where the two do not differ, or there is one alone."""
    plans = [found.plans[one.name] for one in found.scenarios if one.name in found.plans]
    if not plans:
        return None
    differ = len(plans) > 1 and not _same(plans[0], plans[-1])
    return _plan(plans[-1], plans[0] if differ else None)


def _same(one: Allocation, other: Allocation) -> bool:
    first, second = (plan.links.set_index("link_id")["amount"] for plan in (one, other))
    change: pd.Series[Any] = second.sub(first, fill_value=0.0).abs()
    return bool(change.max() < looks.TRACE)


def _drawn(network: Network, chosen: payload.Selection, look: Look, bounds: projection.Bounds | None = None) -> bytes:
    from . import press
    from .paper import few_colours

    sheet = press.Sheet(network, "", "", bounds, "en", SIZE_IN, "")
    return few_colours(press.drawn(sheet, chosen, look, bare=True), dpi=DPI, colours=COLOURS)[0]
