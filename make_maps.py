#!/usr/bin/env python3
"""Make the maps: every page and the gallery, in one folder that opens anywhere.

python make_maps.py                       all pages of the packaged network, in maps/
python make_maps.py --network my-network  the same for your own tables (see README.md)
python make_maps.py --notebooks           all pages, and one for each notebook, executed anew
python make_maps.py --figures             all pages, and every map as a printed figure
python make_maps.py --brief cpc-stopped   a two-page report on a scenario, in three languages, in maps/briefs/
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NoReturn

NOTEBOOKS = Path(__file__).resolve().parent / "notebooks"


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = _Parser(
        prog="make_maps.py",
        description="Make the maps: every page and the gallery, in one folder that opens anywhere without a network.",
        epilog="The folder is replaced as a whole when everything is ready; until then, and if anything fails, it stays as it was. "
        "A page is made anew only where something it is made from has changed, or its file is not as it was made.",
    )
    parser.add_argument("--out", type=Path, default=Path("maps"), metavar="FOLDER", help="where the pages go (default: maps)")
    parser.add_argument(
        "--network", type=Path, metavar="FOLDER", help="a folder with your own places.csv, links.csv ... (default: the packaged network)"
    )
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="make this page alone, leaving the others as they are; may be repeated"
    )
    parser.add_argument("--year", type=int, metavar="YEAR", help="the year to show (default: 2024)")
    parser.add_argument(
        "--notebooks", action="store_true", help="also execute every notebook and make a page of it (needs the extra 'notebooks')"
    )
    parser.add_argument(
        "--figures", action="store_true", help="also draw every map for print: PNG, SVG and PDF, in English, Russian and Kazakh"
    )
    parser.add_argument(
        "--brief",
        action="append",
        metavar="SCENARIO",
        help="make a two-page report on this scenario, HTML and PDF, and nothing else; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="list the pages and stop")
    asked = parser.parse_args(given)
    if asked.brief and (asked.only or asked.notebooks or asked.figures or asked.list):
        parser.error("--brief goes with --out, --network and --year alone")
    return asked


def main(given: list[str] | None = None) -> int:
    asked = arguments(given)
    started = time.monotonic()
    notebooks = NOTEBOOKS if asked.notebooks else None
    # Imported here, so that --help answers at once.
    from routes.maps.build import BuildError, make, names

    try:
        if asked.brief:
            return _briefs(asked, started)
        if asked.list:
            print("\n".join(f"{name:<28} {title}" for name, title in names(asked.network, notebooks)))
            return 0
        result = make(
            asked.out,
            folder=asked.network,
            only=asked.only,
            year=asked.year,
            progress=_say,
            notebook_folder=notebooks,
            figures=asked.figures,
        )
    except BuildError as error:
        print(f"make_maps.py: {error}", file=sys.stderr)
        return 2
    count = "1 page" if len(result.files) == 1 else f"{len(result.files)} pages"
    count += f" ({result.kept} unchanged)" if result.kept else ""
    print(f"{count}, {result.size / 1e6:.1f} MB, {time.monotonic() - started:.0f} s: open {result.start}")
    return 0


def _briefs(asked: argparse.Namespace, started: float) -> int:
    from routes.maps.reports import make_briefs

    files = make_briefs(asked.out, asked.brief, folder=asked.network, year=asked.year, progress=_tell)
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files)} files, {size / 1e6:.1f} MB, {time.monotonic() - started:.0f} s: see {files[0].parent}")
    return 0


def _tell(done: int, of: int, name: str, headline: str) -> None:
    print(f"[{done:>2}/{of}] {name}: {headline}", flush=True)


def _say(done: int, of: int, name: str, kept: bool) -> None:
    print(f"[{done:>2}/{of}] {name}{' (unchanged)' if kept else ''}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
