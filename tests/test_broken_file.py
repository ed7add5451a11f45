"""A thousand rows with every fault that exports have: each row is accepted, or rejected under its own number."""

from __future__ import annotations

import csv
import html
import io
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from hotspots.intake.incidents import read_incidents
from hotspots.settings import load_settings
from tests import conftest as kit
from tests.test_tabular import xlsx

TITLES = ("Ref", "From", "To", "Type", "Code", "Easting", "Northing", "Place", "Notes")
ROWS = 1000
PLANTED = "Zachariah Planted"
FORMULA = '=HYPERLINK("http://example.org","x")'
MARKUP = "</script><img src=x onerror=alert(1)>"
TYPES = ("Robbery", "Violence and sexual offences", MARKUP)

SETTINGS = f"""
[[sources]]
name = "Broken"
path = "PATH"
date_order = "dmy"
force = "{kit.MET}"
columns = {{ id = "Ref", date = "From", until = "To", category = "Type", offence_code = "Code", easting = "Easting", northing = "Northing", street = "Place" }}
"""

FAULTS: dict[str, tuple[dict[str, str], str, str, str]] = {
    "no date": ({"From": ""}, "bad_date", "From", ""),
    "no such day": ({"From": "31/06/2024"}, "bad_date", "From", "31/06/2024"),
    "month first": ({"From": "05/28/2024"}, "bad_date", "From", "05/28/2024"),
    "words": ({"From": "last night"}, "bad_date", "From", "last night"),
    "no such hour": ({"From": "03/05/2024 25:10"}, "bad_date", "From", "03/05/2024 25:10"),
    "formula for a date": ({"From": "=TODAY()"}, "bad_date", "From", "=TODAY()"),
    "ends before it starts": ({"To": "01/01/2023 10:00"}, "until_before_date", "To", "01/01/2023 10:00"),
    "ends a day early": ({"From": "09/05/2024 10:00", "To": "08/05/2024"}, "until_before_date", "To", "08/05/2024"),
    "no category": ({"Type": "  "}, "no_category", "Type", ""),
    "no place": ({"Easting": "", "Northing": " "}, "no_location", "Easting, Northing", ""),
    "origin": ({"Easting": "0", "Northing": "0.0"}, "zero_coordinates", "Easting, Northing", "0, 0.0"),
    "swapped": (
        *({"Easting": "175760", "Northing": "549260"}, "swapped_axes", "Easting, Northing"),
        "175760, 549260 (easting and northing look swapped)",
    ),
    "degrees": (
        *({"Easting": "0.1472", "Northing": "51.4618"}, "wrong_unit", "Easting, Northing"),
        "0.1472, 51.4618 (degrees where metres were expected)",
    ),
    "kilometres": (
        *({"Easting": "549.26", "Northing": "175.76"}, "wrong_unit", "Easting, Northing"),
        "549.26, 175.76 (kilometres where metres were expected)",
    ),
    "France": (
        *({"Easting": "651000", "Northing": "-72000"}, "outside_great_britain", "Easting, Northing"),
        "651000, -72000",
    ),
    "text for a place": (
        *({"Easting": "see notes"}, "bad_coordinates", "Easting, Northing"),
        "see notes, 175760 (not two numbers)",
    ),
    "half a place": (
        *({"Northing": ""}, "bad_coordinates", "Easting, Northing"),
        "549260,  (not two numbers)",
    ),
    "formula for a place": (
        *({"Easting": "=1+1"}, "bad_coordinates", "Easting, Northing"),
        "=1+1, 175760 (not two numbers)",
    ),
    "mark-up for a place": (
        *({"Easting": MARKUP}, "bad_coordinates", "Easting, Northing"),
        f"{MARKUP}, 175760 (not two numbers)",
    ),
}
"""Name → changed cells, and the reason, column and value of the reject."""

