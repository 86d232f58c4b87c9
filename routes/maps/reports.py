"""The job of making briefs: compute what scenarios do, write the reports, and put them in place together."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ..briefing import Brief, brief
from . import text
from .brief_pages import page_html
from .brief_paper import page_pdf
from .brief_words import headline, told
from .catalogue import plain
from .entries import BuildError, Order, read

FOLDER = "briefs"
"""Where briefs lie in the folder of the maps."""


def make_briefs(
    out: Path, scenarios: Sequence[str], *, folder: Path | None, year: int | None, progress: Callable[[int, int, str, str], None]
) -> tuple[Path, ...]:
    """Make the briefs of stored scenarios in all languages, in ``out``/briefs; what else is there stays.

    ``folder`` is a network's (None: the packaged one). ``progress`` is told the count, the number of all, the id and the
    headline of each. Gives the files. Raises BuildError, with nothing written, where the network, a scenario or the folder is wrong.
    """
    network = read(Order(folder, year, None, figures=False))
    wanted = list(dict.fromkeys(scenarios))
    where = out.resolve() / FOLDER
    try:
        found = [brief(network, name) for name in wanted]
    except ValueError as error:
        raise BuildError(str(error)) from None
    try:
        where.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=where, prefix=".made."))
        try:
            files = []
            for at, one in enumerate(found, start=1):
                for language in text.LANGUAGES:
                    files += _write(one, language, temporary)
                progress(at, len(found), one.scenario_id, headline(one))
            for file in files:
                os.replace(temporary / file, where / file)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise BuildError(f"{error.filename or where}: {error.strerror or error}") from None
    return tuple(where / file for file in files)


def _write(found: Brief, language: str, where: Path) -> list[str]:
    """Write a brief in a language; its file names."""
    words = told(found, language)
    name = f"brief-{plain(found.scenario_id, signs='-_.')}-{language}"
    (where / f"{name}.html").write_text(page_html(words), encoding="utf-8", newline="")
    (where / f"{name}.pdf").write_bytes(page_pdf(words))
    return [f"{name}.html", f"{name}.pdf"]
