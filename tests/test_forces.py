"""Districts and their police forces, against every district name of both LSOA vintages."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest

from hotspots.places.forces import FORCE_DISTRICTS, force_of

_ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("HOTSPOTS_REAL_DATA", _ROOT.parent / "shared" / "data"))
EXACT_FIT = REAL / "lookups" / "lsoa2011_lsoa2021_exact_fit_lookup_ew_v3.csv.gz"
WARDS = REAL / "lookups" / "LSOA21_to_WD24_LAD24_lookup.csv.gz"

HARD_CASES = {
    "Isle of Wight": "Hampshire Constabulary",
    "Isles of Scilly": "Devon & Cornwall Police",
    "Rutland": "Leicestershire Police",
    "Halton": "Cheshire Constabulary",
    "Warrington": "Cheshire Constabulary",
    "Peterborough": "Cambridgeshire Constabulary",
    "Milton Keynes": "Thames Valley Police",
    "Slough": "Thames Valley Police",
    "Aylesbury Vale": "Thames Valley Police",
    "Buckinghamshire": "Thames Valley Police",
    "Bath and North East Somerset": "Avon and Somerset Constabulary",
    "Taunton Deane": "Avon and Somerset Constabulary",
    "Swindon": "Wiltshire Police",
    "Southend-on-Sea": "Essex Police",
    "Thurrock": "Essex Police",
    "Medway": "Kent Police",
    "Dartford": "Kent Police",
    "Bournemouth": "Dorset Police",
    "Bournemouth, Christchurch and Poole": "Dorset Police",
    "Luton": "Bedfordshire Police",
    "Telford and Wrekin": "West Mercia Police",
    "Herefordshire, County of": "West Mercia Police",
    "Wyre Forest": "West Mercia Police",
    "Wyre": "Lancashire Constabulary",
    "Hartlepool": "Cleveland Police",
    "Redcar and Cleveland": "Cleveland Police",
    "Darlington": "Durham Constabulary",
    "City of London": "City of London Police",
    "Westminster": "Metropolitan Police Service",
    "Bexley": "Metropolitan Police Service",
    "York": "North Yorkshire Police",
    "Blackpool": "Lancashire Constabulary",
    "Newport": "Gwent Police",
    "Merthyr Tydfil": "South Wales Police",
    "Rhondda Cynon Taf": "South Wales Police",
    "Powys": "Dyfed-Powys Police",
    "Newcastle-under-Lyme": "Staffordshire Police",
    "Newcastle upon Tyne": "Northumbria Police",
    "North East Lincolnshire": "Humberside Police",
    "North East Derbyshire": "Derbyshire Constabulary",
    "Corby": "Northamptonshire Police",
    "Spelthorne": "Surrey Police",
    "Epping Forest": "Essex Police",
    "Broxbourne": "Hertfordshire Constabulary",
}


def test_all_territorial_forces_are_there_and_each_has_a_district():
    assert len(FORCE_DISTRICTS) == 43
    assert all(FORCE_DISTRICTS.values())
    assert len(FORCE_DISTRICTS["Metropolitan Police Service"]) == 32


def test_no_district_stands_under_two_forces_or_twice():
    districts = [name.casefold() for names in FORCE_DISTRICTS.values() for name in names]
    assert len(districts) == len(set(districts))


def test_every_district_of_the_table_finds_its_own_force():
    found = {(force, force_of(name)) for force, names in FORCE_DISTRICTS.items() for name in names}
    assert found == {(force, force) for force in FORCE_DISTRICTS}


@pytest.mark.parametrize(("district", "force"), HARD_CASES.items())
def test_hard_cases(district, force):
    assert force_of(district) == force


@pytest.mark.parametrize(
    ("written", "force"),
    [
        ("  bexley ", "Metropolitan Police Service"),
        ("CITY  OF LONDON", "City of London Police"),
        ("Tonbridge & Malling", "Kent Police"),
        ("Tonbridge&Malling", "Kent Police"),
        ("St Helens", "Merseyside Police"),
        ("St.Helens", "Merseyside Police"),
        ("St. Albans", "Hertfordshire Constabulary"),
        ("Southend on Sea", "Essex Police"),
        ("King\N{RIGHT SINGLE QUOTATION MARK}s Lynn & West Norfolk", "Norfolk Constabulary"),
    ],
)
def test_spelling_is_forgiven(written, force):
    assert force_of(written) == force


@pytest.mark.parametrize("name", ["", "Derby 0", "Glasgow City", "Belfast", "Bexle", "Kent"])
def test_an_unknown_name_has_no_force(name):
    assert force_of(name) is None


def _rows(path):
    if not path.exists():
        pytest.skip(f"the public lookup {path.name} is not in {REAL}")
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _borough(lsoa_name):
    return lsoa_name.rsplit(" ", 1)[0]


@pytest.mark.real
def test_every_borough_of_both_vintages_has_a_force():
    rows = _rows(EXACT_FIT)
    names = {_borough(row[column]) for row in rows for column in ("LSOA11NM", "LSOA21NM")}
    names |= {row["LAD22NM"] for row in rows} | {row["LAD24NM"] for row in _rows(WARDS)}
    assert len(names) > 360
    assert sorted(name for name in names if force_of(name) is None) == []


@pytest.mark.real
def test_the_table_holds_no_name_that_no_source_has():
    rows = _rows(EXACT_FIT)
    names = {_borough(row[column]) for row in rows for column in ("LSOA11NM", "LSOA21NM")}
    names |= {row["LAD22NM"] for row in rows} | {row["LAD24NM"] for row in _rows(WARDS)}
    assert {name for districts in FORCE_DISTRICTS.values() for name in districts} == names


@pytest.mark.real
def test_an_area_has_the_same_force_under_its_old_and_its_new_name():
    rows = _rows(EXACT_FIT)
    moved = {
        (row["LSOA11NM"], row["LSOA21NM"], row["LAD22NM"])
        for row in rows
        if len(
            {
                force_of(_borough(row["LSOA11NM"])),
                force_of(_borough(row["LSOA21NM"])),
                force_of(row["LAD22NM"]),
            }
        )
        > 1
    }
    assert moved == set()