ACCEPTED: dict[str, dict[str, str]] = {
    "plain": {},
    "quotes": {"Place": 'The "Swan", High Street'},
    "two lines": {"Place": "Swan Yard\r\nrear of", "Notes": f"{PLANTED}\nsecond line"},
    "formula": {"Place": FORMULA, "Notes": "=1+1"},
    "minus": {"Place": "-2+3+cmd|' /C calc'!A0", "Code": "@SUM(A1)"},
    "mark-up": {"Place": MARKUP, "Type": MARKUP},
    "template": {"Place": "${alert(1)}`\\u0041"},
    "right to left": {"Place": "\u202egnp.exe"},
    "no end": {"To": ""},
    "end unreadable": {"To": "unknown"},
    "ends that day": {"From": "09/05/2024 22:15", "To": "09/05/2024"},
    "a day alone": {"From": "7 May 2024", "To": ""},
    "either order": {"From": "04/05/2024 08:00", "To": ""},
    "iso": {"From": "2024-05-28T21:00:00Z", "To": "2024-05-28T23:30:00Z"},
    "thousands": {"Easting": "549,260.0", "Northing": "175,760"},
    "accents": {"Place": "Café Zoë – “Ñandú”"},
    "code missing": {"Code": ""},
}
"""Name → changed cells of rows that are odd but whole."""


@dataclass
class Broken:
    """A text as it is built, and what must become of each of its rows."""

    text: bytearray = field(default_factory=bytearray)
    number: int = 0
    """Row as a spreadsheet shows it: a record of several lines is one."""
    kept: dict[str, int] = field(default_factory=dict)
    """Id → row."""
    faults: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    """Row → reason, column and value."""

    def raw(self, line: bytes, *fault: str) -> None:
        """Add one line as it is; without a fault it is no row."""
        self.number += 1
        self.text += line
        if fault:
            reason, column, value = fault
            self.faults[self.number] = (reason, column, value)

    def good(self, cells: dict[str, str], encoding: str = "utf-8") -> None:
        self.raw(written(cells.values()).encode(encoding))
        self.kept["Broken:" + cells["Ref"]] = self.number

    def bad(self, cells: dict[str, str], reason: str, column: str, value: str) -> None:
        self.raw(written(cells.values()).encode(), reason, column, value)


def written(cells) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def cells_of(number: int, dice: random.Random) -> dict[str, str]:
    """A whole row, in one of the twelve months to 2024-05."""
    year, month = ("2024", dice.randint(1, 5)) if dice.random() < 0.5 else ("2023", dice.randint(6, 12))
    day = dice.randint(13, 27)
    values = (
        *(f"R{number:04d}", f"{day}/{month:02d}/{year} {dice.randint(0, 11):02d}:15", f"{day + 1}/{month:02d}/{year}"),
        *(TYPES[dice.random() < 0.7], "34B", "549260", "175760", "High Street", PLANTED),
    )
    return dict(zip(TITLES, values, strict=True))


def broken_rows(broken: Broken, dice: random.Random) -> None:
    """Rows that only a text can have: what is wrong is the writing, not what it says."""

    def row(ref: str, end: str = "34B,549260,175760,High Street,x") -> str:
        return f"{ref},14/05/2024 10:00,,Robbery,{end}"

    def broken_row(line: str, why: str, encoding: str = "utf-8") -> None:
        broken.raw(line.encode(encoding) + b"\r\n", "broken_row", "", why)

    broken_row(row("Q1", '34B,549260,175760,"High Street,x'), "a quote is never closed")
    broken_row(row("Q2", '34B,549260,175760,"The "Swan" Inn",x'), "text follows a closing quote")
    broken_row(row("Q3") + ",y", "10 cells under 9 titles, after a broken quote")
    for number in range(25):
        broken.good(cells_of(9000 + number, dice))
    broken_row(row("Q4") + ",,,z", "12 cells under 9 titles")
    broken_row("Total: 1000", "1 cell under 9 titles")
    broken_row("-- end --", "1 cell under 9 titles")
    broken_row(row("Q5", '34B,549260,175760,High "A" Street,x') + ",y", "10 cells under 9 titles")
    # Short rows: programs leave empty cells at the end out.
    broken.raw(b"S1,14/05/2024 10:00,,Robbery,34B,549260,175760\r\n")
    broken.kept["Broken:S1"] = broken.number
    broken.raw(b"S2,14/05/2024 10:00,,Robbery\r\n", "no_location", "Easting, Northing", "")
    broken.raw(b"S3,14/05/2024 10:00\r\n", "no_category", "Type", "")
    # A quote within a text that is in no quotes is a letter.
    broken.raw(row("S4", '34B,549260,175760,6" pipe,x').encode() + b"\n")
    broken.kept["Broken:S4"] = broken.number
    for blank in (b"\r\n", b"\n", b"   \r\n", b",,,,,,,,\r\n", b'"",,\r\n'):
        broken.raw(blank)
    broken.raw(row("N1", "34B,549260,175760,High\x00Street,x").encode() + b"\r\n")
    broken.kept["Broken:N1"] = broken.number
    broken.raw(b"N2,14/05/2024\x00,,Robbery,34B,549260,175760,,\r\n", "bad_date", "From", "14/05/2024\ufffd")
    broken.raw(row("W1", "34B,549260,175760,Caf\xe9 Zo\xeb,x").encode("cp1252") + b"\r\n")
    broken.kept["Broken:W1"] = broken.number


