"""CSV files in and out: UTF-8 with or without a byte-order mark, either line end, every cell checked."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import Finding
from .schema import TableSchema

MISSING_COLUMN = "the column is missing"


class Row(NamedTuple):
    """One data row: its line number in the file (the header is row 1) and its cells by column."""

    number: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """The cell, or an empty text where the file has no such column."""
        return self.cells.get(column, "")


class Table(NamedTuple):
    """A CSV file as text: name, columns in the file's order, rows in the file's order."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path, schema: TableSchema) -> tuple[Table, list[Finding]]:
    """Read one file; what is wrong with its form comes back as findings, not as an exception."""
    nothing = Table(schema.file, (), ())
    if not path.is_file():
        if not schema.must_exist:
            return nothing, []
        return nothing, [Finding(schema.file, None, None, "the file is missing", f"add {schema.file} to the folder")]
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return nothing, [Finding(schema.file, line, None, "bytes that are not UTF-8", "save the file as UTF-8")]
    return parse_table(text, schema)


def parse_table(text: str, schema: TableSchema) -> tuple[Table, list[Finding]]:
    """Text of a CSV file as a table, with the faults of its form."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    findings: list[Finding] = []
    rows: list[Row] = []
    columns: tuple[str, ...] = ()
    try:
        header = next(reader, [])
        columns = tuple(cell.strip() for cell in header)
        findings += _header_findings(columns, schema)
        findings += _control_findings(1, columns, header, schema)
        before = reader.line_num
        for cells in reader:
            number, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                findings.append(
                    Finding(
                        schema.file,
                        number,
                        None,
                        f"the row has {len(cells)} cells where the header has {len(columns)}",
                        "add or remove cells (a comma inside a cell needs quotes)",
                    )
                )
                continue
            findings += _control_findings(number, columns, cells, schema)
            rows.append(Row(number, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}))
    except csv.Error as error:
        findings.append(Finding(schema.file, reader.line_num, None, f"not readable as CSV ({error})", "check the quotes"))
    if not rows and schema.must_exist and not findings:
        findings.append(Finding(schema.file, None, None, "no rows", "add at least one row below the header"))
    return Table(schema.file, columns, tuple(rows)), findings


def _header_findings(columns: Sequence[str], schema: TableSchema) -> list[Finding]:
    found = [
        Finding(schema.file, 1, column, MISSING_COLUMN, f"add {column} to the header")
        for column in schema.required
        if column not in columns
    ]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    found += [Finding(schema.file, 1, column, "the column stands twice", "rename or remove one") for column in twice]
    return found


def _control_findings(number: int, columns: Sequence[str], cells: Sequence[str], schema: TableSchema) -> list[Finding]:
    return [
        Finding(schema.file, number, column, "a control character", "remove it (other Unicode is welcome)")
        for column, cell in zip(columns, cells, strict=True)
        if any(unicodedata.category(character) == "Cc" for character in cell)
    ]


def table_text(table: Table) -> str:
    """The table as CSV text with Unix line ends."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([row.get(column) for column in table.columns] for row in table.rows)
    return out.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a whole file at once: to a temporary place in the same folder, then moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def table_of(file: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table made in memory; rows are numbered as they would stand in a file.

    >>> table_of("places.csv", ["place_id"], [["a"], ["b"]]).rows[1].number
    3
    """
    made = (Row(number, dict(zip(columns, cells, strict=True))) for number, cells in enumerate(rows, start=2))
    return Table(file, tuple(columns), tuple(made))
