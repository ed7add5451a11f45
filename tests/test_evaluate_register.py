"""The register of evaluations: added to, never doubled, never lost, never taken from somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError, OutputError
from hotspots.files import csv_text, neutral
from hotspots.intake.registers import read_register
from hotspots.pipeline import evaluate as module
from hotspots.pipeline.evaluate import add_to_register
from hotspots.pipeline.evaluate_places import printable
from hotspots.tables import EVALUATIONS, check
from tests import conftest as kit

ROW = {
    "target": "H01 Broadway",
    "started_on": "2024-03",
    "focus": "burglary",
    "area": "Bexley",
    "evaluated_month": "2024-05",
    "before": "2023-12 to 2024-02",
    "after": "2024-03 to 2024-05",
    "months_before": 3,
    "months_after": 3,
    **{f"{zone}_{side}": 7 for zone in ("treated", "ring", "control", "control_ring") for side in ("before", "after")},
    "n_controls": 3,
    "controls": "A; B; C",
    "wdd": -0.1 - 0.2,
    "low": -1e-7,
    "high": 12.0,
    "p": 0.05,
    "too_small": False,
    "least_fall": 9.5,
    "spread": 1.5,
    "n_similar": 9,
    "n_as_far": 2,
}


def row(key="2024-03-aa", **changes):
    frame = pd.DataFrame(ROW | changes, index=pd.Index([key], name="evaluation_id", dtype="str"))
    return check(EVALUATIONS, frame.astype({"least_fall": float}))


def test_the_example_covers_the_contract():
    assert list(ROW) == list(EVALUATIONS.columns)


def test_rows_are_added_in_the_order_of_their_ids_and_replaced_by_their_later_selves(tmp_path):
    path = tmp_path / "meeting" / "evaluations.csv"
    for key, wdd in (("2024-03-bb", 1.0), ("2024-03-aa", 2.0), ("2024-03-bb", 3.0)):
        add_to_register(path, row(key, wdd=wdd))
    table, data = read_register(path, EVALUATIONS)
    assert table["wdd"].to_dict() == {"2024-03-aa": 2.0, "2024-03-bb": 3.0}
    assert data == path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfevaluation_id,target,started_on,")
    assert kit.names_in(path.parent) == ["evaluations.csv"]
    add_to_register(path, row("2024-03-bb", wdd=3.0))
    assert path.read_bytes() == data


def test_a_register_that_is_not_there_is_empty(tmp_path):
    table, data = read_register(tmp_path / "none.csv", EVALUATIONS)
    assert (len(table), data) == (0, b"")
    (tmp_path / "empty.csv").write_bytes(b"")
    add_to_register(tmp_path / "empty.csv", row())
    assert len(read_register(tmp_path / "empty.csv", EVALUATIONS)[0]) == 1


@settings(max_examples=25)
@given(
    st.text(max_size=30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.floats(0, 1e9),
    st.integers(0, 2**60),
    st.booleans(),
)
def test_a_register_reads_back_as_it_was_written(tmp_path_factory, text, wdd, least, many, small):
    path = tmp_path_factory.mktemp("register") / "evaluations.csv"
    text = printable(text)
    made = row(target=text, wdd=wdd, least_fall=np.nan if least is None else least, n_similar=many, too_small=small)
    path.write_bytes(csv_text(made).encode())
    back, data = read_register(path, EVALUATIONS)
    assert back["target"].iloc[0] == neutral(text)
    pd.testing.assert_frame_equal(back.drop(columns="target"), made.drop(columns="target"), check_column_type=False)
    assert csv_text(back).encode() == data


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "@SUM(1)", "-2+3", '"; DROP', "<script>", "a,b", "Ünïted 區"])
def test_hostile_names_stay_text(tmp_path, name):
    path = tmp_path / "evaluations.csv"
    add_to_register(path, row(target=name, controls=name))
    first = path.read_bytes()
    add_to_register(path, row("2024-04-zz"))
    add_to_register(path, row(target=name, controls=name))
    table, data = read_register(path, EVALUATIONS)
    assert table["target"].iloc[0] == neutral(name)
    assert data.startswith(first.rstrip(b"\n"))


def test_what_runs_add_at_once_is_not_lost(tmp_path):
    path = tmp_path / "evaluations.csv"
    want = [f"2024-03-{number:02d}" for number in range(12)]
    with ThreadPoolExecutor(4) as pool:  # the lock is of an open file, so that threads wait as processes do
        list(pool.map(lambda key: add_to_register(path, row(key)), want))
    assert read_register(path, EVALUATIONS)[0].index.tolist() == want
    assert kit.names_in(tmp_path) == ["evaluations.csv"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: "name,where\nx,y\n", r"not as this program wrote it \(no UTF-8 mark\)"),
        (lambda _: "\ufeffname,where\nx,y\n", r"other columns than an evaluation \(name, where …\)"),
        (lambda _: "\ufeff\n", r"other columns than an evaluation"),
        (lambda text: text.replace(",2024-05,", ",2024-05,,"), r"row 2, has \d+ cells for \d+ columns"),
        (lambda text: text.replace(",False,", ",FALSCH,"), r"was changed so that it cannot be read.*earlier copy"),
        (lambda text: text.replace(",7,", ',"7,0",', 1), r"was changed so that it cannot be read"),
        (lambda text: text.replace(",12.0,", ",inf,"), r"was changed so that it cannot be read"),
        (lambda text: text.replace(",0.05,", ",,"), r"was changed so that it cannot be read"),
        (lambda text: text + text.splitlines()[1] + "\n", r"was changed so that it cannot be read"),
        (lambda text: text + '"', r"row 3: not readable as CSV"),
    ],
)
def test_a_register_that_is_not_ours_is_left_alone(tmp_path, change, said):
    path = tmp_path / "evaluations.csv"
    path.write_bytes(change(csv_text(row())).encode())
    before = path.read_bytes()
    with pytest.raises(InputError, match=said):
        add_to_register(path, row("2024-09-cc"))
    assert path.read_bytes() == before
    assert kit.names_in(tmp_path) == ["evaluations.csv"]


def test_a_folder_is_no_register(tmp_path):
    with pytest.raises(InputError, match=r"The register .* cannot be read .*is it a file, and yours"):
        read_register(tmp_path, EVALUATIONS)


def test_a_register_that_another_program_changes_meanwhile_is_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "evaluations.csv"
    add_to_register(path, row())

    def and_changed(*given):
        made = read_register(*given)
        path.write_bytes(made[1] + b"more")
        return made

    monkeypatch.setattr(module, "read_register", and_changed)
    with pytest.raises(OutputError, match="was changed by another program meanwhile; close it there"):
        add_to_register(path, row("2024-09-cc"))
    assert path.read_bytes().endswith(b"more")
