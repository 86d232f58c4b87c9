"""Sheets: tables as pages without a script, in three languages, with hostile text inert."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from routes.maps import text
from routes.maps.sheets import Column, Filled, Section, Sheet, packaged_sheets, picture, sheet_html

HOSTILE = '<img src=x onerror="alert(1)">&</td><script>'


@pytest.fixture(scope="module")
def page() -> str:
    rows = ((HOSTILE, "1.00", HOSTILE),)
    section = Section("sheet.crude", (Column("sheet.claim", "head"), Column("sheet.reported", "n"), Column(HOSTILE, "why")), rows)
    filled = Filled("key", ("sheet.claims.note",), (section,), ((0.5, "rail"),), pd.DataFrame())
    return sheet_html(Sheet("claims", lambda network: filled), filled)


def test_hostile_text_is_inert(page: str) -> None:
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert re.search(r'data-en="[^"]*<', page) is None


def test_one_language_shows_at_a_time(page: str) -> None:
    """Every text stands there in each language, and a rule hides all but the chosen one."""
    for language in text.LANGUAGES:
        assert page.count(f'class="t" lang="{language}"') == page.count('class="t" lang="en"') > 0
    assert page.count("checked>") == 1
    for shown in text.LANGUAGES:
        for hidden in set(text.LANGUAGES) - {shown}:
            assert f'body:has(#l-{shown}:checked) .t[lang="{hidden}"]{{display:none}}' in page


def test_nothing_is_fetched_and_no_script_runs(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "http" not in page.replace("http-equiv", "")


def test_every_sheet_has_its_words() -> None:
    for sheet in packaged_sheets():
        for language in text.LANGUAGES:
            assert sheet.title(language)
            assert sheet.question(language)


def test_the_picture_has_a_bar_for_each_number() -> None:
    filled = Filled("", (), (), ((1.0, "rail"), (0.25, "sea")), pd.DataFrame())
    widths = re.findall(r'x="60".*?width="([\d.]+)"', picture(filled))
    assert float(widths[1]) == pytest.approx(float(widths[0]) / 4, abs=0.1)
