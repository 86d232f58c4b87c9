"""Small forms for big data: coordinates as letters and digits, tables without repeated keys, JSON that is safe in HTML."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LETTERS = np.frombuffer(ALPHABET.encode("ascii"), dtype=np.uint8)
_MOST_LETTERS = 3
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
    """Rows as columns; one that repeats itself is its different values and, per row, up to three letters, as are whole numbers."""
    values = [[plain(value) for value in row] for row in rows]
    return {"count": len(values), "columns": {name: _column([row[i] for row in values]) for i, name in enumerate(columns)}}


def _column(values: list[Any]) -> Any:
    keys = [_dumped(value) if isinstance(value, list) else (type(value), value) for value in values]
    different = dict(zip(keys, values, strict=True))
    plainly = len(_dumped(values))
    letters = _letters_for(len(different) - 1)
    ways: dict[int, Any] = {plainly: values}
    if letters <= _MOST_LETTERS and len(_dumped(list(different.values()))) + letters * len(keys) < plainly:
        number = {key: i for i, key in enumerate(different)}
        packed = {"of": list(different.values()), "letters": letters, "at": _lettered([number[key] for key in keys], letters)}
        ways[len(_dumped(packed))] = packed
    if values and all(type(value) is int and value >= 0 for value in values) and _letters_for(max(values)) <= _MOST_LETTERS:
        letters = _letters_for(max(values))
        packed = {"letters": letters, "at": _lettered(values, letters)}
        ways[len(_dumped(packed))] = packed
    return ways[min(ways)]


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _letters_for(number: int) -> int:
    return max(1, math.ceil(number.bit_length() / 6))


def _lettered(numbers: Sequence[int], count: int) -> str:
    digits = np.asarray(numbers, dtype=np.int64)[:, None] >> (6 * np.arange(count)) & 63
    return _LETTERS[digits].tobytes().decode("ascii")


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
    grid = _grid(coordinates, per_degree)
    return grid[_moved(grid)]


def _grid(coordinates: NDArray[np.float64], per_degree: int) -> NDArray[np.int64]:
    return np.asarray(np.rint(coordinates[:, :2] * per_degree), dtype=np.int64)


def _moved(grid: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.concatenate([np.ones(min(1, len(grid)), dtype=bool), (grid[1:] != grid[:-1]).any(axis=1)])


def lines(shapes: NDArray[np.object_]) -> list[str]:
    """Every line as `pack` has its `cells`, all of them in one go."""
    coordinates, line = shapely.get_coordinates(shapes, return_index=True)
    grid = _grid(coordinates, _CELLS_PER_DEGREE)
    first = np.concatenate([np.ones(min(1, len(line)), dtype=bool), line[1:] != line[:-1]])
    keep = _moved(grid) | first
    grid, line, first = grid[keep], line[keep], first[keep]
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    steps[first] = grid[first]
    text, ends = _steps(steps)
    stops = np.concatenate([[0], ends])[2 * np.searchsorted(line, np.arange(len(shapes) + 1))]
    return [text[start:stop] for start, stop in pairwise(stops.tolist())]


def pack(grid: NDArray[np.int64]) -> str:
    """Grid cells as text: steps from cell to cell, zigzag, in groups of five bits, lowest first."""
    return _steps(np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)))[0]


def _steps(pairs: NDArray[np.int64]) -> tuple[str, NDArray[np.int64]]:
    """Steps as text, and where the letters of each number end in it."""
    steps = pairs.ravel()
    if len(steps) == 0:
        return "", steps
    zigzag = np.where(steps < 0, ~(steps << 1), steps << 1)
    digits = 1 + (zigzag[:, None] >> np.array([5, 10, 15, 20, 25]) > 0).sum(axis=1)
    ends = np.cumsum(digits)
    out = np.zeros(ends[-1], dtype=np.uint8)
    for place in range(int(digits.max())):
        has = digits > place
        more = (digits[has] > place + 1) * 32
        out[(ends - digits)[has] + place] = _LETTERS[(zigzag[has] >> (5 * place) & 31) | more]
    return out.tobytes().decode("ascii"), ends
