"""Conversions and default rates: the constants in the code are those of the ledger."""

from __future__ import annotations

import math

import pytest

from geodata import ledger, rates, units


@pytest.fixture(scope="module")
def value() -> dict[str, float]:
    figures = ledger.with_numbers(ledger.packaged_figures())
    return dict(zip(figures["figure_id"], figures["value"], strict=True))


def test_constants_stand_in_the_ledger(value: dict[str, float]) -> None:
    assert value["conv.barrels_per_tonne.generic"] == units.BARRELS_PER_TONNE
    assert value["conv.t_per_teu"] == units.TONNES_PER_TEU
    assert value["conv.t_per_train.container"] == units.TONNES_PER_CONTAINER_TRAIN
    assert value["conv.t_per_train.bulk"] == units.TONNES_PER_BULK_TRAIN


@pytest.mark.parametrize("mode", sorted(rates.RATES))
def test_rates_stand_in_the_ledger(value: dict[str, float], mode: str) -> None:
    assert tuple(rates.RATES[mode]) == (value[f"rate.{mode}.usd_t_km"], value[f"rate.{mode}.km_day"])


def test_the_wagon_rate_stands_in_the_ledger(value: dict[str, float]) -> None:
    assert tuple(rates.RAIL_WAGON) == (value["rate.rail-wagon.usd_t_km"], value["rate.rail.km_day"])


def test_the_gas_rate_stands_in_the_ledger(value: dict[str, float]) -> None:
    # The ledger counts USD a million m3, a link counts USD a thousand.
    assert rates.GAS_PIPELINE.usd_t_km == pytest.approx(value["rate.gas-pipeline.usd_mcm_km"] / 1000)
    assert rates.GAS_PIPELINE.km_day == value["rate.gas-pipeline.km_day"]


@pytest.mark.parametrize(
    ("text", "commodities", "kt"),
    [
        ("3 kt/yr", (), 3),
        ("2.5 Mt/yr", (), 2500),
        ("7.33 kb/d", (), 365),
        ("1 Mb/d", (), 365000 / 7.33),
        ("100000 TEU/yr", (), 1400),
        ("1 trains/d", ("container",), 511),
        ("1 trains/d", ("container", "bulk"), 365 * 3.014),
        ("1.5 bcm/yr", ("gas",), 1500),
        ("900 mcm/yr", ("gas",), 900),
        ("unlimited", (), math.inf),
    ],
)
def test_amounts(text: str, commodities: tuple[str, ...], kt: float) -> None:
    assert units.parse_amount(text, commodities) == pytest.approx(kt)


@pytest.mark.parametrize("text", ["", "much", "1.5", "1.5 t", "-1 Mt/yr", "nan Mt/yr", "inf Mt/yr"])
def test_what_is_not_an_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|unit"):
        units.parse_amount(text)
