"""The community tension log as levels: of each ward now and three months ago, by month, and on the hotspots' ground.

Rules of this module, since no published ones were found: an entry counts from the day it was reported to the day of its
next review, both included. One past its review does not count any more, for nobody has said that it still holds, but it
is never silent: it is counted apart. One that was reviewed and has no date for the next review is closed, and counts to
the day of that review, which is included as that of any review is: three months ago as today, so that no ward rises by
the edge of a day. An entry closed today counts today for the last time. The level of a ward is the most tense of the
entries that count; none is below every level. Nothing is tested: a handful of reports allows no more than counts.

Partner tier and above only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.tables import TENSE_HOTSPOTS, TENSION_MONTHS, TENSIONS, WARD_TENSIONS, check
from hotspots.tables.tensions import LEVELS

RISE_MONTHS = 3
"""Months back to the level that today's is compared with."""
REVIEW_AFTER_DAYS = 28
STATES = ("current", "overdue", "closed", "later")


def ward_key(name: str) -> str:
    """Return what spellings of one ward have in common, as ``St Mary's & St James ward`` and ``ST MARYS AND ST JAMES``.

    Parameters
    ----------
    name
        A ward or area as somebody wrote it.

    Returns
    -------
    str
        Letters and digits in lower case, words parted by one blank, without a last word ``ward``.
    """
    plain = name.casefold().replace("&", " and ").replace("'", "").replace("’", "")
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] == "ward" else words)


def due_on(tensions: pd.DataFrame, *, review_after_days: int = REVIEW_AFTER_DAYS) -> pd.Series:
    """Return the day of the next review of each entry.

    Parameters
    ----------
    tensions
        TENSIONS.
    review_after_days
        Days after the report, or after a review that set no later date.

    Returns
    -------
    Series
        Dates (datetime64[us]) by ``tension_id``: the review date given, where it is after the last review, else so many
        days after the report or that review; empty for a closed entry.
    """
    last = tensions["reviewed_on"].fillna(tensions["reported_on"])
    days = pd.Timedelta(days=review_after_days)
    stale = tensions["reviewed_on"].notna() & (tensions["review_on"] <= tensions["reviewed_on"])
    due = tensions["review_on"].mask(stale).fillna(last + days)
    return due.mask(_closed(tensions)).astype("datetime64[us]").rename("due_on")


def states(tensions: pd.DataFrame, day: pd.Timestamp, *, review_after_days: int = REVIEW_AFTER_DAYS) -> pd.Series:
    """Say of each entry whether it counts on a day.

    Parameters
    ----------
    tensions
        TENSIONS.
    day
        The day, at midnight without a zone; it may be past.
    review_after_days
        As for ``due_on``.

    Returns
    -------
    Series
        By ``tension_id`` one of ``STATES``: current, overdue (past its review), closed (before that day), or later
        (reported after it). On the day of its review, and of its closing, an entry is current. Of one closed since it
        is not known when its review was due: it was current.
    """
    due = due_on(tensions, review_after_days=review_after_days)
    closed = _closed(tensions)
    found = np.select(
        [tensions["reported_on"] > day, closed & (tensions["reviewed_on"] < day), ~closed & (due < day)],
        ["later", "closed", "overdue"],
        "current",
    )
    return pd.Series(found, index=tensions.index, dtype="str", name="state")


def ward_tensions(
    tensions: pd.DataFrame,
    today: pd.Timestamp,
    *,
    level_1_is_worst: bool = False,
    review_after_days: int = REVIEW_AFTER_DAYS,
) -> pd.DataFrame:
    """Return the level of each ward today and three months ago.

    Parameters
    ----------
    tensions
        TENSIONS; entries reported after ``today`` are passed over.
    today
        The day, at midnight without a zone.
    level_1_is_worst
        Level 1 is the most tense, not level 6.
    review_after_days
        As for ``due_on``.

    Returns
    -------
    DataFrame
        WARD_TENSIONS: one row a ward, spelled as in its last report. A ward has risen where its level is more tense
        than three months ago, or where it has a level now and had none.
    """
    check(TENSIONS, tensions)
    before = today - pd.DateOffset(months=RISE_MONTHS)
    rows = tensions.assign(
        key=tensions["ward"].map(ward_key),
        tense=_tense(tensions["level"], level_1_is_worst=level_1_is_worst),
        now=states(tensions, today, review_after_days=review_after_days),
        then=states(tensions, before, review_after_days=review_after_days),
    )
    rows = rows[rows["now"] != "later"]
    spelled = rows.sort_values(["reported_on", "ward"], ascending=[True, False]).groupby("key")["ward"].last()
    groups = rows.groupby("key")
    kinds = {"now": ("now", "current"), "then": ("then", "current"), "overdue": ("now", "overdue")}
    found = {name: _most(rows[rows[column] == state], spelled.index) for name, (column, state) in kinds.items()}
    frame = pd.DataFrame(
        {
            "level": found["now"]["tense"],
            "n_current": found["now"]["n"],
            "level_before": found["then"]["tense"],
            "n_before": found["then"]["n"],
            "risen": (found["now"]["tense"].fillna(0) > found["then"]["tense"].fillna(0)).astype(bool),
            "n_overdue": found["overdue"]["n"],
            "level_overdue": found["overdue"]["tense"],
            "n": groups.size().astype(np.int64),
            "last_reported_on": groups["reported_on"].max(),
        },
        index=spelled.index,
    )
    for name in ("level", "level_before", "level_overdue"):
        frame[name] = _tense(frame[name], level_1_is_worst=level_1_is_worst)
    return check(WARD_TENSIONS, frame.set_index(pd.Index(spelled, dtype="str", name="ward")).sort_index())


