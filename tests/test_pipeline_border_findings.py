"""What is said across the border: where it is crossed, what lies beyond, whether crime moved, and what is not known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.displacement import BorderDisplacement, Displacements
from hotspots.pipeline.border_findings import Sides, border_findings, neighbour_sides
from hotspots.pipeline.window import Window
from hotspots.settings import Areas, Settings
from hotspots.settings import Hotspots as HotspotSettings
from hotspots.tables import check
from hotspots.tables.neighbours import DISPLACEMENT, NEIGHBOURS
from tests.places_fixtures import lattice

MONTHS = pd.period_range("2023-06", "2024-05", freq="M")
HEARD = Sides(("Bromley", "Greenwich"), (), ())
EVEN = BorderDisplacement(41, (30, 58), 60, (44, 79), 0.6, hint=False)


def hotspots(n=3):
    """Only what the sentences read: rank by id, the first not the highest."""
    key = pd.Index([f"H{number}" for number in range(n)], dtype="str", name="hotspot_id")
    return pd.DataFrame({"rank": np.arange(n, 0, -1)}, index=key)


def neighbours(*rows):
    """NEIGHBOURS of (name, borough, n, n_month, distance_m, change, low, high)."""
    key = pd.Index([f"N{number}" for number in range(len(rows))], dtype="str", name="neighbour_id")
    ranks = pd.Series([-row[2] for row in rows], dtype=float).rank(method="first").astype(np.int64).to_numpy()
    columns = ["name", "borough", "n", "n_month", "distance_m", "change", "usual_low", "usual_high"]
    frame = pd.DataFrame([[*row, *("usual", 0, 9)[len(row) - 5 :]] for row in rows], columns=columns, index=key)
    frame = frame.astype({"name": "str", "borough": "str", "change": "str", "n": np.int64, "n_month": np.int64})
    frame = frame.astype({"distance_m": float, "usual_low": "Int64", "usual_high": "Int64"})
    frame = frame.assign(rank=ranks, change_p=0.5, change_p_adjusted=0.5, n_in_area=np.int64(0))
    frame = frame.assign(easting=0.0, northing=0.0, hotspot_distance_m=np.nan)
    frame = frame.assign(**dict.fromkeys(("grid_ref", "hotspot_id"), pd.Series(None, index=key, dtype="str")))
    table = gpd.GeoDataFrame(frame, geometry=[shapely.box(0, 0, 1, 1)] * len(rows), crs=27700)
    return check(NEIGHBOURS, table[list(NEIGHBOURS.columns)])


def crossings(*rows):
    return pd.DataFrame(rows, columns=["hotspot_id", "borough", "overlap_m2"])


def moved(*rows, border=EVEN, width_m=300.0, refused=""):
    """Displacements of (n_month, mean, ring n_month, low, high, adjusted p) by hotspot."""
    key = hotspots(len(rows)).index
    columns = ["n_month", "others_mean", "ring_n_month", "ring_usual_low", "ring_usual_high", "displacement_p_adjusted"]
    frame = pd.DataFrame(rows, columns=columns, index=key)
    frame = frame.astype({"n_month": np.int64, "ring_n_month": np.int64, "others_mean": float})
    frame = frame.astype({"ring_usual_low": "Int64", "ring_usual_high": "Int64", "displacement_p_adjusted": float})
    frame = frame.assign(ring_others_mean=3.0, displacement_p=frame["displacement_p_adjusted"])
    frame["displacement"] = frame["displacement_p_adjusted"] <= 0.05
    return Displacements(check(DISPLACEMENT, frame[list(DISPLACEMENT.columns)]), border, width_m, 11, refused)


def said(own=None, near=None, over=None, hints=None, sides=HEARD, context_m=1000.0, most=10):
    table = hotspots() if own is None else own
    return border_findings(
        table,
        neighbours() if near is None else near,
        crossings() if over is None else over,
        moved() if hints is None else hints,
        sides,
        area="Bexley",
        focus="serious violence",
        settings=Settings(areas=Areas(context_m=context_m), hotspots=HotspotSettings(max_number=most)),
    )


def test_on_a_quiet_border_every_part_is_said():
    assert said(hints=moved((3, 4.0, 2, 0, 6, 0.9))) == (
        "No hotspot of Bexley crosses or touches its line.",
        "By the same method, no hotspot of Bromley or Greenwich lies within 1 km of Bexley.",
        "No sign that serious violence moved across the line this month: Bexley has 41 (usual 30–58), the LSOAs around "
        "it 60 (usual 44–79), each within chance.",
        "No sign that serious violence moved from a hotspot into the streets around it: none fell while what lies "
        "within 300 m rose, both beyond chance (1 of 1 hotspot holds enough incidents to tell).",
    )


# ------------------------------------------------------------------------------------------------ crossing


@pytest.mark.parametrize(
    ("over", "sentences"),
    [
        ([("H0", "Bromley", 40.0)], ["Number 3 crosses the line into Bromley."]),
        ([("H2", "Bromley", 0.0)], ["Number 1 touches the line with Bromley."]),
        ([("H1", "", 40.0)], ["Number 2 reaches over the line where the layer holds no LSOA, such as water."]),
        ([("H1", "", 40.0), ("H1", "Bromley", 3.0)], ["Number 2 crosses the line into Bromley."]),
        ([("H1", "", 40.0), ("H1", "Bromley", 0.0)], ["Number 2 touches the line with Bromley."]),
        ([("H1", "Greenwich", 9.0), ("H1", "Bromley", 0.0)], ["Number 2 crosses the line into Greenwich."]),
        ([("H1", "Greenwich", 9.0), ("H1", "Bromley", 3.0)], ["Number 2 crosses the line into Greenwich and Bromley."]),
        (
            [("H0", "Bromley", 40.0), ("H1", "Bromley", 0.0), ("H2", "Bromley", 4.0)],
            ["Numbers 1 and 3 cross the line into Bromley.", "Number 2 touches the line with Bromley."],
        ),
        ([("H0", "Bromley", 0.0), ("H2", "Bromley", 0.0)], ["Numbers 1 and 3 touch the line with Bromley."]),
        (
            [("H0", "", 40.0), ("H1", "", 4.0)],
            ["Numbers 2 and 3 reach over the line where the layer holds no LSOA, such as water."],
        ),
    ],
)
def test_hotspots_over_the_line_are_named_by_rank_and_borough(over, sentences):
    assert list(said(over=crossings(*over)))[: len(sentences)] == sentences
    assert said(over=crossings(*over))[len(sentences)].startswith("By the same method")


def test_without_hotspots_nothing_is_said_of_them():
    sentences = said(own=hotspots(0))
    assert sentences[0].startswith("By the same method")
    assert len(sentences) == 2


# ------------------------------------------------------------------------------------------------ neighbours

WOOLWICH = ("Woolwich Road, Greenwich 012B", "Greenwich", 24, 3, 346.0)
PLUMSTEAD = ("High Street, Greenwich 003A", "Greenwich", 1240, 0, 0.0)
CRAY = ("Cray Road, Bromley 001A", "Bromley", 30, 1, 4.0)


def test_one_neighbours_hotspot():
    assert said(near=neighbours(WOOLWICH))[1:4] == (
        "One hotspot of Greenwich lies within 1 km of Bexley, drawn by the same method: Woolwich Road, Greenwich 012B "
        "(24 incidents, 3 this month, 350 m from the line).",
        "None lies so near in Bromley.",
        "Its month is not beyond chance.",
    )


def test_several_are_counted_by_borough_and_named_by_rank():
    assert said(near=neighbours(WOOLWICH, CRAY, PLUMSTEAD), context_m=1500.0)[1:3] == (
        "Two hotspots of Greenwich and one of Bromley lie within 1.5 km of Bexley, drawn by the same method: High "
        "Street, Greenwich 003A (1,240 incidents, none this month, on the line); Cray Road, Bromley 001A (30 "
        "incidents, 1 this month, 10 m from the line); Woolwich Road, Greenwich 012B (24 incidents, 3 this month, "
        "350 m from the line).",
        "In none of these is the month beyond chance.",
    )


def test_five_are_named_and_the_rest_is_counted():
    rows = [(f"Place {n}", "Greenwich", 20 - n, 1, 100.0) for n in range(7)]
    five = said(near=neighbours(*rows[:5]))[1]
    assert five.endswith("Place 4 (16 incidents, 1 this month, 100 m from the line).")
    seven = said(near=neighbours(*rows))[1]
    assert seven.startswith("Seven hotspots of Greenwich lie within 1 km of Bexley")
    assert seven.endswith("Place 4 (16 incidents, 1 this month, 100 m from the line); and two more.")


def test_a_full_list_is_called_the_busiest_and_claims_nothing_of_the_others():
    sentences = said(near=neighbours(WOOLWICH, CRAY), most=2)
    assert sentences[1].startswith(
        "The busiest hotspots of the neighbours within 1 km of Bexley, drawn by the same method (one of Bromley and "
        "one of Greenwich): Cray Road"
    )
    assert sentences[2] == "In none of these is the month beyond chance."
    one = said(near=neighbours(WOOLWICH), most=1)
    assert one[1].startswith("The busiest hotspot of the neighbours within")
    assert not any(sentence.startswith("None lies") for sentence in (*one, *sentences))
    assert said(near=neighbours(WOOLWICH, CRAY), most=3)[1].startswith("One hotspot of Bromley and one of Greenwich")


def test_months_beyond_chance_are_told_with_their_numbers():
    rows = [
        (*WOOLWICH, "above", 0, 2),
        (*CRAY, "usual", 0, 9),
        ("Old Lane", "Bromley", 1500, 1001, 10.0, "below", 1002, 1300),
    ]
    assert said(near=neighbours(*rows))[2:4] == (
        "Old Lane is below what is usual there: 1,001, usually 1,002 to 1,300.",
        "Woolwich Road, Greenwich 012B is above what is usual there: 3, usually 0 to 2.",
    )


def test_months_that_are_not_tested_are_not_called_usual():
    sentences = said(near=neighbours((*WOOLWICH, "untested", pd.NA, pd.NA)))
    assert not any("beyond chance." in sentence for sentence in sentences)


# ------------------------------------------------------------------------------------------------ moved


def test_a_hint_across_the_line_is_no_proof():
    border = BorderDisplacement(20, (30, 58), 1090, (44, 1079), 0.001, hint=True)
    assert said(hints=moved(border=border))[2] == (
        "A hint, no proof, that serious violence moved across the line this month: Bexley has 20 (usual 30–58), the "
        "LSOAs around it 1,090 (usual 44–1,079). A season, an operation or a change in recording can do the same."
    )


@pytest.mark.parametrize(
    ("n", "ring", "within"),
    [(30, 44, True), (58, 79, True), (29, 60, False), (59, 60, False), (41, 43, False), (41, 80, False)],
)
def test_one_half_of_a_hint_is_none_and_is_not_called_chance(n, ring, within):
    border = BorderDisplacement(n, (30, 58), ring, (44, 79), 0.2, hint=False)
    sentence = said(hints=moved(border=border))[2]
    end = ", each within chance." if within else "; only a fall here with a rise there would be one."
    assert sentence == (
        f"No sign that serious violence moved across the line this month: Bexley has {n} (usual 30–58), the LSOAs "
        f"around it {ring} (usual 44–79){end}"
    )


def test_what_is_not_tested_is_said_with_its_reason():
    assert said(hints=moved((1, 2.0, 2, 0, 6, np.nan), border=None, refused="the month's files look incomplete"))[
        2:
    ] == (
        "Whether serious violence moved across the line is not tested: the month's files look incomplete.",
        "Whether serious violence moved from a hotspot into the streets around it is not tested: the month's files "
        "look incomplete.",
    )
    assert said(hints=moved(border=None))[2] == (
        "Whether serious violence moved across the line is not tested: too few other months are held."
    )


def test_a_hint_next_door_gives_the_counts_by_rank():
    hints = moved(
        (2, 11.54, 31, 9, 25, 0.01), (5, 6.0, 4, 0, 9, 0.9), (1002, 1511.0, 1031, 900, 1025, 0.04), width_m=250.0
    )
    assert said(hints=hints)[3:] == (
        "A hint, no proof, that serious violence moved from number 1 into the streets around it: 1,002 there this month "
        "(1511.0 in an average other month), 1,031 within 250 m of it (usual 900–1,025).",
        "A hint, no proof, that serious violence moved from number 3 into the streets around it: 2 there this month "
        "(11.5 in an average other month), 31 within 250 m of it (usual 9–25).",
    )


def test_how_many_could_tell_is_said():
    quiet = (1, 1.0, 1, 0, 6, np.nan)
    sentence = said(hints=moved(quiet, (3, 5.0, 1, 0, 6, 0.5), (3, 5.0, 1, 0, 6, 0.5)))[3]
    assert sentence.endswith("(2 of 3 hotspots hold enough incidents to tell).")
    assert said(hints=moved(quiet, (3, 5.0, 1, 0, 6, 0.5)))[3].endswith(
        "(1 of 2 hotspots holds enough incidents to tell)."
    )
    start = "Whether serious violence moved from a hotspot into the streets around it cannot be told: "
    assert said(hints=moved(quiet))[3] == f"{start}the hotspot holds too few incidents, there or around."
    assert said(hints=moved(quiet, quiet))[3] == f"{start}all 2 hotspots hold too few incidents, there or around."


# ------------------------------------------------------------------------------------------------ sides


def layer(**forces):
    """Bexley between four neighbours, one column each."""
    names = ("Bromley", "Greenwich", "Bexley", "Dartford", "Gravesham")
    frame = lattice(5, 2, borough=lambda column, _row: names[column])
    named = [forces.get(borough, "Met") for borough in frame["borough"]]
    frame["force"] = pd.Series([name or None for name in named], index=frame.index, dtype="str")
    frame["zone"] = pd.Series(np.where(frame["borough"] == "Bexley", "area", "ring"), index=frame.index, dtype="str")
    return frame


def window(areas, lacking=()):
    """Every force has every month, but for (force, months)."""
    covered = pd.DataFrame(data=True, index=areas.index, columns=[*MONTHS, MONTHS[0] - 1])
    covered.loc[areas["force"].isna()] = False
    for force, months in lacking:
        covered.loc[areas["force"] == force, list(months)] = False
    return Window(MONTHS, (), covered, ())


def sides(areas, lacking=(), quiet=()):
    codes = areas.index[areas["borough"].isin(quiet)]
    return neighbour_sides(areas, window(areas, lacking), codes, "Bexley")


def test_neighbours_with_data_are_heard():
    assert sides(layer()) == Sides(("Bromley", "Dartford", "Gravesham", "Greenwich"), (), ())


@pytest.mark.parametrize(
    ("forces", "lacking", "quiet", "silent", "sentence"),
    [
        (
            {"Dartford": "Kent Police"},
            [("Kent Police", MONTHS)],
            (),
            ("Dartford",),
            "Kent Police is in no file of these months: nothing is known of Dartford's side.",
        ),
        (
            {"Dartford": "Kent Police", "Gravesham": "Kent Police"},
            [("Kent Police", MONTHS)],
            (),
            ("Dartford", "Gravesham"),
            "Kent Police is in no file of these months: nothing is known of the side of Dartford and Gravesham.",
        ),
        (
            {"Dartford": "Kent Police"},
            [("Kent Police", [MONTHS[2], MONTHS[5], MONTHS[6]])],
            (),
            ("Dartford",),
            "Kent Police lacks 2023-08 and 2023-11 to 2023-12: nothing is known of Dartford's side.",
        ),
        (
            {},
            [],
            ("Greenwich",),
            ("Greenwich",),
            "No row of any crime type lies in Greenwich: nothing is known of its side.",
        ),
        (
            {},
            [],
            ("Greenwich", "Bromley", "Bexley"),
            ("Bromley", "Greenwich"),
            "No row of any crime type lies in Bromley and Greenwich: nothing is known of their side.",
        ),
        (
            {"Dartford": ""},
            [],
            (),
            ("Dartford",),
            "No police force is known for Dartford: nothing is known of its side.",
        ),
    ],
)
def test_silent_neighbours_are_named_with_the_reason(forces, lacking, quiet, silent, sentence):
    found = sides(layer(**forces), lacking, quiet)
    assert found.silent == silent
    assert found.sentences == (sentence,)
    assert sorted({*found.heard, *found.silent}) == ["Bromley", "Dartford", "Gravesham", "Greenwich"]
    assert not set(found.heard) & set(found.silent)


def test_each_force_has_its_own_sentence_and_months_outside_the_window_do_not_count():
    areas = layer(Dartford="Kent Police", Greenwich="City")
    found = sides(areas, [("Kent Police", MONTHS), ("City", [MONTHS[0] - 1])], ("Bromley",))
    assert [sentence.partition(":")[0] for sentence in found.sentences] == [
        "Kent Police is in no file of these months",
        "No row of any crime type lies in Bromley",
    ]
    assert found.heard == ("Gravesham", "Greenwich")


def test_a_layer_that_ends_at_the_line_is_said():
    areas = layer()
    alone = areas[areas["zone"] == "area"]
    found = sides(alone)
    assert found == Sides(
        (), (), ("The boundary layer holds nothing around Bexley: nothing is known of its neighbours.",)
    )


def test_where_no_neighbour_is_heard_nothing_is_claimed_of_them():
    silent = Sides(
        (), ("Dartford",), ("Kent Police is in no file of these months: nothing is known of Dartford's side.",)
    )
    sentences = said(sides=silent, over=crossings(("H0", "Dartford", 9.0)), hints=moved((3, 4.0, 2, 0, 6, 0.9)))
    assert len(sentences) == 3
    assert sentences[0] == "Number 3 crosses the line into Dartford."
    assert sentences[1].startswith("No sign that serious violence moved from a hotspot")
    assert sentences[2] == silent.sentences[0]


def test_no_count_becomes_a_percentage():
    every = said(near=neighbours(WOOLWICH, CRAY), hints=moved((2, 11.5, 31, 9, 25, 0.01)))
    assert not any("%" in sentence for sentence in every)
