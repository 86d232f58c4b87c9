"""Every colour, width, dash and mark of the maps, so that a page, a thumbnail and a figure look alike."""

import math

MODES = ("pipeline", "rail", "road", "sea", "inland_water", "transfer")
COMMODITIES = ("crude", "products", "gas", "container", "bulk")
STATUSES = ("operating", "suspended", "under_construction", "planned", "proposed", "closed")

# Okabe and Ito's colours stay apart for every common kind of colour blindness. The dark set is the same hues, lightened
# until each has a contrast of at least 3 : 1 with the dark land. "gas" is the accent of a pipeline that carries gas alone.
MODE_COLOURS = {
    "pipeline": "#d55e00",
    "gas": "#a8770a",
    "rail": "#0072b2",
    "road": "#b0578d",
    "sea": "#00805d",
    "inland_water": "#2f8fc4",
    "transfer": "#6d7278",
}
MODE_COLOURS_DARK = {
    "pipeline": "#f58433",
    "gas": "#e6b13a",
    "rail": "#55aee8",
    "road": "#df9cc4",
    "sea": "#35c397",
    "inland_water": "#9bd5f5",
    "transfer": "#a9aeb5",
}
DASHES = {
    "operating": "",
    "suspended": "10 6",
    "under_construction": "6 4",
    "planned": "2 7",
    "proposed": "2 7",
    "closed": "1 11",
}

LIGHT = {
    "sea": "#dde8ee",
    "land": "#f6f4ef",
    "home": "#ebe4d1",
    "border": "#c9c4b8",
    "casing": "#ffffff",
    "halo": "#fbfaf7",
    "ink": "#1b2129",
    "muted": "#56606c",
    "country": "#6a6558",
    "water": "#456a83",
    "paper": "#ffffff",
    "tint": "#f4f5f6",
    "rule": "#dde0e4",
    "field": "#828b96",
    "accent": "#0a5796",
    "on-accent": "#ffffff",
    "assumed": "#8a4b00",
    "assumed-bg": "#fff1dc",
    "sourced": "#14602f",
    "sourced-bg": "#e4f3e7",
}
DARK = {
    "sea": "#131a21",
    "land": "#252a31",
    "home": "#31343a",
    "border": "#444b54",
    "casing": "#1a1e24",
    "halo": "#1c2026",
    "ink": "#eceef0",
    "muted": "#a9b2bd",
    "country": "#a8a497",
    "water": "#86a9c0",
    "paper": "#171b20",
    "tint": "#20252c",
    "rule": "#343b44",
    "field": "#7b8591",
    "accent": "#86bdf2",
    "on-accent": "#0d1a26",
    "assumed": "#ffc680",
    "assumed-bg": "#40290b",
    "sourced": "#9bdcae",
    "sourced-bg": "#15331f",
}

# How a line stands in a plan: out of use, unchanged, closed, gained, lost, and four steps of use. The steps of use and the
# pair of change are safe for deutan and protan eyes; widths, dashes and words say the same without colour.
TONES = {
    "idle": "#a9a69c",
    "kept": "#7d8086",
    "shut": "#b3261e",
    "gained": "#0a5796",
    "lost": "#b84a00",
    "used0": "#4575b4",
    "used1": "#6aa5cc",
    "used2": "#e8743b",
    "used3": "#c4231c",
}
TONES_DARK = {
    "idle": "#676d75",
    "kept": "#9298a0",
    "shut": "#ff8a80",
    "gained": "#6cb4f5",
    "lost": "#ff9d5c",
    "used0": "#6f9bd8",
    "used1": "#9fd0ea",
    "used2": "#fc9d6b",
    "used3": "#ff6a5e",
}

HAIRLINE_PX = 1.2
PX_PER_MT = 0.13
# A bcm of gas moves about 0.75 Mt; this keeps the widest gas line (55 bcm) beside a 45 Mt oil line.
PX_PER_BCM = 0.11
CAP_PX = 11.0
UNLIMITED_PX = 1.8
CASING_PX = 1.3

HOME = "KAZ"
"""The country the atlas is about, tinted on the base map."""


def colour_key(mode: str, commodities: tuple[str, ...]) -> str:
    """The key of a link's colour: its mode, or "gas" for a pipeline that carries gas alone."""
    return "gas" if mode == "pipeline" and commodities == ("gas",) else mode


def width_px(capacity: float, *, gas: bool) -> float:
    """The width of a line in pixels for a capacity in kt a year (gas: mcm a year); open sea gets a thin fixed line."""
    if not math.isfinite(capacity):
        return UNLIMITED_PX
    slope = PX_PER_BCM if gas else PX_PER_MT
    return round(min(CAP_PX, HAIRLINE_PX + slope * max(capacity, 0.0) / 1000), 2)


def css_variables() -> str:
    """The palettes as CSS variables: light, on a screen dark on demand or by the reader's system, on paper always light."""
    light = _declarations(LIGHT, MODE_COLOURS, TONES)
    dark = "{color-scheme:dark;" + _declarations(DARK, MODE_COLOURS_DARK, TONES_DARK) + "}"
    return (
        f":root{{color-scheme:light;{light}}}"
        f'@media screen{{:root[data-theme="dark"]{dark}}}'
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme]){dark}}}"
    )


def _declarations(palette: dict[str, str], modes: dict[str, str], tones: dict[str, str]) -> str:
    named = [("", palette), ("m-", modes), ("t-", tones)]
    return "".join(f"--{prefix}{name}:{colour};" for prefix, colours in named for name, colour in colours.items())