def tension_months(tensions: pd.DataFrame, months: pd.PeriodIndex, *, level_1_is_worst: bool = False) -> pd.DataFrame:
    """Count the reports of each ward by month, with the most tense level of each month.

    Parameters
    ----------
    tensions
        TENSIONS.
    months
        Months without a gap (``period[M]``), in order.
    level_1_is_worst
        Level 1 is the most tense, not level 6.

    Returns
    -------
    DataFrame
        TENSION_MONTHS: every ward of the log by every month, ward by ward; months without a report have 0 and no level.
    """
    check(TENSIONS, tensions)
    rows = tensions.assign(
        key=tensions["ward"].map(ward_key),
        tense=_tense(tensions["level"], level_1_is_worst=level_1_is_worst),
        month=tensions["reported_on"].dt.to_period("M"),
    )
    spelled = rows.sort_values(["reported_on", "ward"], ascending=[True, False]).groupby("key")["ward"].last()
    every = pd.MultiIndex.from_product([spelled.sort_values().index, months], names=["key", "month"])
    groups = rows.groupby(["key", "month"])["tense"]
    frame = pd.DataFrame(
        {"n": groups.size().reindex(every, fill_value=0).astype(np.int64), "level": groups.max().reindex(every)},
    ).reset_index()
    frame["level"] = _tense(frame["level"].astype("Int64"), level_1_is_worst=level_1_is_worst)
    frame.insert(0, "ward", frame.pop("key").map(spelled.to_dict()).astype("str"))
    frame["month"] = pd.PeriodIndex(frame["month"], freq="M")
    return check(TENSION_MONTHS, frame.set_index(pd.RangeIndex(1, len(frame) + 1, name="row_no")))


def hotspots_in_risen_wards(hotspots: pd.DataFrame, wards: pd.DataFrame, lsoa_wards: pd.Series) -> pd.DataFrame:
    """Return the hotspots that lie in a ward whose level has risen.

    Parameters
    ----------
    hotspots
        HOTSPOTS: ``rank`` and ``lsoa_codes`` by ``hotspot_id``.
    wards
        WARD_TENSIONS.
    lsoa_wards
        Name of the ward by ``lsoa_code``, as AREAS holds it; empty where none is known. Names are compared by
        ``ward_key``.

    Returns
    -------
    DataFrame
        TENSE_HOTSPOTS, a row for each hotspot and risen ward, by rank and then ward. An area that is no ward, such as
        an estate, has no ground here, and no row.
    """
    risen = wards[wards["risen"]]
    by_key = {ward_key(str(name)): str(name) for name in risen.index}
    named = lsoa_wards.dropna().astype("str").map(ward_key).map(by_key).dropna()
    rows = [
        (str(identity), ward)
        for identity, codes in hotspots.sort_values("rank")["lsoa_codes"].items()
        for ward in sorted({str(named[code]) for code in str(codes).split() if code in named.index})
    ]
    frame = pd.DataFrame(rows, columns=["hotspot_id", "ward"], dtype="str")
    frame["level"] = risen["level"].reindex(frame["ward"]).astype("int64").array
    frame["level_before"] = risen["level_before"].reindex(frame["ward"]).array
    return check(TENSE_HOTSPOTS, frame.set_index(pd.RangeIndex(1, len(frame) + 1, name="row_no")))


def _closed(tensions: pd.DataFrame) -> pd.Series:
    return tensions["reviewed_on"].notna() & tensions["review_on"].isna()


def _tense(levels: pd.Series, *, level_1_is_worst: bool) -> pd.Series:
    """Return levels such that more is more tense, and such numbers as levels again."""
    return (LEVELS + 1 - levels if level_1_is_worst else levels).astype("Int64")


def _most(rows: pd.DataFrame, keys: pd.Index) -> pd.DataFrame:
    """Return the number of rows of each ward, and how tense the most tense is."""
    groups = rows.groupby("key")["tense"]
    return pd.DataFrame(
        {
            "n": groups.size().reindex(keys, fill_value=0).astype(np.int64),
            "tense": groups.max().reindex(keys).astype("Int64"),
        },
        index=keys,
    )
