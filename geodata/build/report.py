"""What a run of the builder says at its end, as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .run import Result
from .tables import Drawing

TOLERATED = 0.05


def lines(result: Result, out: Path) -> Iterator[str]:
    """The report, line by line: modes, land under the lanes, published lengths, remarks, file sizes."""
    yield from _modes(result)
    yield from _land(result)
    yield from _lengths(result)
    yield from _remarks(result)
    yield from _sizes(out)


def _modes(result: Result) -> Iterator[str]:
    yield f"{'mode':<14}{'quality':<12}{'links':>6}{'km':>10}{'vertices':>10}"
    for mode, quality in sorted({(drawing.mode, drawing.quality) for drawing in result.drawings}):
        some = [drawing for drawing in result.drawings if (drawing.mode, drawing.quality) == (mode, quality)]
        km, vertices = sum(drawing.drawn_km for drawing in some), sum(len(drawing.points) for drawing in some)
        yield f"{mode:<14}{quality:<12}{len(some):>6}{km:>10.0f}{vertices:>10}"


def _land(result: Result) -> Iterator[str]:
    lanes = [drawing for drawing in result.drawings if drawing.quality == "lane"]
    ashore = sorted(lanes, key=lambda drawing: (-drawing.land_km, drawing.link_id))[:3]
    worst = ", ".join(f"{drawing.link_id} {drawing.land_km:.0f}" for drawing in ashore)
    yield f"sea lanes over land: {sum(drawing.land_km for drawing in lanes):.0f} km; most: {worst or 'none'}"


def _lengths(result: Result) -> Iterator[str]:
    drawn = {drawing.link_id: drawing for drawing in result.drawings}
    pairs = [(link, drawn[link.link_id]) for link in result.links if link.published_km and link.link_id in drawn]
    off = [(link, drawing) for link, drawing in pairs if abs(_share(drawing, link.published_km)) > TOLERATED]
    yield f"published lengths: {len(pairs)}, more than {TOLERATED:.0%} off: {len(off)}"
    for link, drawing in off:
        network = f", network {drawing.network_km:.0f}" if drawing.network_km else ""
        yield (
            f"  {link.link_id}: published {link.published_km:.0f}, drawn {drawing.drawn_km:.0f}{network} "
            f"({_share(drawing, link.published_km):+.1%})"
        )


def _share(drawing: Drawing, published_km: float | None) -> float:
    return (drawing.network_km or drawing.drawn_km) / published_km - 1 if published_km else 0.0


def _remarks(result: Result) -> Iterator[str]:
    fatal = sum(remark.fatal for remark in result.remarks)
    yield f"remarks: {len(result.remarks)}, of which not drawn: {fatal}"
    for remark in result.remarks:
        yield f"  {'NOT DRAWN ' if remark.fatal else ''}{remark.link_id}: {remark.message}"


def _sizes(out: Path) -> Iterator[str]:
    files = sorted(out.glob("*.geojson"))
    for path in files:
        yield f"{path.name:<22}{path.stat().st_size / 1e6:>8.3f} MB"
    yield f"{'all':<22}{sum(path.stat().st_size for path in files) / 1e6:>8.3f} MB"
