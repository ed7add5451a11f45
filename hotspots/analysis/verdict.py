"""What a backtest says: scores over the held-out months, one method against another, and the choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import stats

from hotspots.analysis.scoring import block_length, mean_intervals
from hotspots.errors import TableError
from hotspots.tables.backtest import BACKTEST
from hotspots.tables.contract import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

SHARE = 0.02
"""Share of the area at which methods are compared."""
LEAST_WINDOWS = 6
"""Fewer test windows than this tell nothing: of five, all won is still a matter of chance (p = 1/16)."""
LEAST_INCIDENTS = 20
"""Fewer incidents than this in all test months tell nothing."""
AUTO = "auto"
"""The method that at each origin is the one chosen on the origins before."""

_EQUAL = 1e-9
"""Scores nearer than this share of themselves are equal but for rounding."""

Verdict = Literal["better", "worse", "level", "few windows", "few incidents"]


@dataclass(frozen=True)
class Paired:
    """One method against another at the same origins, by PAI."""

    wins: int
    losses: int
    ties: int
    n: int
    """Origins at which both have a score."""
    windows: int
    """How many test windows that do not overlap these origins are worth."""
    incidents: float
    """Incidents of the test months; where test windows overlap, about how many distinct ones."""
    sign_p: float
    """Exact two-sided binomial p without ties; too small where test windows overlap."""
    mean_difference: float
    low: float
    high: float
    """95 % interval of the mean difference; NaN with fewer than two windows."""
    ratio: float
    """Of the two means."""

    @property
    def verdict(self) -> Verdict:
        """Whether the first is better, by the interval, if there is enough to say so."""
        if self.incidents < LEAST_INCIDENTS:
            return "few incidents"
        if self.windows < LEAST_WINDOWS:
            return "few windows"
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "level"


@dataclass(frozen=True)
class Choice:
    """The method to use, and why."""

    method: str
    runner_up: str | None
    """The best of the others by mean PAI; none where there is no other."""
    margin: float
    """Mean PAI of the method less that of the runner-up; below 0 where a simpler method was preferred."""
    margin_low: float
    margin_high: float
    """95 % interval of the margin."""
    reason: str
    """One sentence."""


def _scored(backtest: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the rows of one share of the area, in the order of time."""
    check(BACKTEST, backtest)
    rows = backtest[np.isclose(backtest["share_of_area"], share, rtol=_EQUAL, atol=0.0)]
    if rows.empty:
        raise ValueError(f"the backtest has no score at a share of {share:g} of the area")
    if rows.drop_duplicates(["origin", "n_test"])["origin"].duplicated().any():
        raise TableError("BACKTEST: the methods of one origin are scored on different numbers of incidents.")
    return rows.sort_values(["origin", "method"])


def _table(rows: pd.DataFrame, methods: Sequence[str], column: str) -> pd.DataFrame:
    """Return one column by origin and method; NaN where there is no row."""
    for method in methods:
        if not (rows["method"] == method).any():
            raise ValueError(f"the backtest has no method called {method!r}")
    return rows.set_index(["origin", "method"])[column].unstack()[list(methods)]  # noqa: PD010 - nothing to aggregate


