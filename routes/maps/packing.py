"""Small forms for big data: coordinates as letters and digits, tables without repeated keys, JSON that is safe in HTML."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LETTERS = np.frombuffer(ALPHABET.encode("ascii"), dtype=np.uint8)
_CELLS_PER_DEGREE = 1000
"""Lines are kept to a thousandth of a degree, about 100 m: less than a pixel at the closest zoom."""

# Beyond < > & (which end a script element or open a comment) and the two line ends that JavaScript knew and JSON did not,
# Jinja's openers are broken up: branca compiles rendered text as a template, and "{{7*7}}" would come out as 49.
_UNSAFE = re.compile("[<>&\u2028\u2029]|\\{(?=[{%#])")


def safe_json(value: Any) -> str:
    """`value` as compact JSON that can stand in an inert script element: no tag, no template, no NaN."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Rows as columns; a column that repeats itself is its different values and, per row, one or two letters."""
    values = [[plain(value) for value in row] for row in rows]
    return {"count": len(values), "columns": {name: _column([row[i] for row in values]) for i, name in enumerate(columns)}}


def _column(values: list[Any]) -> Any:
    texts = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values]
    different = dict(zip(texts, values, strict=True))
    letters = 1 if len(different) <= len(ALPHABET) else 2
    coded = sum(map(len, different)) + letters * len(texts)
    if len(different) > len(ALPHABET) ** 2 or coded >= sum(map(len, texts)):
        return values
    number = {text: i for i, text in enumerate(different)}
    at = "".join(_letters(number[text], letters) for text in texts)
    return {"of": list(different.values()), "letters": letters, "at": at}


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> (6 * place) & 63] for place in range(count))


def plain(value: Any) -> Any:
    """`value` as JSON knows it: native numbers without noise digits, and null for whatever is missing or infinite."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, np.bool_):
        return bool(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else round(number, 6)


def cells(coordinates: NDArray[np.float64], per_degree: int = _CELLS_PER_DEGREE) -> NDArray[np.int64]:
    """Coordinates as whole grid cells, without cells that repeat the one before."""
    grid = np.rint(coordinates[:, :2] * per_degree).astype(np.int64)
    keep = np.ones(len(grid), dtype=bool)
    keep[1:] = (grid[1:] != grid[:-1]).any(axis=1)
    return grid[keep]


def pack(grid: NDArray[np.int64]) -> str:
    """Grid cells as text: steps from cell to cell, zigzag, in groups of five bits, lowest first."""
    if len(grid) == 0:
        return ""
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel()
    zigzag = np.where(steps < 0, ~(steps << 1), steps << 1)
    digits = 1 + (zigzag[:, None] >> np.array([5, 10, 15, 20, 25]) > 0).sum(axis=1)
    ends = np.cumsum(digits)
    out = np.zeros(ends[-1], dtype=np.uint8)
    for place in range(int(digits.max())):
        has = digits > place
        more = (digits[has] > place + 1) * 32
        out[(ends - digits)[has] + place] = _LETTERS[(zigzag[has] >> (5 * place) & 31) | more]
    return out.tobytes().decode("ascii")
