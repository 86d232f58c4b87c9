"""All texts shown to people: one table per language in strings/, and the choice of language for what users write."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "ru", "kk")

_ELSEWHERE = ("page.", "compare.", "way.", "key.", "gallery.", "sheet.", "notebook.", "figure.", "chart.", "scenario.", "flow.", "brief.")

Text = str | Mapping[str, str]
"""What a caller may give for a title or a note: one text, or one per language."""


@cache
def strings(language: str) -> Mapping[str, str]:
    """The table of texts in `language`. Raises ValueError for a language the atlas does not speak."""
    check(language)
    table: dict[str, str] = json.loads(files(__package__).joinpath("strings", f"{language}.json").read_text("utf-8"))
    return table


def page_strings() -> dict[str, list[str]]:
    """The texts that a map's own script shows, in the order of LANGUAGES: all but those of single pages and the gallery."""
    return {key: [strings(each)[key] for each in LANGUAGES] for key in strings("en") if not key.startswith(_ELSEWHERE)}


def check(language: str) -> None:
    """Raises ValueError where `language` is none of the atlas' languages."""
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}; got {language!r}")


def in_all(text: Text) -> str | list[str]:
    """`text` for the page: as it is, or a list in the order of LANGUAGES, where English stands in for a missing one."""
    if isinstance(text, str):
        return text
    fallback = text.get("en") or next(iter(text.values()), "")
    return [text.get(language) or fallback for language in LANGUAGES]


def in_one(text: Text, language: str) -> str:
    """`text` in `language`, or in whatever language there is."""
    given = in_all(text)
    return given if isinstance(given, str) else given[LANGUAGES.index(language)]


def number(value: float, language: str, digits: int = 1) -> str:
    """A number with so many decimals, written as the language does.

    >>> number(1234.56, "en"), number(0.25, "ru", 2)
    ('1,234.6', '0,25')
    """
    from babel.numbers import format_decimal

    return str(format_decimal(value, "#,##0." + "0" * digits if digits else "#,##0", locale=language))


@cache
def country_names() -> Mapping[str, tuple[str, ...]]:
    """Names of countries in the order of LANGUAGES, by ISO 3166-1 alpha-3 code, from the Unicode locale data."""
    from babel import Locale
    from babel.core import get_global

    aliases: Mapping[str, Any] = get_global("territory_aliases")
    alpha_2 = {code: new[0] for code, new in aliases.items() if len(code) == 3 and code.isalpha() and len(new) == 1}
    tables = [Locale(language).territories for language in LANGUAGES]
    return {
        code: tuple(table[short] for table in tables) for code, short in sorted(alpha_2.items()) if all(short in table for table in tables)
    }
