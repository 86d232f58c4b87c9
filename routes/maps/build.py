"""The main job: compute what the pages show, draw them, and put them in place together.

A page whose inputs are the same as when it was made, and whose files are still as they were made, is kept as it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from . import manifest
from .entries import BuildError, Entry, Made, Order, entries, make_one, read
from .gallery import gallery
from .manifest import Inputs, Record
from .notebook import PREFIX, NotebookError
from .reports import FOLDER

INDEX = "index.html"
#: Stands in every index this job has written; a folder without it is somebody else's and is not replaced.
MARK = '<meta name="generator" content="transit-route-atlas">'
ALONE = 8
"""So many maps are drawn before another process has read the network; a page that plans flows takes as long as LONG of them."""
LONG = 4
Progress = Callable[[int, int, str, bool], None]
"""Told of each page in order: its number, how many there are, its file, and whether it was kept as it was."""

__all__ = ["BuildError", "Built", "make", "names"]


class Built(NamedTuple):
    """What was made: the index, the pages, how many of them were kept as they were, and the bytes of all their files."""

    start: Path
    files: tuple[Path, ...]
    kept: int
    size: int


def names(folder: Path | None, notebook_folder: Path | None = None) -> list[tuple[str, str]]:
    """Name and title of every page there is for a network, and of every notebook of a folder."""
    order = Order(folder, None, notebook_folder, figures=False)
    return [(entry.name, entry.title) for entry in entries(order, read(order))]


def make(
    out: Path,
    *,
    folder: Path | None,
    only: Sequence[str] | None,
    year: int | None,
    progress: Progress,
    notebook_folder: Path | None = None,
    figures: bool = False,
) -> Built:
    """Make the pages in a temporary folder beside ``out`` and swap the two; a page that nothing changed in is kept.

    ``notebook_folder`` adds a page for each notebook in it, ``figures`` the printed figures of every map. Pages of notebooks
    that were there before stay where ``only`` leaves the rest as it is; a whole build without notebooks does not keep them.
    Raises BuildError, with nothing changed, where the network, a page name, the year, a notebook or the folder is wrong.
    """
    out = out.resolve()
    order = Order(folder, year, notebook_folder, figures)
    try:
        # Noted before anything is read: what changes in between is made anew the next time.
        inputs = Inputs(folder, year)
        there = entries(order, read(order))
        wanted = _wanted(there, only)
        _check_out(out)
        before = manifest.read(out)
        if only and not before:
            # Nobody knows what the other pages were made from, nor how their cards read.
            wanted |= {entry.name for entry in there if (out / entry.file).exists()}
        keys = {entry.name: inputs.key(entry.name, entry.uses, entry.source, entry.figures) for entry in there if entry.name in wanted}
        return _make(_Job(order, there, keys, before, out, bool(only)), progress)
    except NotebookError as error:
        raise BuildError(str(error)) from None
    except BrokenProcessPool:
        raise BuildError("a process that made pages was ended from outside; perhaps there is too little memory") from None
    except OSError as error:
        raise BuildError(f"{error.filename or out}: {error.strerror or error}") from None


class _Job(NamedTuple):
    """What there is to make, the keys of what of it is wanted, what was made before in ``out``, and whether the rest stays."""

    order: Order
    entries: tuple[Entry, ...]
    keys: Mapping[str, str]
    before: Mapping[str, Record]
    out: Path
    rest_stays: bool

    def unchanged(self, name: str) -> bool:
        """Whether a page is there as it would be made."""
        return name in self.before and self.before[name].key == self.keys[name] and self.before[name].intact(self.out)


def _make(job: _Job, progress: Progress) -> Built:
    out = job.out
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        kept = frozenset(name for name in job.keys if job.unchanged(name))
        records = _write(job, kept, temporary, progress)
        for file, text in ((INDEX, _index(records)), (manifest.FILE, manifest.text_of(records))):
            (temporary / file).write_text(text, encoding="utf-8", newline="")
            _keep_time(out / file, temporary / file)
        if (out / FOLDER).is_dir():
            # Made one by one on demand, and no page of the gallery.
            shutil.copytree(out / FOLDER, temporary / FOLDER)
        os.chmod(temporary, 0o755)  # noqa: S103 - mkdtemp gives 0o700, which a web server could not read
        _swap(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    pages = tuple(out / entry.file for entry in job.entries if entry.name in job.keys)
    size = sum((out / file).stat().st_size for name in job.keys for file in records[name].files)
    return Built(out / INDEX, pages, len(kept), size)


def _wanted(there: Sequence[Entry], only: Sequence[str] | None) -> set[str]:
    known = [entry.name for entry in there]
    asked = [name.removesuffix(".html") for name in only or known]
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise BuildError(f"there is no page {unknown[0]!r}; pages are {', '.join(known)}")
    return set(asked)


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BuildError(f"{out} is a file; name a folder")
    index = out / INDEX
    ours = index.is_file() and MARK in index.read_text("utf-8", errors="replace")
    if out.is_dir() and any(path.name != FOLDER for path in out.iterdir()) and not ours:
        raise BuildError(f"{out} holds other things; name an empty or a new folder")


def _write(job: _Job, kept: frozenset[str], where: Path, progress: Progress) -> dict[str, Record]:
    """Make the wanted pages or keep them, and leave the others that were there; a record of each, in the gallery's order."""
    missing = [entry for entry in job.entries if entry.name in job.keys and entry.name not in kept]
    records: dict[str, Record] = {}
    told = 0
    # Closed in any case, so that no other process writes any more where something went wrong.
    with closing(_made(job.order, missing, where)) as made:
        for entry in job.entries:
            name = entry.name
            if name in job.keys and name not in kept:
                records[name] = _recorded(job, name, next(made), where)
            elif name in kept or _stays(job, name, entry.file):
                records[name] = _copied(job, name, where)
            if name in job.keys:
                told += 1
                progress(told, len(job.keys), entry.file, name in kept)
    known = {entry.name for entry in job.entries}
    for name, record in job.before.items():
        # The pages of notebooks that this run was not told of.
        if name.startswith(PREFIX) and name not in known and _stays(job, name, record.card.file):
            records[name] = _copied(job, name, where)
    return records


