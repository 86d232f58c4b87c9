"""What was made from what: a key for each page, so that one whose inputs are the same as before is not made again.

A key is the SHA-256 of everything that shapes a page: the files of the packages, the installed libraries, the network's
files, the year and the page's name. The tables of cases and scenarios, which change most often, count only for the pages
that say they use them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import distributions
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from geodata.schema import BASE_YEAR

from .gallery import BESIDE, GalleryPage

FILE = ".made.json"
TABLES = ("cases", "scenarios")
"""The tables that a page has to name in its ``uses``; all others count for every page."""
PACKAGES = ("geodata", "routes", "seeds")


class Record(NamedTuple):
    """What is known of a page that was made: its key, the SHA-256 of each of its files, and its card in the index."""

    key: str
    files: Mapping[str, str]
    card: GalleryPage

    def intact(self, folder: Path) -> bool:
        """Whether every file is there as it was made."""
        return all((folder / file).is_file() and digest(folder / file) == found for file, found in self.files.items())


class Inputs:
    """The state of everything that pages are made from, as it was when this was made."""

    def __init__(self, folder: Path | None, year: int | None) -> None:
        self._year = BASE_YEAR if year is None else year
        self._files = {name: found for package in PACKAGES for name, found in _tree(files(package), package)}
        packaged = {name: self._files.pop(f"geodata/tables/{name}.csv") for name in TABLES}
        if folder is None:
            self._tables = packaged
        else:
            self._files |= dict(_network_files(folder))
            self._tables = {name: self._files.pop(f"./{name}.csv", "") for name in TABLES}

    @cached_property
    def _common(self) -> str:
        libraries = sorted(f"{one.name}=={one.version}" for one in distributions())
        return _hash([self._files, libraries, sys.version, self._year])

    def key(self, name: str, uses: Iterable[str], source: Path | None, figures: bool) -> str:
        """The key of a page that uses some of TABLES, is made from ``source`` (a notebook's file), has printed figures or not."""
        return _hash([self._common, name, {table: self._tables[table] for table in uses}, digest(source) if source else "", figures])


def read(folder: Path) -> dict[str, Record]:
    """What was made in a folder, by name; nothing where no manifest is there, or it is not as it was written."""
    try:
        written = json.loads((folder / FILE).read_text("utf-8"))
        if written["sha256"] != _hash(written["pages"]):
            return {}
        return {name: _record(**page) for name, page in written["pages"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _record(key: str, files: Mapping[str, str], card: Mapping[str, Any]) -> Record:
    if not all(map(BESIDE.fullmatch, files)):
        raise ValueError("a file that does not lie in the folder")
    data = tuple((kind, file) for kind, file in card["data"])
    return Record(key, files, GalleryPage(**{**card, "data": data, "figures": tuple(card["figures"])}))


def text_of(records: Mapping[str, Record]) -> str:
    """The manifest's text: the same records give the same bytes."""
    pages = {name: {**record._asdict(), "card": record.card._asdict()} for name, record in records.items()}
    return json.dumps({"sha256": _hash(pages), "pages": pages}, ensure_ascii=False, indent=1) + "\n"


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _tree(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    """Path and SHA-256 of every file below a package's folder, but for what Python leaves there."""
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _tree(entry, f"{name}/{entry.name}")
        else:
            yield f"{name}/{entry.name}", hashlib.sha256(entry.read_bytes()).hexdigest()


def _network_files(folder: Path) -> Iterator[tuple[str, str]]:
    """The files that a network is read from."""
    for path in sorted([*folder.glob("*.csv"), *folder.glob("geometry/*.geojson")]):
        if path.is_file():
            yield f"./{path.relative_to(folder).as_posix()}", digest(path)
