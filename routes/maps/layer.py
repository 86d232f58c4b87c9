"""The network and its panel as one element of a folium map: styles and script from files, data in one inert element."""

from typing import Any

from branca.element import Element, MacroElement

from . import packing, style
from .page import LEAFLET_SHA256, Page, Raw, data_uri, packaged

_DATA_ID = "atlas-data"
_PARTS = (
    *("lambert", "kit", "permalink", "words", "names", "cards", "search", "comparison", "drawing", "export"),
    *("swipe", "panel", "atlas"),
)
_PLANNING = ("solver", "plan", "whatif")
"""What only a page with a plan needs: a third of the script."""
_MARKERS = ("marker-icon", "marker-shadow")


class NetworkLayer(MacroElement):
    """Draws `payload` on the map it is added to. Needs a Page as the root of that map."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__()
        self._name = "NetworkLayer"
        self.payload = payload

    def render(self, **kwargs: object) -> str:
        """Leave styles, script and data on the page. Raises TypeError where the root is another kind of figure."""
        page = self.get_root()
        if not isinstance(page, Page):
            raise TypeError("the network layer can only be drawn on a map that routes.maps.atlas made")
        styles, stock, script = _texts(self.payload)
        page.header.add_child(Raw(f"<style>{styles}</style>"), name="atlas_css")
        page.header.add_child(Raw(f"<script>{stock}</script>"), name="atlas_stock")
        page.header.add_child(Raw(f"<script>{script}</script>"), name="atlas_js")
        data = f'<script type="application/json" id="{_DATA_ID}">{packing.safe_json(self.payload)}</script>'
        page.html.add_child(Raw(data), name="atlas_data")
        start = f"routesAtlas({self.parent_map().get_name()}, {_DATA_ID!r});"
        # An Element, not Raw: its text names the map, whose id is still to be numbered.
        page.script.add_child(Element(start), name="atlas_start")
        return ""

    def parent_map(self) -> Element:
        """The map it is drawn on."""
        if self._parent is None:
            raise TypeError("the network layer is on no map yet")
        return self._parent


def fixed_bytes(payload: dict[str, Any]) -> int:
    """What a page with this data weighs without its data: Leaflet, the page's own script and its styles."""
    return sum(len(text.encode()) for text in (*map(packaged, LEAFLET_SHA256), *_texts(payload)))


def _texts(payload: dict[str, Any]) -> tuple[str, str, str]:
    """Styles, the script for stock layers and the page's own."""
    marker = f"window.ATLAS_MARKER={packing.safe_json([data_uri(f'images/{name}.png') for name in _MARKERS])};"
    parts = (*_PARTS, *(_PLANNING if "plan" in payload else ()), *(("canvas",) if payload["canvas"] else ()))
    script = "\n".join(["'use strict';", *(packaged(f"{part}.js") for part in parts)])
    return style.css_variables() + packaged("atlas.css"), marker + packaged("stock.js"), script
