"""The finished file: a branca figure that renders once, inlines what it links to, and forbids everything else.

branca compiles rendered text a second time as a template, gives elements random ids, and links to five servers. A page
therefore keeps rendered text as it is, numbers the ids in their order, and raises on a link it has no packaged file for.
"""

import base64
import hashlib
import html
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.resources import files

from branca.element import CssLink, Element, Figure, JavascriptLink, Link
from folium.map import Icon
from folium.raster_layers import ImageOverlay, TileLayer, VideoOverlay, WmsTileLayer

_LEAFLET = "leaflet"
LEAFLET_SHA256 = {
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
}
"""Leaflet 1.9.4 as its authors published it."""

_RANDOM_ID = re.compile(r"_([0-9a-f]{32})(?![0-9a-zA-Z])")
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL | re.IGNORECASE)
_INERT = 'type="application/json"'
_SLOTS = ("header", "html", "script")


class Raw(Element):
    """Text that reaches the page untouched, never read as a template and never renumbered."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text

    def render(self, **kwargs: object) -> str:
        """The text itself."""
        return self.text


class Page(Figure):
    """The root of an atlas map: `render` gives one self-contained HTML file, the same at every call."""

    def __init__(self, *, title: str, language: str, picture: Callable[[], bytes]) -> None:
        super().__init__(height="640px")
        self.header._children.clear()
        self.title = title
        self.language = language
        self.picture = picture

    def render(self, **kwargs: object) -> str:
        """The page as HTML. Raises ValueError where an element needs a file that is not packaged."""
        elements = list(_tree(self))
        _refuse_outsiders(elements)
        # Elements leave their text in the slots, and markers their icons' scripts among their own children, as they
        # render; a second rendering must not find the first.
        parts = [*elements, *(getattr(self, slot) for slot in _SLOTS)]
        kept = [OrderedDict(part._children) for part in parts]
        try:
            for child in self._children.values():
                child.render(**kwargs)
            header, body, script = (self._slot(slot, **kwargs) for slot in _SLOTS)
        finally:
            for part, children in zip(parts, kept, strict=True):
                part._children = children
        return _with_policy(self._document(header, body, script))

    def _slot(self, slot: str, **kwargs: object) -> list[Element]:
        return [_settled(child, **kwargs) for child in getattr(self, slot)._children.values()]

    def _document(self, header: list[Element], body: list[Element], script: list[Element]) -> str:
        numbers: dict[str, int] = {}
        parts = ["\n".join(_text(element, numbers) for element in slot) for slot in (header, body, script)]
        # A name inside a stock layer's script could otherwise end the script and begin another.
        script_text = re.sub(r"<(?=/script|!--)", r"\\x3c", parts[2], flags=re.IGNORECASE)
        return (
            f'<!DOCTYPE html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n<!--policy-->\n'
            f"<title>{html.escape(self.title or '')}</title>\n{parts[0]}\n</head>\n"
            f"<body>\n{parts[1]}\n<script>\n{script_text}\n</script>\n</body>\n</html>\n"
        )

    def _repr_html_(self, **kwargs: object) -> str:
        """The map for a notebook: a picture with the live map laid over it, so that an untrusted one still shows a map."""
        return (
            f'<div style="position:relative;width:100%;height:{self.height}">{self._still()}'
            f'<iframe srcdoc="{html.escape(self.render(**kwargs))}" title="{html.escape(self.title or "")}" '
            f'style="position:absolute;width:100%;height:100%;border:0" allowfullscreen></iframe></div>'
        )

    def _still(self) -> str:
        """The picture under the live map, a PNG, which a repository's web view keeps; none where it cannot be drawn."""
        try:
            packed = base64.b64encode(self.picture()).decode()
        except Exception:
            return ""
        return (
            f'<img alt="{html.escape(self.title or "")}" src="data:image/png;base64,{packed}" '
            f'style="position:absolute;width:100%;height:100%;object-fit:contain">'
        )


def _tree(element: Element) -> Iterator[Element]:
    yield element
    for child in list(element._children.values()):
        yield from _tree(child)


def _refuse_outsiders(elements: Iterable[Element]) -> None:
    """Raise ValueError for what would fetch something: tiles, pictures on a server, icons of a font that is not packaged."""
    for element in elements:
        if isinstance(element, TileLayer | WmsTileLayer):
            raise ValueError("an offline page cannot hold a layer of map tiles; add it to a plain folium.Map instead")
        if isinstance(element, ImageOverlay | VideoOverlay) and re.match(r"(https?:)?//", str(getattr(element, "url", ""))):
            raise ValueError("an offline page cannot hold a picture from a server; give the picture itself")
        if type(element) is Icon:
            raise ValueError("an offline page cannot hold folium.Icon, whose signs are a font on a server; use folium.DivIcon")


def packaged(name: str) -> str:
    """A file of this package's static folder, or one of Leaflet's, as text ready to be inlined."""
    if name in LEAFLET_SHA256:
        return _leaflet(name)
    lines = (line.strip() for line in files(__package__).joinpath("static", name).read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


@cache
def leaflet_file(name: str) -> bytes:
    """A file of the packaged Leaflet, byte for byte."""
    return files("js_lib_leaflet").joinpath("static", "js_lib_leaflet", name).read_bytes()


@cache
def _leaflet(name: str) -> str:
    text = leaflet_file(name).decode("utf-8")
    # The source map is a second file, which a browser's tools would ask for.
    text = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "", text)
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/|(?<=\n)\s+", "", text, flags=re.DOTALL)
    # Leaflet reads the folder of its markers from this rule; stock.js hands it the pictures themselves.
    text = text.replace("url(images/marker-icon.png)", "none")
    return re.sub(r"url\(images/([\w-]+\.png)\)", lambda found: f"url({data_uri('images/' + found[1])})", text).strip()


def data_uri(name: str) -> str:
    """A picture of the packaged Leaflet as a data URI."""
    return f"data:image/png;base64,{base64.b64encode(leaflet_file(name)).decode()}"


def _settled(element: Element, **kwargs: object) -> Element:
    """An element whose text is final: a link becomes the file it names, rendered text stays as it is."""
    if isinstance(element, Raw):
        return element
    if isinstance(element, Link):
        return Raw(_inlined(element))
    text = element._template_str if type(element) is Element else None
    settled = Element()
    settled._template_str = element.render(**kwargs) if text is None else text
    return settled


def _text(element: Element, numbers: dict[str, int]) -> str:
    if isinstance(element, Raw):
        return element.text
    text = element._template_str or ""
    return _RANDOM_ID.sub(lambda found: f"_{numbers.setdefault(found[1], len(numbers) + 1)}", text.strip())


def _inlined(link: Link) -> str:
    """The text that stands for a link to Leaflet, whichever server and version it names; ValueError for any other."""
    name = re.sub(r"[?#].*$", "", link.url).rsplit("/", 1)[-1]
    if _LEAFLET in link.url and name in LEAFLET_SHA256:
        if isinstance(link, CssLink):
            return f"<style>{packaged(name)}</style>"
        if isinstance(link, JavascriptLink):
            return f"<script>{packaged(name)}</script>"
    raise ValueError(
        f"an offline page cannot hold {link.url!r}: no packaged file stands for it. "
        "Leave out the layer that needs it, or add that layer to a plain folium.Map"
    )


def _with_policy(document: str) -> str:
    """`document` with a Content-Security-Policy that lets exactly its own scripts run and nothing be fetched."""
    bodies = [found["body"] for found in _SCRIPT.finditer(document) if _INERT not in found["attributes"]]
    hashes = sorted({base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies})
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    return document.replace("<!--policy-->", f'<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
