"""What can be wrong with a network, told all at once with file, row, column and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Finding(NamedTuple):
    """One fault or warning: where it stands, what is wrong, what would be right."""

    file: str
    row: int | None
    column: str | None
    message: str
    remedy: str

    def __str__(self) -> str:
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.column is not None:
            where += f", column {self.column}"
        return f"{where}: {self.message}; {self.remedy}"


class NetworkError(ValueError):
    """A network that cannot be used; ``findings`` lists every fault.

    >>> raise NetworkError([Finding("links.csv", 2, "capacity", "is missing", "give a number")])
    Traceback (most recent call last):
    geodata.errors.NetworkError: 1 fault: links.csv, row 2, column capacity: is missing; give a number
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        count = len(self.findings)
        head = "1 fault: " if count == 1 else f"{count} faults:\n  "
        super().__init__(head + "\n  ".join(str(finding) for finding in self.findings))


class NetworkWarning(UserWarning):
    """Something in a network that is allowed but looks wrong."""
