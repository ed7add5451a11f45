"""When it happens, as tables and finished sentences: the hours where times are known, and the season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.analysis.rhythm import MEAN_MONTH_DAYS, area_peaks, season_table, timed_table, week_table
from hotspots.analysis.when import LEAST_TIMED, SEASON_MONTHS, Window, window_words
from hotspots.pack.words import listed, month_name, months_word, percent
from hotspots.pipeline.inputs import in_tests
from hotspots.pipeline.window import thin_months
from hotspots.stats.usual import ALPHA
from hotspots.tables.rhythm import AREA

if TYPE_CHECKING:
    from hotspots.pipeline.inputs import Loaded

_YEAR = 12
_RUN = 3
"""Calendar months in a row are told by the first and the last."""
_LEAST_FOR_PERCENT = 100
"""A share of fewer incidents is told in numbers."""


@dataclass(frozen=True)
class WhenFindings:
    """What there is to say of hours and months."""

    week: pd.DataFrame
    """WHEN of the hotspots and the area; no rows where no time is known."""
    timed: pd.DataFrame
    """TIMED."""
    season: pd.DataFrame
    """SEASON of the area."""
    peaks: tuple[Window, ...]
    """Busy hours of the area, the most marked first."""
    sentences: tuple[str, ...]


def when_findings(rows: pd.DataFrame, key: pd.Index, counts: pd.Series, *, by_part: bool = False) -> WhenFindings:
    """Say when the incidents happen, and what the times and months cannot tell.

    Parameters
    ----------
    rows
        LOCATED rows in focus of the window, in the area or its ring, with their ``hotspot_id``.
    key
        Ids of the hotspots.
    counts
        What ``month_counts`` returned.
    by_part
        The focus is a part of the day: no busy hours are sought, since those of the part would be busy by
        choice.

    Returns
    -------
    WhenFindings
        Tables, and one sentence at least on the hours and one on the season, also where nothing was found
        or nothing can be told.
    """
    timed = timed_table(rows, "hotspot_id", key)
    season = season_table(counts)
    peaks = () if by_part else area_peaks(rows)
    own = rows[rows["zone"] == "area"]
    sentences = [*_hours(timed.loc[[AREA]].iloc[0], own, peaks, by_part=by_part), *_season(season, counts)]
    return WhenFindings(week_table(rows, "hotspot_id", key), timed, season, peaks, tuple(sentences))


def month_counts(loaded: Loaded) -> pd.Series:
    """Count the incidents in focus of the area by month, over all history up to the job's month.

    Parameters
    ----------
    loaded
        The tables the job started from.

    Returns
    -------
    Series
        By month, oldest first: only months that every force of the area's LSOAs with data holds, and holds
        whole, and whose times are as usual where the focus is a part of the day.
    """
    areas, coverage = loaded.areas, loaded.intake.coverage
    forces = set(areas.loc[(areas["zone"] == "area") & loaded.window.known, "force"].dropna())
    held = coverage[coverage["force"].isin(forces) & (coverage["month"] <= loaded.month)]
    by_month = held.groupby("month")["force"].nunique()
    left_out = {*thin_months(held)["month"], *loaded.focus.uneven}
    months = pd.PeriodIndex(
        [month for month in by_month.index[by_month == len(forces)] if month not in left_out], freq="M"
    )
    own = in_tests(loaded.located[loaded.located["zone"] == "area"], loaded)
    counts: pd.Series = own.groupby("month").size().reindex(months, fill_value=0)
    return counts


def _hours(known: pd.Series, own: pd.DataFrame, peaks: tuple[Window, ...], *, by_part: bool) -> list[str]:
    """Return the sentences on the hours of the area."""
    n, n_timed = int(known["n"]), int(known["n_timed"])
    if n_timed == 0:
        return [_untimed(n, int(known["n_reversed"]), own)]
    share = "all incidents" if n_timed == n else f"{_of(n_timed, n)} incidents"
    said = [f"Times are known of {share}."]
    if known["n_ranges"]:
        lie, count = ("lies", "counts") if known["n_ranges"] == 1 else ("lie", "count")
        said.append(
            f"Of them {int(known['n_ranges']):,} {lie} between two times and {count} in each hour between in "
            "proportion.",
        )
    if known["n_reversed"]:
        verb = "ends before it begins and has" if known["n_reversed"] == 1 else "end before they begin and have"
        said.append(f"{int(known['n_reversed']):,} {verb} no time here.")
    if by_part:
        said.append("No busy hours are looked for, since only a part of the day is in focus.")
    elif n_timed < LEAST_TIMED:
        said.append("They are too few to look for busy hours.")
    elif not peaks:
        said.append("No hours that are a quarter of the week or less hold a third of them beyond chance.")
    else:
        said.append(_peaks(peaks, n_timed))
    return said


def _untimed(n: int, n_reversed: int, own: pd.DataFrame) -> str:
    if n == 0:
        return "Without an incident in the area there are no hours to show."
    if n_reversed:
        return "No incident has a time that can be used: no hours are shown."
    if own["occurred_at"].notna().any():
        return "The files know days, not times of the day: no hours are shown."
    return "The files know months, not days: no hours are shown."


def _of(part: int, whole: int) -> str:
    if whole < _LEAST_FOR_PERCENT:
        return f"{part:,} of {whole:,}"
    return f"{percent(part / whole)} of the {whole:,}"


def _peaks(peaks: tuple[Window, ...], n_timed: int) -> str:
    """Return the busy hours, each with what it holds."""
    told = []
    for position, peak in enumerate(peaks):
        hours = window_words(peak).partition(",")[0]
        few = n_timed < _LEAST_FOR_PERCENT
        holds = f"{round(peak.n):,} of {n_timed:,}" if few else percent(peak.share_of_n)
        of = " of the incidents" if position == 0 else ""
        told.append(f"{hours} ({holds}{of} in {percent(peak.share_of_week)} of the week)")
    return f"Busy beyond chance: {'; then '.join(told)}."


def _season(season: pd.DataFrame, counts: pd.Series) -> list[str]:
    """Return the sentences on the season of the area."""
    held, total = len(counts), int(counts.sum())
    if held < SEASON_MONTHS:
        whole = f"{months_word(held)} whole" if held else "no whole month"
        return [f"The files hold {whole}; a season is told from {SEASON_MONTHS} months or more."]
    span = f"{months_word(held)} from {counts.index.min()} to {counts.index.max()}"
    if (season["level"] == "untested").any():
        what = f"{total:,} incident{'' if total == 1 else 's'}"
        return [f"With {what} in {span} there is too little to tell a season."]
    named = [_of_level(season[season["level"] == one], one) for one in ("high", "low") if one in set(season["level"])]
    if named:
        return [f"By calendar month, tested over {span}: {'; '.join(named)}."]
    if (season["season_p"] <= ALPHA).all():
        return [f"Over {span} the calendar months differ beyond chance, but no single one stands out."]
    return [f"No calendar month stands out beyond chance over {span}."]


def _of_level(rows: pd.DataFrame, level: str) -> str:
    """Return the calendar months of one level with what they hold and would hold."""
    expected = (rows["expected_per_month"] * rows["days"] / MEAN_MONTH_DAYS).sum()
    said = f"({rows['n'].sum():,} incidents, {round(expected):,} expected from the other months)"
    return f"{_spans(list(rows.index))} {'is' if len(rows) == 1 else 'are'} {level} {said}"


def _spans(months: list[int]) -> str:
    """Return calendar months as a person lists them, round the turn of the year: ``November to February and May``."""
    runs: list[list[int]] = []
    first = min(months)
    # A run over the turn of the year is one, and comes first.
    while len(months) < _YEAR and (first - 2) % 12 + 1 in months:
        first = (first - 2) % 12 + 1
    for month in sorted(months, key=lambda month: (month - first) % 12):
        if runs and month == runs[-1][-1] % 12 + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    told: list[str] = []
    for run in runs:
        names = [_name(month) for month in run]
        told += [f"{names[0]} to {names[-1]}"] if len(run) >= _RUN else names
    return listed(told)


def _name(month: int) -> str:
    return month_name(pd.Period(year=2000, month=month, freq="M")).partition(" ")[0]
