"""Command line of the builder: ``python -m geodata.build [--tables FOLDER] [--out FOLDER] [--check]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from . import report
from .run import build
from .sources import SourceError
from .write import different

GEODATA = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Build or check; 0 where every link was drawn and, with --check, the stored files are the same."""
    options = _parser().parse_args(arguments)
    try:
        return _check(options.tables, options.out) if options.check else _build(options.tables, options.out)
    except (SourceError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m geodata.build", description="Derive the stored geometry.")
    parser.add_argument("--tables", type=Path, default=GEODATA / "tables", help="folder with places, links, waypoints")
    parser.add_argument("--out", type=Path, default=GEODATA / "geometry", help="folder for the GeoJSON files")
    parser.add_argument("--check", action="store_true", help="build elsewhere and compare with --out")
    return parser


def _build(tables: Path, out: Path) -> int:
    begin = time.perf_counter()
    result = build(tables, out, say=lambda text: print(f"{time.perf_counter() - begin:6.1f} s  {text}", flush=True))
    print("\n".join(report.lines(result, out)))
    print(f"{time.perf_counter() - begin:.1f} s")
    return int(any(remark.fatal for remark in result.remarks))


def _check(tables: Path, out: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        build(tables, Path(folder), say=lambda text: None)
        changed = different(Path(folder), out)
    print(f"differ from a fresh build: {', '.join(changed)}" if changed else f"{out}: same as a fresh build")
    return int(bool(changed))


if __name__ == "__main__":
    raise SystemExit(main())
