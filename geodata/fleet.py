"""What a fleet can carry over a sea leg in a year."""

from __future__ import annotations

KM_PER_NAUTICAL_MILE = 1.852
HOURS_A_DAY = 24.0


def fleet_capacity(
    ships: float,
    cargo_t: float,
    distance_km: float,
    *,
    speed_kn: float,
    port_hours: float,
    load_factor: float = 1.0,
    days_a_year: float = 365.0,
) -> float:
    """Capacity of a sea leg in kt a year: ships x cargo x round trips.

    ``cargo_t`` is the cargo of one full ship in tonnes, ``distance_km`` one way, ``port_hours`` all hours in both
    ports on one round trip, ``load_factor`` the share of the cargo that draught and trade allow (0..1), and
    ``days_a_year`` the days at work (ice, storms and yards taken off). A round trip takes
    ``2 * distance / speed + port_hours``.
    Raises ValueError where a number is out of range.

    >>> round(fleet_capacity(2, 8000, 472, speed_kn=12, port_hours=72))
    1224
    """
    _require(ships >= 0 and cargo_t >= 0, "ships and cargo_t must be zero or more")
    _require(distance_km > 0 and speed_kn > 0, "distance_km and speed_kn must be above zero")
    _require(port_hours >= 0, "port_hours must be zero or more")
    _require(0 <= load_factor <= 1, "load_factor must lie in 0..1")
    _require(0 < days_a_year <= 366, "days_a_year must lie in 0..366")
    sailing_hours = 2 * distance_km / (speed_kn * KM_PER_NAUTICAL_MILE)
    round_trips = days_a_year * HOURS_A_DAY / (sailing_hours + port_hours)
    return ships * cargo_t * load_factor * round_trips / 1000.0


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