def summary(backtest: pd.DataFrame, horizon_months: int = 1) -> pd.DataFrame:
    """Average the scores of each method over the origins that had any test incident.

    Every origin weighs alike in the means; ``pooled_pai`` weighs by incidents. The intervals are bootstrap
    percentiles over origins (9,999 draws, seeded), in blocks as long as test windows overlap, widened for
    few origins and for what such blocks miss of the overlap: they cover about 95 % from 6 windows on.

    Parameters
    ----------
    backtest
        BACKTEST.
    horizon_months
        Length of the test windows.

    Returns
    -------
    DataFrame
        Index ``method``, ``share_of_area``; ``origins`` (scored), ``empty`` (origins without incident),
        ``n_test`` (incidents, as often as tested), ``above_chance`` (origins with PAI above 1); means
        ``hit_rate``, ``pai``, ``pei`` with ``_low`` and ``_high`` each, ``pai_worst``, ``best_pai`` (where
        any was hit) and ``filled_share``; ``pooled_pai``, of all hits among all incidents.

    Raises
    ------
    TableError
        The backtest breaks its contract.
    ValueError
        The horizon is below one month.
    """
    check(BACKTEST, backtest)
    rows, measured = {}, ["hit_rate", "pai", "pei"]
    for (method, share), group in backtest.sort_values("origin").groupby(["method", "share_of_area"]):
        held = group[group["n_test"] > 0]
        hit, n_test, part = held[held["pei"] > 0], int(held["n_test"].sum()), group["share_of_area"].iloc[0]
        block = block_length(pd.Index(held["origin"]), horizon_months)
        low, high = mean_intervals(held[measured].to_numpy(dtype=np.float64), block)
        means = held[measured].mean(), np.maximum(low, 0.0), np.minimum(high, [1.0, 1.0 / part, 1.0])
        of = pd.DataFrame(np.array(means), ["", "_low", "_high"], measured)
        rows[method, share] = {
            "origins": len(held),
            "empty": len(group) - len(held),
            "n_test": n_test,
            "above_chance": int((held["pai"] > 1 + _EQUAL).sum()),
            **{f"{name}{end}": of.loc[end, name] for name in measured for end in of.index},
            **{name: held[name].mean() for name in ("pai_worst", "filled_share")},
            "best_pai": (hit["pai"] / hit["pei"]).mean(),
            "pooled_pai": held["hits"].sum() / n_test / part if n_test else np.nan,
        }
    key = pd.MultiIndex.from_tuples(rows, names=["method", "share_of_area"])
    return pd.DataFrame(list(rows.values()), index=key)


def paired(backtest: pd.DataFrame, method: str, against: str, share: float = SHARE, horizon_months: int = 1) -> Paired:
    """Compare the PAI of two methods origin by origin.

    Parameters
    ----------
    backtest
        BACKTEST.
    method, against
        The two, at the origins at which both are scored.
    share, horizon_months
        Share of the area; length of the test windows.

    Returns
    -------
    Paired
        Of the first against the second; the interval is made as in ``summary``.

    Raises
    ------
    TableError
        The backtest breaks its contract.
    ValueError
        A method or the share is not in the backtest, or the horizon is below one month.
    """
    rows = _scored(backtest, share)
    pai = _table(rows, [method, against], "pai").dropna()
    n_test = rows.groupby("origin")["n_test"].first().reindex(pai.index)
    first, second = pai.to_numpy(dtype=np.float64).T
    return _compare(first, second, n_test, horizon_months)


