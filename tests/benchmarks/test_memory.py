"""How much memory reading and locating takes: ``HOTSPOTS_BENCHMARK_ROWS=1000000 pytest -s tests/benchmarks/test_memory.py``.

A street-level file of so many rows is made, then read and located by a process of its own, whose peak is printed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import subprocess
import sys

import pytest

from tests.intake_fixtures import HEADER, MET
from tests.places_fixtures import lattice

ROWS = int(os.environ.get("HOTSPOTS_BENCHMARK_ROWS", "50000"))
MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]

JOB = """
import json, resource, sys, time
from pathlib import Path
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.incidents import read_incidents
from hotspots.places.areas import choose_area
from hotspots.places.locate import locate
started = time.perf_counter()
intake = read_incidents([Path(sys.argv[1])])
areas = choose_area(read_boundaries([Path(sys.argv[2])], epsg=27700).areas, [], context_m=1000)
points = intake.incidents.to_crs(27700)
found = locate(points, areas, focus=points["category"] == "Robbery", tolerance_m=20.0, context_m=1000.0)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"rows": len(found), "gb": peak / 1e9, "s": time.perf_counter() - started}))
"""


def test_rows_are_read_and_located_in_little_memory(tmp_path):
    pytest.importorskip("resource", reason="Windows tells no peak of a process this way")
    layer = lattice(40, 40, side=500)
    layer.drop(columns="zone").reset_index().rename(columns={"lsoa_code": "LSOA21CD", "lsoa_name": "LSOA21NM"}).to_file(
        tmp_path / "layer.gpkg"
    )
    west, south, east, north = layer.to_crs(4326).total_bounds
    made = random.Random(1)  # noqa: S311 - no secret
    points = [
        (f"{made.uniform(west, east):.6f}", f"{made.uniform(south, north):.6f}", f"On or near Street {number}")
        for number in range(ROWS // 10)
    ]
    with (tmp_path / "2024-12-met-street.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(ROWS):
            x, y, street = made.choice(points)
            key = hashlib.sha256(str(number).encode()).hexdigest() if number % 5 else ""
            category = "Robbery" if number % 5 else "Anti-social behaviour"
            writer.writerow([key, made.choice(MONTHS), MET, MET, x, y, street, "", "", category, "", ""])
    command = [sys.executable, "-c", JOB, str(tmp_path / "2024-12-met-street.csv"), str(tmp_path / "layer.gpkg")]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(f"\n{told['rows']:,} rows read and located in {told['s']:.1f} s, peak {told['gb']:.2f} GB")  # noqa: T201
    assert told["rows"] == ROWS
