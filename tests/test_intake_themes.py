"""Themes and harm weights: who carries what, and what the data cannot tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.intake.harm import read_weights, weight_of
from hotspots.intake.themes import themes_of, unanswered
from hotspots.settings import Theme

VIOLENCE = Theme("Violence", categories=("Violence", "Robbery"))
KNIFE = Theme("Weapons", categories=("violence",), flags=("knife", "gun"))
CODE = Theme("Weapons", offence_codes=("8N", "10*"))
GANGS = Theme("Gangs", flags=("gang",))


def rows(*entries):
    return pd.DataFrame(list(entries), columns=["category", "offence_code", "flags"], dtype="str")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("Violence", "", ""), "Violence"),
        (("VIOLENCE ", "", ""), ""),
        (("robbery", "", "knife"), "Violence"),
        (("Violence", "", "knife"), "Violence|Weapons"),
        (("Violence", "", "drugs gun"), "Violence|Weapons"),
        (("Violence", "", "knifes"), "Violence"),
        (("Drugs", "8n", ""), "Weapons"),
        (("Drugs", "8", ""), ""),
        (("Drugs", "8NA", ""), ""),
        (("Drugs", "105A", ""), "Weapons"),
        (("Drugs", "10", "gang"), "Weapons|Gangs"),
        (("", "", ""), ""),
    ],
)
def test_a_row_carries_every_theme_that_applies(row, expected):
    assert list(themes_of(rows(row), [VIOLENCE, KNIFE, CODE, GANGS])) == [expected]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Violence", "Drugs"]), st.sampled_from(["", "8N"]), st.sampled_from(["", "knife gang"])
        )
    ),
    st.randoms(),
)
def test_rows_are_judged_alone(entries, random):
    themes = [VIOLENCE, KNIFE, CODE, GANGS]
    frame = rows(*entries)
    frame.index = pd.Index(random.sample(range(1000), len(frame)))
    told = themes_of(frame, themes)
    assert told.index.equals(frame.index)
    assert list(told) == [themes_of(rows(entry), themes).iloc[0] for entry in entries]


def test_what_a_source_would_need_is_said():
    flags = {"police.uk": (), "Force": ("knife",), "Partner": ("gang",)}
    assert unanswered([VIOLENCE], flags, []) == {}
    assert unanswered([KNIFE], flags, []) == {"police.uk": "a flag (knife or gun)", "Partner": "a flag (knife or gun)"}
    assert unanswered([KNIFE, CODE], flags, ["Partner"]) == {"police.uk": "a flag (knife or gun), or offence codes"}
    both = Theme("Both", flags=("gang",), offence_codes=("8N",))
    assert unanswered([both], flags, ["Force"]) == {
        "police.uk": "a flag (gang) and offence codes",
        "Force": "a flag (gang)",
        "Partner": "offence codes",
    }


# ------------------------------------------------------------------------------------------------ harm


def table(folder, text):
    path = folder / "weights.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_weights_are_by_offence_code(tmp_path):
    weights, file = read_weights(table(tmp_path, 'Offence code,Weight,Name\n8N,"1,234.5",x\n 105a ,9,y\n8N,1234.5,z\n'))
    assert weights.to_dict() == {"8N": 1234.5, "105A": 9.0}
    assert (file.role, file.name) == ("harm weights", "weights.csv")
    told = weight_of(pd.Series(["8n ", "105A", "", "99"], dtype="str"), weights)
    assert told.dtype == float
    np.testing.assert_array_equal(told, [1234.5, 9.0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code\n8N\n", "lacks the column weight"),
        ("offence_code,weight\n", "holds no weights"),
        ("offence_code,weight\n8N,0\n", r"row 2: '8N' has the weight '0'"),
        ("offence_code,weight\n8N,nan\n", r"row 2: '8N' has the weight 'nan'"),
        ("offence_code,weight\n8N,many\n", r"row 2: '8N' has the weight 'many'"),
        ("offence_code,weight\n8N,inf\n", r"row 2"),
        ("offence_code,weight\n,5\n", r"row 2: '' has the weight '5'"),
        ("offence_code,weight\n8N,5\n8n,6\n", r"row 3: '8n' has two weights, 5 and 6"),
        ("offence_code,weight\n8N,1,234\n", r"row 2: 3 cells under 2 titles"),
        ("offence_code,weight\nRobbery,300\n", r"crime type 'Robbery' is refused.*9 to 7,979"),
        ("offence_code,weight\nviolent-crime,300\n", r"crime type 'violent-crime' is refused"),
    ],
)
def test_a_table_of_weights_that_cannot_be_defended_is_refused(tmp_path, text, expected):
    with pytest.raises(InputError, match=expected):
        read_weights(table(tmp_path, text))