def _recorded(job: _Job, name: str, made: Made, where: Path) -> Record:
    for file in made.files:
        _keep_time(job.out / file, where / file)
    return Record(job.keys[name], {file: manifest.digest(where / file) for file in made.files}, made.card)


def _made(order: Order, wanted: Sequence[Entry], where: Path) -> Generator[Made, None, None]:
    """What making each entry gives, in their order; on every processor where there is much to do."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if processors == 1 or sum(LONG if entry.uses or entry.figures else 1 for entry in wanted) <= ALONE:
        yield from (entry.make(where) for entry in wanted)
        return
    pool = ProcessPoolExecutor(min(processors, len(wanted)), mp_context=get_context("spawn"))
    try:
        # What plans flows begins first, the sheets at the end of the list before all, so that nobody waits for it at the end;
        # the notebooks, which take long, come last in any case, and all before them is told of sooner.
        order_of = {entry.name: at for at, entry in enumerate(wanted)}
        first = sorted(wanted, key=lambda entry: (entry.source is not None, not entry.uses, -order_of[entry.name]))
        waiting = {entry.name: pool.submit(make_one, order, entry.name, where) for entry in first}
        yield from (waiting[entry.name].result() for entry in wanted)
    finally:
        pool.shutdown(cancel_futures=True)


def _stays(job: _Job, name: str, file: str) -> bool:
    """Whether a page that is not asked for was there before and is left as it is."""
    return job.rest_stays and name in job.before and (job.out / file).is_file()


def _copied(job: _Job, name: str, where: Path) -> Record:
    """A page's files as they are, their times too."""
    record = job.before[name]
    for file in record.files:
        if (job.out / file).is_file():
            (where / file).parent.mkdir(exist_ok=True)
            shutil.copy2(job.out / file, where / file)
    return record


def _keep_time(old: Path, new: Path) -> None:
    """A file that came out as it was before keeps its time."""
    if old.is_file() and old.read_bytes() == new.read_bytes():
        shutil.copystat(old, new)


def _index(records: Mapping[str, Record]) -> str:
    content = gallery(record.card for record in records.values())
    return content.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{MARK}', 1)


def _swap(fresh: Path, out: Path) -> None:
    """Put the fresh folder where the old one is; the old one is gone only once the fresh one is there."""
    old = fresh.with_name(fresh.name + ".old")
    if out.exists():
        os.replace(out, old)
    try:
        os.replace(fresh, out)
    except OSError:
        if old.exists():
            os.replace(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)
