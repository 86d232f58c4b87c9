"""README.md: its Python runs, its commands are the ones that are checked, its words on tables are those of the code."""

from __future__ import annotations

import re

import pytest

from geodata.schema import ACTIONS, COMMODITIES, LINKS, MODES, PLACES, SCENARIOS, STATUSES
from geodata.units import UNITS
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run(code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own README


def test_there_are_examples() -> None:
    assert len(blocks("python")) >= 1


def test_the_two_commands_are_the_ones_that_are_checked() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    begun = re.findall(r"readme '(.*)'", script)
    assert len(begun) == 2
    for start in begun:
        assert sum(command.startswith(start) for command in commands) == 1, start
    assert any(command.endswith("make_maps.py") for command in commands)
    assert any("-m pytest" in command for command in commands)


def test_tables_are_told_as_the_code_has_them() -> None:
    for schema in (PLACES, LINKS, SCENARIOS):
        row = next(line for line in README.splitlines() if line.startswith(f"| `{schema.name}.csv`"))
        told = [set(re.findall(r"\w+", cell)) for cell in row.split("|")[2:4]]
        assert told == [set(schema.required), set(schema.optional)]
    for words in (MODES, COMMODITIES, STATUSES, UNITS, ACTIONS):
        assert all(word in README for word in words)