def repeats(broken: Broken, file: str, dice: random.Random) -> None:
    """Rows that repeat an id: of equal ones the first is kept, of places the western one, before none at all."""

    alike = cells_of(0, dice)

    def twice(ref: str, first: dict[str, str], second: dict[str, str], kept: int) -> None:
        rows = [broken.number + 1, broken.number + 2]
        for changes in (first, second):
            broken.good(alike | {"Ref": ref} | changes)
        broken.kept["Broken:" + ref] = rows[kept]
        broken.faults[rows[1 - kept]] = ("repeated_id", "Ref", f"kept: {file} row {rows[kept]}")

    twice("D1", {}, {}, 0)
    twice("D2", {}, {"Easting": "549000"}, 1)
    twice("D3", {"Easting": "", "Northing": ""}, {}, 1)
    twice("D4", {}, {"Easting": "1", "Northing": "1"}, 0)


def build(file: str = "broken.csv", without: str = "") -> Broken:
    """The file, the same in every run; one fault may be left out."""
    dice, broken = random.Random(7), Broken()  # noqa: S311 - the same in every run
    broken.raw(b"\xef\xbb\xbf" + written(TITLES).encode())
    odd = [("fault", name) for name in FAULTS if name != without] * 8 + [("kept", name) for name in ACCEPTED] * 8
    kinds = [*odd, *[("kept", "plain")] * (ROWS - len(odd) - 80)]
    dice.shuffle(kinds)
    for number, (kind, name) in enumerate(kinds):
        cells = cells_of(number, dice)
        if kind == "fault":
            changes, *fault = FAULTS[name]
            broken.bad(cells | changes, *fault)
        else:
            # The file says it is UTF-8, and some of its rows are not.
            encoding = "cp1252" if name == "accents" and dice.random() < 0.5 else "utf-8"
            broken.good(cells | ACCEPTED[name], encoding)
    repeats(broken, file, dice)
    broken_rows(broken, dice)
    broken.raw(b"\x1a", "broken_row", "", "1 cell under 9 titles")
    return broken


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The file on disk beside its settings, and what must become of it."""
    folder, built = tmp_path_factory.mktemp("broken"), build()
    (folder / "broken.csv").write_bytes(bytes(built.text))
    (folder / "hotspots.toml").write_text(SETTINGS.replace("PATH", "broken.csv"), encoding="utf-8")
    return folder, built


def told(intake) -> dict[int, tuple[str, str, str]]:
    rejects = intake.rejects
    assert rejects["source_row"].is_unique
    return {
        row.source_row: (row.reason, "" if row.column != row.column else row.column, row.value)
        for row in rejects.itertuples()
    }


def assert_accounted(intake, expected: Broken) -> None:
    assert told(intake) == expected.faults
    incidents = intake.incidents
    assert dict(zip(incidents.index, incidents["source_row"], strict=True)) == expected.kept
    account = intake.accounts.iloc[0]
    assert (account["accepted"], account["rejected"]) == (len(expected.kept), len(expected.faults))
    assert account["read"] == account["accepted"] + account["rejected"]


def test_the_file_holds_a_thousand_rows_and_every_fault(broken):
    _, built = broken
    assert 950 <= len(built.kept) + len(built.faults) <= 1050
    assert not set(built.faults) & set(built.kept.values())
    reasons = Counter(reason for reason, _, _ in built.faults.values())
    assert set(reasons) == {
        *("bad_date", "until_before_date", "no_category", "no_location", "zero_coordinates", "swapped_axes"),
        *("wrong_unit", "outside_great_britain", "bad_coordinates", "repeated_id", "broken_row"),
    }


def test_every_row_is_accepted_or_rejected_under_its_number(broken):
    folder, built = broken
    assert_accounted(read_incidents([], load_settings(folder / "hotspots.toml")), built)


def test_what_is_read_of_odd_rows_is_what_they_say(broken):
    folder, _ = broken
    incidents = read_incidents([], load_settings(folder / "hotspots.toml")).incidents
    streets = set(incidents["street"].dropna())
    assert {'The "Swan", High Street', "Swan Yard\r\nrear of", FORMULA, MARKUP, '6" pipe'} <= streets
    assert incidents.loc["Broken:N1", "street"] == "High\ufffdStreet"
    assert "Café Zoë – “Ñandú”" in streets, "a line of another encoding spoils no line of UTF-8"
    assert incidents.loc["Broken:W1", "street"].startswith("Caf")
    day = incidents[incidents["occurred_at"].dt.strftime("%d %H:%M") == "09 22:15"]
    assert len(day) >= 8
    assert day["occurred_until"].isna().all(), "the end of a day is no time"
    stamps = incidents[incidents["occurred_at"].dt.strftime("%d %H:%M") == "28 22:00"]
    assert (stamps["occurred_until"].dt.strftime("%d %H:%M") == "29 00:30").all()
    assert len(stamps) >= 8


def test_nothing_that_is_not_mapped_stays(broken):
    folder, built = broken
    intake = read_incidents([], load_settings(folder / "hotspots.toml"))
    assert PLANTED.encode() in built.text
    for frame in (intake.incidents.drop(columns="geometry"), intake.rejects):
        assert not frame.astype(str).apply(lambda column: column.str.contains("Planted")).any(axis=None)


def test_days_before_months_are_proven_by_other_rows(tmp_path):
    built = build(without="month first")
    (tmp_path / "broken.csv").write_bytes(bytes(built.text))
    source = SETTINGS.replace("PATH", "broken.csv").replace('date_order = "dmy"\n', "")
    (tmp_path / "hotspots.toml").write_text(source, encoding="utf-8")
    intake = read_incidents([], load_settings(tmp_path / "hotspots.toml"))
    assert_accounted(intake, built)
    early = intake.incidents[intake.incidents["occurred_at"].dt.strftime("%H:%M") == "08:00"]
    assert set(early["occurred_at"].dt.strftime("%Y-%m-%d")) == {"2024-05-04"}


def test_rows_of_both_orders_are_one_sentence_until_the_settings_decide(broken, tmp_path, town):
    folder, _ = broken
    source = SETTINGS.replace("PATH", str(folder / "broken.csv")).replace('date_order = "dmy"\n', "")
    (tmp_path / "hotspots.toml").write_text(source, encoding="utf-8")
    words = ["--month", kit.MONTH, "--boundaries", str(town.boundaries), "--area", "Bexley"]
    for command in ("check", "run"):
        said = kit.run_cli(command, *words, cwd=tmp_path)
        assert said.code == 1
        assert "month first (05/28/2024)" in said.sentence
        assert 'date_order = "dmy"' in said.sentence
    assert kit.names_in(tmp_path) == ["hotspots.toml"]


def test_check_and_run_take_it_without_a_traceback(broken, town):
    folder, built = broken
    given = ["--month", kit.MONTH, "--boundaries", str(town.boundaries), "--area", "Bexley"]
    checked = kit.run_cli("check", *given, cwd=folder)
    assert (checked.code, checked.err) == (0, "")
    read, kept, lost = (f"{n:,}" for n in (len(built.kept) + len(built.faults), len(built.kept), len(built.faults)))
    assert f"Broken: {read} rows read, {kept} accepted and {lost} rejected, in all months." in checked.out
    assert "\x1a" not in checked.out
    done = kit.run_cli("run", *given, "--out", "packs", cwd=folder)
    assert (done.code, done.err) == (0, "")
    pack = kit.PackRead(folder / "packs" / kit.MONTH, done)
    counts = pack.manifest["counts"]
    assert (counts["accepted"], counts["rejected"]) == (len(built.kept), len(built.faults))
    assert counts["located"] + counts["outside"] == counts["accepted"]
    rejects = pack.csv("rejects")
    assert set(rejects["source_file"]) == {"broken.csv"}
    found = dict(zip(rejects["source_row"], rejects["reason"], strict=True))
    assert found == {row: reason for row, (reason, _, _) in built.faults.items()}
    assert "<img" not in pack.page
    page = (pack.folder / "quality.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert html.escape(MARKUP) in page, "a crime type without a standard name is named, escaped"
    for path in pack.folder.iterdir():
        assert b"Planted" not in path.read_bytes(), path.name
    for name in ("hotspots", "areas", "rejects", "quality"):
        for record in csv.reader(io.StringIO((pack.folder / f"{name}.csv").read_text(encoding="utf-8-sig"))):
            for cell in record:
                assert cell[:1] not in {*"=@\t\r"}, (name, cell)


def test_one_row_is_one_row_and_a_part_of_a_title_finds_the_title(town, tmp_path):
    rows = [{**cells_of(number, random.Random(number)), "To": ""} for number in range(3)]  # noqa: S311
    rows[1]["From"] = "31/06/2024"
    rows[0]["From"] = "14/05/2024"
    text = written([*TITLES[:3], "Type of offence", *TITLES[4:]]) + "".join(written(row.values()) for row in rows)
    (tmp_path / "broken.csv").write_text(text.replace("Notes", "Typist"), encoding="utf-8")
    settings = tmp_path / "hotspots.toml"
    settings.write_text(SETTINGS.replace("PATH", "broken.csv"), encoding="utf-8")
    words = ["check", "--month", kit.MONTH, "--boundaries", str(town.boundaries), "--area", "Bexley"]
    assert kit.run_cli(*words, cwd=tmp_path).sentence.endswith("For 'Type', is 'Type of offence' meant?")
    settings.write_text(settings.read_text(encoding="utf-8").replace('"Type"', '"Type of offence"'), encoding="utf-8")
    said = kit.run_cli(*words, cwd=tmp_path).out
    assert "Broken: 1 row rejected: bad date (33 %); the first is row 3 of broken.csv." in said


# ------------------------------------------------------------------------------------------------ as a workbook


def workbook() -> tuple[bytes, Broken]:
    """The same faults as cells: what a quote or a delimiter breaks cannot happen there."""
    dice, expected = random.Random(7), Broken(number=3)  # noqa: S311 - the same in every run
    cells: dict[str, object] = {"A1": "Extract, run on 01/06/2024"}

    def add(row: dict[str, str]) -> None:
        expected.number += 1
        for letter, (title, text) in zip("ABCDEFGHI", row.items(), strict=True):
            number = title in {"Easting", "Northing"} and text.replace(".", "", 1).isdigit()
            if text:
                safe = html.escape(text.replace("\r", ""), quote=False)
                cells[f"{letter}{expected.number}"] = float(text) if number else safe

    cells |= {f"{letter}3": title for letter, title in zip("ABCDEFGHI", TITLES, strict=True)}
    kinds = [*FAULTS, *ACCEPTED] * 5
    dice.shuffle(kinds)
    for number, name in enumerate(kinds):
        row = cells_of(number, dice)
        if name in FAULTS:
            changes, *(reason, column, value) = FAULTS[name]
            add(row | changes)
            # A cell holds a number, not how it was written.
            expected.faults[expected.number] = (reason, column, value.replace("0, 0.0", "0, 0"))
        else:
            add(row | ACCEPTED[name])
            expected.kept["Broken:" + row["Ref"]] = expected.number
        expected.number += dice.random() < 0.1  # an empty row now and then
    for stamp, reason in ((45427.5, ""), (("e", "#REF!"), "bad_date")):
        add(cells_of(8000 + bool(reason), dice) | {"To": ""})
        cells[f"B{expected.number}"] = stamp if reason else ("stamp", stamp)
        if reason:
            expected.faults[expected.number] = (reason, "From", "")
        else:
            expected.kept["Broken:R8000"] = expected.number
    expected.number += 1
    cells[f"A{expected.number}"] = "Total: 1000"
    expected.faults[expected.number] = ("bad_date", "From", "")
    return xlsx({"Cover": {"A1": PLANTED}, "Data": cells}), expected


def test_a_workbook_with_the_same_faults(tmp_path):
    data, expected = workbook()
    (tmp_path / "broken.xlsx").write_bytes(data)
    more = 'path = "broken.xlsx"\nsheet = "data"\nheader_row = 3'
    (tmp_path / "hotspots.toml").write_text(SETTINGS.replace('path = "PATH"', more), encoding="utf-8")
    intake = read_incidents([], load_settings(tmp_path / "hotspots.toml"))
    assert_accounted(intake, expected)
    assert intake.incidents["occurred_at"].dt.strftime("%F %T").loc["Broken:R8000"] == "2024-05-15 12:00:00"
