"""The notebooks: stripped of outputs, built of the two packages alone, and run from a clean state in under a minute."""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path

import pytest

from routes.maps.notebook import make_page, notebooks
from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 4


@each
def test_outputs_are_stripped(path: Path) -> None:
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 3
    for cell in cells:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@each
def test_only_the_two_packages_are_imported(path: Path) -> None:
    nodes = [node for cell in code(path) for node in ast.walk(ast.parse(cell))]
    assert not any(isinstance(node, ast.ImportFrom) for node in nodes)
    assert {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names} == {"geodata", "routes"}


@pytest.mark.parametrize("name", ["replace_cpc", "middle_corridor", "who_holds_the_keys"])
def test_a_notebook_ends_in_a_table_a_map_and_a_figure(name: str) -> None:
    *_, table, drawn, figure = code(ROOT / "notebooks" / f"{name}.ipynb")
    assert ".round(" in table
    assert "routes.maps.atlas(" in drawn
    assert "_chart(" in figure


@pytest.mark.slow
@each
def test_runs_from_a_clean_state(path: Path) -> None:
    notebook = next(one for one in notebooks(path.parent) if one.path == path)
    assert notebook.title
    assert notebook.question
    started = time.monotonic()
    made = make_page(notebook)
    assert time.monotonic() - started < 60
    assert made.answer
    assert 'class="output_subarea output_stream output_stderr' not in made.html
    assert made.picture.startswith("<svg")
    assert "data:image/png;base64," in made.picture
    assert "data:image/svg" not in made.html
