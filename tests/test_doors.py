"""The front doors: what they export, that they open fast, and that imports go one way."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import geodata
import routes
from tests.conftest import ROOT

GEODATA = {"Finding", "Network", "NetworkError", "NetworkWarning", "fleet_capacity", "read_dimacs", "read_network"}
ROUTES = set(
    "Allocation Brief Case Comparison Flow MaxFlow NMinusOne Reliability Routes Scenario allocate allocate_years alternatives brief "
    "capacity_ranges chokepoints claims compare contingency exposure harden hindcast interdict maps max_flow n_minus_one pareto "
    "read_case read_scenario reliability scenario_names timeline transit_power".split()
)


def test_the_doors_export_what_is_public() -> None:
    assert set(geodata.__all__) == GEODATA
    assert set(routes.__all__) == ROUTES
    for door, names in ((geodata, GEODATA), (routes, ROUTES)):
        for name in names:
            assert getattr(door, name) is not None


def test_no_name_is_a_module_as_well() -> None:
    """Importing a module sets its name on the package: a function of that name would be gone."""
    for door, names in ((geodata, GEODATA), (routes, ROUTES)):
        own = {info.name for info in pkgutil.iter_modules(door.__path__)}
        assert own & names <= {"maps"}


def test_a_network_error_is_a_value_error() -> None:
    assert issubclass(geodata.NetworkError, ValueError)


@pytest.mark.parametrize("door", ["geodata", "routes", "make_maps"])
def test_a_door_imports_nothing_heavy(door: str) -> None:
    heavy = "numpy pandas geopandas scipy folium networkx"
    code = f"import sys, {door}; print([name for name in {heavy!r}.split() if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def modules(package: str) -> Iterator[Path]:
    yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, relative ones resolved."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            found.add(".".join([*base, *((node.module or "").split(".") if node.module else [])]))
    return found


def breaches(package: str, forbidden: tuple[str, ...], *, but: str = "-") -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(ROOT)), name)
        for path in modules(package)
        if but not in path.parts
        for name in sorted(imported(path))
        if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)
    ]


def test_imports_go_one_way() -> None:
    assert breaches("geodata", ("routes", "make_maps")) == []
    assert breaches("routes", ("routes.maps", "folium", "branca", "matplotlib"), but="maps") == []
    assert breaches("routes", ("make_maps", "geodata.build")) == []


def test_the_check_on_imports_can_fail() -> None:
    assert breaches("routes", ("geodata",)) != []
    assert breaches("routes", ("routes.maps",)) != [] or breaches("routes", ("routes",)) != []


def test_nothing_dangerous_is_called() -> None:
    """No eval, exec, pickle or shell anywhere in the packages."""
    bad = []
    for path in [*modules("geodata"), *modules("routes"), ROOT / "make_maps.py"]:
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        bad += [
            (path.name, call.lineno) for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec", "compile")
        ]
        bad += [(path.name, 0) for name in imported(path) if name.split(".")[0] in ("pickle", "marshal", "subprocess", "shelve")]
    assert bad == []


def every_module() -> list[str]:
    names = ["make_maps"]
    for package in ("geodata", "routes"):
        root = importlib.import_module(package)
        names += [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.") if not info.name.startswith("geodata.build")]
    return sorted(names)


@pytest.mark.parametrize("name", every_module())
def test_docstring_examples(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, "a module says in a sentence what lives there"
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL).failed == 0
