"""The ledger of the five documents against their texts, where the texts are at hand."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path

import pandas as pd
import pytest

import geodata
from geodata import ledger


@pytest.fixture(scope="module")
def documents() -> pd.DataFrame:
    return ledger.ledger_table("documents").set_index("document_id")


@pytest.fixture(scope="module")
def lines(shared: Path, documents: pd.DataFrame) -> dict[str, list[str]]:
    return {name: (shared / "seeds" / row["file"]).read_text("utf-8").split("\n") for name, row in documents.iterrows()}


def test_the_documents_are_the_ones_read(shared: Path, documents: pd.DataFrame) -> None:
    for row in documents.itertuples():
        assert hashlib.sha256((shared / "seeds" / row.file).read_bytes()).hexdigest() == row.sha256


def test_each_number_stands_on_its_line(lines: dict[str, list[str]]) -> None:
    figures = ledger.ledger_table("figures")
    rows = figures[figures["kind"] == "document"]
    assert len(rows) > 80
    lost = [row.figure_id for row in rows.itertuples() if row.as_written not in lines[row.source][int(row.locator) - 1]]
    assert lost == []
    assert (rows["as_written"] != "").all()


def test_a_number_in_digits_is_the_value(lines: dict[str, list[str]]) -> None:
    figures = ledger.ledger_table("figures")
    rows = figures[(figures["kind"] == "document") & figures["as_written"].str.fullmatch(r"[\d.,]+")]
    assert len(rows) > 50
    # A thousand tonnes may be told as kt, a thousand million as bn: the digits are the same, the unit says the rest.
    ratio = [float(row.as_written.replace(",", "")) / float(row.value) for row in rows.itertuples()]
    assert [
        name for name, by in zip(rows["figure_id"], ratio, strict=True) if not any(math.isclose(by, unit) for unit in (1, 1e3, 1e6))
    ] == []


def test_claims_name_their_lines_and_figures(lines: dict[str, list[str]]) -> None:
    claims, figures = ledger.ledger_table("claims"), set(ledger.ledger_table("figures")["figure_id"])
    assert {f"c{number:02}" for number in range(1, 12)} <= {name[:3] for name in claims["claim_id"]}
    for row in claims.itertuples():
        assert lines[row.document][int(row.line) - 1].strip()
        assert row.figure_id == "" or row.figure_id in figures


def test_no_sentence_of_the_documents_is_copied(lines: dict[str, list[str]]) -> None:
    """No run of eight words of a document stands in what the ledger says of it."""
    said: dict[str, str] = {}
    for text in lines.values():
        words = re.findall(r"\w+", " ".join(text).lower())
        said.update({" ".join(words[at : at + 8]): "" for at in range(len(words) - 7)})
    copied = []
    tables = [*(ledger.ledger_table(name) for name in ("figures", "claims", "systems")), geodata.read_network().scenarios]
    for table in tables:
        for row in table.to_dict("records"):
            for cell in row.values():
                words = re.findall(r"\w+", str(cell).lower())
                copied += [" ".join(words[at : at + 8]) for at in range(len(words) - 7) if " ".join(words[at : at + 8]) in said]
    assert copied == []


def test_disagreeing_statements_all_stay() -> None:
    figures = ledger.ledger_table("figures").set_index("figure_id")
    assert figures.loc["doc.russia-kazakhstan-border.length.2023", "value"] == "7644"
    assert figures.loc["doc.russia-kazakhstan-border.length.2022", "value"] == "7548"
    assert figures.loc["doc.russia-kazakhstan-trade.turnover.2021", "value"] == "24.5"
    assert figures.loc["doc.russia-kazakhstan-trade.turnover.2023", "value"] == "27"
