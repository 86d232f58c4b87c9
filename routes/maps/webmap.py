"""The atlas' interactive map: a folium map in Lambert's projection that saves itself as one offline file."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

import folium
import numpy as np
from folium.template import Template

from ..cases import Case, read_case
from ..variants import Board
from ..variants import board as board_of
from . import basemap, packing, payload, projection, style, text
from .layer import NetworkLayer, fixed_bytes
from .page import Page
from .replan import replan
from .text import Text

CANVAS_FROM_LINKS = 3000
"""From so many links on, the browser draws them on a canvas: slower to restyle, but it opens."""

PAGE_BYTES, PLANNING_PAGE_BYTES = 530_000, 680_000
"""What a page, and one that plans, may weigh; the base map gets what the network leaves of it, within its own bounds."""

_LAND_TIMES = 2.4


class AtlasMap(folium.Map):
    """A folium map without tiles, in a conic projection of its own; stock vector layers can be added to it."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}
            <meta name="viewport" content="width=device-width, initial-scale=1">
        {% endmacro %}
        {% macro html(this, kwargs) %}
            <a class="skip" href="#atlas-panel">{{ this.words["skip"] }}</a>
            <div class="atlas">
                <main class="stage"><div class="folium-map" id={{ this.get_name()|tojson }}></div></main>
                <aside class="panel" id="atlas-panel" tabindex="-1"><noscript>{{ this.words["noscript"] }}</noscript></aside>
            </div>
            <div class="sr" id="atlas-live" role="status" aria-live="polite"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                center: {{ this.location|tojson }},
                crs: atlasLambert({{ this.cone|list|tojson }}),
                ...{{ this.options|tojavascript }}
            });
        {% endmacro %}
        """
    )
    default_js = folium.Map.default_js[:1]
    default_css = folium.Map.default_css[:1]

    def __init__(self, page: Page, cone: projection.Lambert, language: str) -> None:
        super().__init__(
            location=[cone.lat_0, cone.lon_0],
            tiles=None,
            zoom_start=4,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
            wheel_px_per_zoom_level=110,
            bounce_at_zoom_limits=False,
        )
        # folium heeds its own arguments for these only where there are tiles.
        self.options |= {"min_zoom": 2, "max_zoom": 10}
        self.cone = cone
        self.words = {key: html.escape(text.strings(language)[key]) for key in ("skip", "noscript")}
        page.add_child(self)


def atlas(
    network: Any,
    *,
    title: Text = "",
    subtitle: Text = "",
    links: Iterable[str] | None = None,
    places: Iterable[str] | None = None,
    comparisons: Sequence[Any] = (),
    bounds: projection.Bounds | None = None,
    language: str = "en",
    notes: Sequence[Text] = (),
    page: str | None = None,
    case: Case | str | None = None,
) -> folium.Map:
    """A map of a network that opens anywhere: one file without a request, beside it what the analysis compared.

    With a `case` (or the name of one) the map plans: its flows are the plan of `routes.allocate`, and the reader closes
    links, places, corridors and states, chooses scenarios and years, and sees the plan anew, as `allocate` would have it.

    `links` and `places` are the ids to draw (default: all; the links of compared routes are always drawn).
    `comparisons` have a title, routes (as `routes.alternatives` returns them) and a note. `bounds` (west, south, east,
    north) is the first view. Texts may be given once or as a dict by language (en, ru, kk). `page` is the file name
    of the map within a gallery; it adds the way back to its index.

    Raises ValueError for an unknown id, case, language or an impossible box.
    """
    text.check(language)
    if bounds is not None and not projection.is_box(bounds):
        raise ValueError(f"bounds must be west < east, south < north in degrees; got {bounds!r}")
    links = None if links is None else tuple(links)
    places = None if places is None else tuple(places)
    board = None if case is None else _board(network, case, comparisons)
    if board is not None:
        links = tuple(sorted({*(board.links if links is None else links), *board.links}))
        places = tuple(sorted({*(places or ()), *(place for graph in board.graphs.values() for place in graph.places)}))
    chosen = payload.select(network, links, places, comparisons)
    drawn = projection.extent(np.concatenate([np.asarray(chosen.links.geometry), np.asarray(chosen.places.geometry)]))
    view = bounds or _first_view(chosen, comparisons) or drawn
    cone = projection.lambert(view)
    contents = payload.tables(network, chosen, comparisons)
    contents |= {
        "language": language,
        "languages": text.LANGUAGES,
        "strings": text.page_strings(),
        "title": text.in_all(title),
        "subtitle": text.in_all(subtitle),
        "notes": [text.in_all(note) for note in notes],
        "year": network.year,
        "index": page is not None,
        "view": None if view == drawn else list(view),
        "canvas": len(chosen.links) > CANVAS_FROM_LINKS,
        "style": _style(),
        "names": _country_names(chosen, comparisons),
    }
    if board is not None:
        contents["plan"] = replan(
            board, chosen, {at: item.question for at, item in enumerate(comparisons) if getattr(item, "question", None)}
        )
    most = PAGE_BYTES if board is None else PLANNING_PAGE_BYTES
    room = most - fixed_bytes(contents) - len(packing.safe_json(contents).encode())
    whole = projection.around(projection.edge(view), cone, _LAND_TIMES)
    contents["base"] = basemap.basemap(whole, projection.padded(view, 0.05), room)
    figure = Page(
        title=text.in_one(title, language),
        language=language,
        picture=lambda: _still(network, links, bounds),
    )
    result = AtlasMap(figure, cone, language)
    NetworkLayer(contents).add_to(result)
    return result


def _still(network: Any, links: Iterable[str] | None, bounds: projection.Bounds | None) -> bytes:
    """The picture under the map in a notebook; matplotlib is loaded only for it."""
    from .shown import map_png

    return map_png(network, links=links, bounds=bounds)


def _board(network: Any, case: Case | str, comparisons: Sequence[Any]) -> Board:
    """The case under every year and scenario, on graphs that the compared routes can be sought on as well."""
    asked = read_case(case, network) if isinstance(case, str) else case
    ends: dict[str, set[str]] = {}
    for item in comparisons:
        if getattr(item, "question", None):
            ends.setdefault(item.routes.commodity, set()).update((item.routes.origin, item.routes.destination))
    return board_of(network, asked, ends=ends)


def _first_view(chosen: payload.Selection, comparisons: Sequence[Any]) -> projection.Bounds | None:
    """The core of a far-flung page, with every place that a comparison starts or ends at; None where all is to be seen."""
    core = projection.core(np.asarray(chosen.places.geometry))
    ends = {end for item in comparisons for end in (item.routes.origin, item.routes.destination)}
    if core is None or not ends:
        return core
    at = projection.extent(np.asarray(chosen.places.geometry[chosen.places["place_id"].isin(ends)]))
    return projection.union(core, projection.padded(at, 0.03))


def _style() -> dict[str, Any]:
    return {
        "dashes": style.DASHES,
        "casing": style.CASING_PX,
        "modes": style.MODES,
        "commodities": style.COMMODITIES,
        "unlimited": style.UNLIMITED_PX,
        "samples": [[mt, style.width_px(mt * 1000.0, gas=False)] for mt in (5, 20, 70)],
        "gas_samples": [[bcm, style.width_px(bcm * 1000.0, gas=True)] for bcm in (10, 50)],
        "widths": {"hair": style.HAIRLINE_PX, "mt": style.PX_PER_MT, "bcm": style.PX_PER_BCM, "cap": style.CAP_PX},
    }


def _country_names(chosen: payload.Selection, comparisons: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """Names of every country that a place, a link or a route on the page speaks of."""
    codes = set(chosen.places["country"]) | {code for cell in chosen.links["countries"] for code in payload.split_list(cell)}
    codes |= {code for item in comparisons for codes in item.routes.table["countries"] for code in codes}
    names = text.country_names()
    return {code: names[code] for code in sorted(codes) if code in names}
