"""The ledger of statements: every figure with the document, public source or reason it stands on."""

from __future__ import annotations

import io
from importlib.resources import files
from importlib.resources.abc import Traversable

import pandas as pd

COLUMNS = (
    "figure_id",
    "subject",
    "attribute",
    "value",
    "low",
    "high",
    "unit",
    "period",
    "source",
    "locator",
    "kind",
    "confidence",
    "note",
    "choice",
)
SOURCE_COLUMNS = ("source_title", "source_publisher", "source_url", "source_date")


def ledger_table(name: str) -> pd.DataFrame:
    """One table of ``seeds/`` as text, such as ``figures``, ``claims``, ``systems``, ``documents``, ``sources``.

    >>> list(ledger_table("documents")["document_id"])
    ['d0', 'd1', 'd2', 'd3', 'd4']
    """
    return _read(files("seeds") / f"{name}.csv")


def packaged_figures() -> pd.DataFrame:
    """Every statement of the ledger, joined to the title, publisher, address and date of its source."""
    figures = ledger_table("figures")
    documents = ledger_table("documents").rename(columns={"document_id": "source_id"}).assign(url="")
    columns = ["source_id", "title", "publisher", "url", "date"]
    known = pd.concat([documents[columns], ledger_table("sources")[columns]], ignore_index=True)
    named = known.set_index("source_id").add_prefix("source_").reindex(figures["source"]).fillna("")
    joined = pd.concat([figures.reset_index(drop=True), named.reset_index(drop=True)], axis=1)
    return joined[[*COLUMNS, *SOURCE_COLUMNS]]


def with_numbers(figures: pd.DataFrame) -> pd.DataFrame:
    """The statements with value, low and high as numbers (missing: NaN)."""
    numeric = {column: pd.to_numeric(figures[column], errors="coerce") for column in ("value", "low", "high") if column in figures}
    return figures.assign(**numeric)


def no_figures() -> pd.DataFrame:
    """The empty table of statements, for a network that brings none."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in (*COLUMNS, *SOURCE_COLUMNS)})


def _read(source: Traversable) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(source.read_text("utf-8")), dtype=str, keep_default_na=False)