def _compare(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], n_test: pd.Series, horizon_months: int
) -> Paired:
    """Compare the PAI of two methods at the origins of ``n_test``, in the order of time."""
    n, block = len(first), block_length(n_test.index, horizon_months)
    gap, rounding = first - second, _EQUAL * np.maximum(first, second)
    difference = np.where(np.abs(gap) > rounding, gap, 0.0)
    low, high = mean_intervals(difference[:, None], block)[:, 0]
    wins, losses = int((difference > 0).sum()), int((difference < 0).sum())
    return Paired(
        wins=wins,
        losses=losses,
        ties=n - wins - losses,
        n=n,
        windows=n // block,
        incidents=float(n_test.sum()) / block,
        sign_p=float(stats.binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0,
        mean_difference=float(difference.mean()) if n else np.nan,
        low=float(low),
        high=float(high),
        ratio=float(first.sum() / second.sum()) if second.any() else np.nan,
    )


def choose(
    backtest: pd.DataFrame, order_of_simplicity: Sequence[str], share: float = SHARE, horizon_months: int = 1
) -> Choice:
    """Choose the simplest of the methods that cannot be told from the best by mean PAI.

    Parameters
    ----------
    backtest
        BACKTEST; every method of the order scored at the same origins.
    order_of_simplicity
        The methods to choose among, the simplest first.
    share, horizon_months
        As in ``paired``.

    Returns
    -------
    Choice
        With too little to tell by, the simplest. The best of several is flattered by being the best: what a
        choice is worth is told by ``nested``.

    Raises
    ------
    ValueError
        As in ``paired``; or no method is given, one is given twice, or one lacks an origin that others have.
    """
    return _choose(*_candidates(backtest, order_of_simplicity, share), share, horizon_months)


def _candidates(backtest: pd.DataFrame, methods: Sequence[str], share: float) -> tuple[pd.DataFrame, pd.Series]:
    """Return the PAI by origin and method, and the incidents by origin, of the origins with any."""
    if not methods or len(set(methods)) < len(methods):
        raise ValueError("name the methods to choose among, each once, the simplest first")
    rows = _scored(backtest, share)
    if _table(rows, methods, "n_test").isna().any(axis=None):
        raise ValueError("methods to choose among must be scored at the same origins")
    pai = _table(rows, methods, "pai").dropna()
    return pai, rows.groupby("origin")["n_test"].first().reindex(pai.index)


def _choose(pai: pd.DataFrame, n_test: pd.Series, share: float, horizon_months: int) -> Choice:
    """Choose among the columns, the simplest first."""
    best = _top(pai)
    found = {name: _compare(pai[name].to_numpy(), pai[best].to_numpy(), n_test, horizon_months) for name in pai}
    chosen = next(str(name) for name in pai if found[name].verdict != "worse")
    if len(pai.columns) == 1:
        return Choice(chosen, None, np.nan, np.nan, np.nan, f"{chosen} is the only method tried.")
    second = _top(pai.drop(columns=chosen))
    margin = _compare(pai[chosen].to_numpy(), pai[second].to_numpy(), n_test, horizon_months)
    told = f"mean PAI at {_percent(share)} of the area {pai[chosen].mean():.2f}, {second} {pai[second].mean():.2f}"
    interval = f"95 % interval of the difference {margin.low:.2f} to {margin.high:.2f}"
    lead = "scores best" if chosen == best else "is the simplest method that cannot be told from the best"
    reason = f"{chosen} {lead}: {told} ({interval})."
    if margin.verdict.startswith("few"):
        reason = f"{chosen} is the simplest method, and {_too_few(margin, horizon_months)} to choose another."
    return Choice(chosen, second, margin.mean_difference, margin.low, margin.high, reason)


def _top(pai: pd.DataFrame) -> str:
    """Return the method with the highest mean, of equals the first."""
    means = pai.mean().fillna(0.0).to_numpy()
    return str(pai.columns[int(np.argmax(means >= means.max() * (1 - _EQUAL)))])


def nested(
    backtest: pd.DataFrame,
    order_of_simplicity: Sequence[str],
    share: float = SHARE,
    horizon_months: int = 1,
    least: int = LEAST_WINDOWS,
) -> pd.DataFrame:
    """Score the choosing itself: at each origin, the method that the origins before would have chosen.

    Those are the origins whose test months end by the last training month: the choice knows no test.

    Parameters
    ----------
    backtest, order_of_simplicity, share, horizon_months
        As in ``choose``.
    least
        Fewest of them, with any test incident, to choose by.

    Returns
    -------
    DataFrame
        BACKTEST rows of the method ``auto``, one for each share, at the origins with enough before them,
        numbered on from the backtest's; and ``chosen``, the method whose scores these are.

    Raises
    ------
    ValueError
        As in ``choose``.
    """
    pai, n_test = _candidates(backtest, order_of_simplicity, share)
    ends = pd.PeriodIndex(pai.index, freq="M") + horizon_months
    known = {origin: int((ends <= pd.Period(origin, freq="M")).sum()) for origin in backtest["origin"].unique()}
    chosen = {
        origin: _choose(pai.iloc[:before], n_test.iloc[:before], share, horizon_months).method
        for origin, before in known.items()
        if before >= max(least, 1)
    }
    rows = backtest[backtest["method"] == backtest["origin"].map(chosen)].sort_values(["origin", "share_of_area"])
    key = pd.RangeIndex(len(rows), name=backtest.index.name) + backtest.index.max() + 1
    return rows.assign(chosen=rows["method"], method=AUTO).set_index(key)


def sentence(
    backtest: pd.DataFrame,
    method: str,
    against: str | None,
    place: str,
    *,
    share: float = SHARE,
    horizon_months: int = 1,
    incidents: str = "incidents",
    against_name: str = "a plain count",
) -> str:
    """Say in plain English what the held-out months showed of a method.

    Parameters
    ----------
    backtest, share, horizon_months
        As in ``paired``.
    method, against
        The method, and the one it has to beat; none, or itself, for no comparison.
    place, incidents, against_name
        What these are called.

    Returns
    -------
    str
        How often it was better than chance, by how much, and whether it is better than the other.

    Raises
    ------
    ValueError
        As in ``paired``.
    """
    rows = _scored(backtest, share)
    itself = paired(backtest, method, method, share, horizon_months)
    if not itself.n:
        return f"No held-out month had any {incidents}: the method could not be tested."
    found = summary(rows[rows["method"] == method].sort_index(), horizon_months).iloc[0]
    above, pai, best = int(found["above_chance"]) or "none", found["pai"], found["best_pai"]
    following = "next month's" if horizon_months == 1 else f"next {horizon_months} months'"
    possible = f"; best possible {_short(best, 10)}" if best > 0 else ""
    said = (
        f"In {above} of {_held_out(itself, horizon_months)} the {_percent(share)} of {place} marked by this method "
        f"held more than its share: {_percent(found['hit_rate'])} of the {following} {incidents} on average, "
        f"{_short(pai, 3)} times chance (PAI {pai:.1f}{possible})."
    )
    other = paired(backtest, method, against or method, share, horizon_months)
    name = against_name[:1].upper() + against_name[1:]
    if other.verdict.startswith("few"):
        few = _too_few(other, horizon_months, incidents)
        return f"{said} {few[:1].upper()}{few[1:]} to call any method better."
    if against in {None, method}:
        return said
    if other.verdict == "level":
        return f"{said} {name} does as well."
    better, gap, low, high = f"That is better than {against_name}", other.mean_difference, other.low, other.high
    if other.verdict == "worse":
        better, gap, low, high = f"{name} does better", -gap, -high, -low
    return f"{said} {better}: its PAI is higher by {gap:.2f} on average (95 % interval {low:.2f} to {high:.2f})."


def _percent(share: float) -> str:
    """Write a share in words: 0.162 is 16 %, 0.024 is 2.4 %."""
    return f"{_short(100 * share, 9.95).removesuffix('.0')} %"


def _short(value: float, whole_from: float) -> str:
    """Write a number with one decimal, or whole from some value on."""
    return f"{value:.{0 if value >= whole_from else 1}f}"


def _held_out(found: Paired, horizon_months: int) -> str:
    """Name the test windows."""
    overlapping = "overlapping " if found.windows < found.n else ""
    plural, of = "" if found.n == 1 else "s", "" if horizon_months == 1 else f" of {horizon_months} months"
    return f"{found.n} {overlapping}held-out {'period' if of else 'month'}{plural}{of}"


def _too_few(found: Paired, horizon_months: int, incidents: str = "incidents") -> str:
    """Say what there is too little of to tell methods apart."""
    if found.verdict == "few incidents":
        about = "about" if found.windows < found.n else "only"
        return f"the {incidents} of the held-out months number {about} {found.incidents:.0f}, too few"
    return f"{_held_out(found, horizon_months)} {'is' if found.n == 1 else 'are'} too few"
