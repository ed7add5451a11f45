"""How the methods do on months they have not seen: the held-out test of a whole history, and its short form."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.analysis.backtest import Backtest, Plan, backtest
from hotspots.analysis.orders import CELL_SIZES_M, YEAR, as_set, candidates
from hotspots.analysis.verdict import AUTO, SHARE, Choice, choose, nested, paired, sentence, summary
from hotspots.files import check_target, new_folder, write_bytes, write_csv, write_json
from hotspots.intake.files import InputFile, sha256, unpack
from hotspots.maps.figures.hit_rate import hit_rate_figure
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.maps.figures.sheet import Caption
from hotspots.pack.folder import versions
from hotspots.pack.words import area_name, month_name, percent
from hotspots.pipeline.auto import choosable
from hotspots.pipeline.content import incident_sources
from hotspots.pipeline.held_out import FAIR_CELL_M, held_rows, plain_count, snapped_share, snapped_words
from hotspots.pipeline.inputs import Inputs, Loaded, load
from hotspots.pipeline.manifest import counts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from hotspots.maps.figures.sheet import Drawing
    from hotspots.settings import Hotspots, Settings

BACKTEST_FILES = ("backtest.csv", "summary.csv", "backtest.json", "hit-rate.png", "hit-rate.svg")
"""What the folder holds."""

_DRAWN = 7


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What ``hotspots backtest`` is asked for."""

    inputs: Inputs
    out: Path
    """Folder of the result; it appears whole or not at all."""
    plan: Plan
    cell_sizes_m: tuple[float, ...] = CELL_SIZES_M
    force: bool = False
    """Replace an existing result."""
    settings_file: Path | None = None
    """The settings file that was read, for the list of inputs."""


@dataclass(frozen=True)
class BacktestResult:
    """The folder as written, and what its summary needs."""

    folder: Path
    loaded: Loaded
    area: str
    method: str
    """The method of the settings."""
    plain: str
    """The plain count of twelve months on the same cells, which every method has to beat."""
    table: pd.DataFrame
    """BACKTEST, with the rows of ``auto`` where there are enough origins to choose by."""
    summary: pd.DataFrame
    """By method and share of the area, over all origins."""
    choice: Choice
    sentences: tuple[str, ...]
    """What was found."""
    warnings: tuple[str, ...]
    """What stands against it."""

    @property
    def ranking(self) -> pd.DataFrame:
        """The summary at the share of the area at which methods are compared, the highest mean PAI first."""
        return _at(self.summary).sort_values("pai", ascending=False, kind="stable")


def run_backtest(
    request: BacktestRequest,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
) -> BacktestResult:
    """Score every method, with its parameters, on months it has not seen.

    Parameters
    ----------
    request, settings
        Files, origins and choices; the months are all that the files hold up to the month asked for.
    progress
        Called with a few words before each step.

    Returns
    -------
    BacktestResult
        The folder as written, and its tables.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, or the months held are too few.
    SettingsError
        An area, crime type, size or setting cannot be used.
    OutputError
        The folder exists, a file in it is held open, or it cannot be written.
    """
    say = progress or (lambda _: None)
    check_target(request.out, replace=request.force, own=BACKTEST_FILES)
    loaded = load(request.inputs, settings, progress)
    area = area_name(request.inputs.areas, loaded.areas[loaded.window.known])
    wanted, horizon = settings.hotspots, request.plan.horizon_months
    methods = candidates(wanted, (*request.cell_sizes_m, FAIR_CELL_M))
    focus, searched = held_rows(loaded)
    done = backtest(focus, searched, wanted, request.plan, methods, progress)
    ours, plain = as_set(wanted).name, plain_count(wanted).name
    names = [one.name for one in choosable(methods, wanted)]
    chosen = choose(done.table, names, horizon_months=horizon)
    table = pd.concat([done.table, nested(done.table, names, horizon_months=horizon).drop(columns="chosen")])
    said = _sentences(table, settings, area, loaded.focus.name, horizon, chosen)
    warnings = (*loaded.warnings, *_warnings(focus, done, table, wanted))
    result = BacktestResult(
        request.out, loaded, area, ours, plain, table, summary(table, horizon), chosen, said, warnings
    )
    say("Writing the result")
    drawing = _figure(result, settings, horizon)
    with new_folder(request.out, replace=request.force) as folder:
        write_csv(folder / "backtest.csv", table)
        write_csv(folder / "summary.csv", result.summary)
        write_json(folder / "backtest.json", _document(result, request, settings, done))
        write_bytes(folder / "hit-rate.png", png_bytes(drawing))
        write_bytes(folder / "hit-rate.svg", svg_bytes(drawing))
    return result


def _incidents(focus: str) -> str:
    """Return what the sentences call the incidents in focus."""
    return f"incidents of {focus}"


def _sentences(
    table: pd.DataFrame, settings: Settings, area: str, focus: str, horizon: int, chosen: Choice
) -> tuple[str, ...]:
    """Say how the method of the settings did, and which one scores best."""
    ours, plain = as_set(settings.hotspots).name, plain_count(settings.hotspots).name
    incidents = _incidents(focus)
    said = [
        f"{ours[:1].upper()}{ours[1:]}: "
        + sentence(table, ours, plain, area, horizon_months=horizon, incidents=incidents),
        f"Choice among the methods on cells of {settings.hotspots.cell_m:g} m: {chosen.reason}",
    ]
    if (table["method"] == AUTO).any():
        auto = paired(table, AUTO, plain, horizon_months=horizon)
        said.append(
            f"Chosen anew at each of {auto.n} origins by the months before it, the choice has a PAI higher by "
            f"{auto.mean_difference:.2f} than the plain count (95 % interval {auto.low:.2f} to {auto.high:.2f})."
        )
    return tuple(said)


def _warnings(focus: gpd.GeoDataFrame, done: Backtest, table: pd.DataFrame, wanted: Hotspots) -> tuple[str, ...]:
    """Return what stands against the scores: snapped points, and origins that were left out."""
    said = []
    snapped = snapped_share(focus)
    if snapped:
        said.append(snapped_words(snapped, table, wanted))
    said += [f"Not tested from {origin}: {why}." for origin, why in done.left_out]
    return tuple(said)


def _figure(result: BacktestResult, settings: Settings, horizon: int) -> Drawing:
    """Draw the hit rates of the method in use, the baselines, and the best of the others."""
    columns = {"hit_rate": "hit_rate", "hit_rate_low": "low", "hit_rate_high": "high"}
    table = result.summary[list(columns)].rename(columns=columns)
    at = result.ranking
    last = result.plain.replace(f"{YEAR}-month count", "last month")
    fixed = [result.method, result.plain, last]
    rest = [name for name in at.index if name not in {*fixed, AUTO, "random"} and _kind(name) not in map(_kind, fixed)]
    best = {_kind(name): name for name in reversed(rest)}
    names = [*dict.fromkeys([*fixed, *best.values()])][:_DRAWN]
    origins = sorted(result.table["origin"].unique())
    first, end = pd.Period(origins[0], freq="M") + 1, pd.Period(origins[-1], freq="M") + horizon
    found = at.to_dict("index")[result.method]
    later = "the next month's" if horizon == 1 else f"the next {horizon} months'"
    caption = Caption(
        title=f"{percent(SHARE)} of {result.area}, marked by {result.method}, held {percent(found['hit_rate'])} of "
        f"{later} {result.loaded.focus.name}: {found['pai']:.1f} times chance",
        n=int(at["n_test"][result.method]),
        counted=f"tested incidents of {result.loaded.focus.name}, {result.area}",
        period=f"{month_name(first)} to {month_name(end)}",
        method=f"Each of {len(origins)} origins orders the ground by its past alone and is scored on the next "
        f"{'month' if horizon == 1 else f'{horizon} months'}; band: 95 % bootstrap interval over origins.",
        source=incident_sources(result.loaded, settings)[0],
        marking=settings.report.marking,
    )
    return hit_rate_figure(table.loc[names], result.method, caption, [result.plain, last])


def _at(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a summary at the share of the area at which methods are compared, by method."""
    of_row = scores.index.get_level_values("share_of_area").to_numpy(dtype=float)
    rows: pd.DataFrame = scores[np.isclose(of_row, SHARE)].droplevel("share_of_area")
    return rows


def _kind(name: str) -> str:
    """Return the method of a candidate's name, without its parameters."""
    return name.split(" ", 1)[0].rstrip(",")


def _document(result: BacktestResult, request: BacktestRequest, settings: Settings, done: Backtest) -> dict[str, Any]:
    """Return the result with what is needed to make it again, ready for JSON."""
    loaded = result.loaded
    files = list(loaded.files)
    if request.settings_file is not None:
        files.append(InputFile("settings", request.settings_file.name, sha256(unpack(request.settings_file))))
    choice = {name: None if value != value else value for name, value in vars(result.choice).items()}  # noqa: PLR0124
    return {
        "month": str(loaded.month),
        "area": result.area,
        "focus": loaded.focus.name,
        "method": result.method,
        "plain_count": result.plain,
        "choice": choice,
        "sentences": list(result.sentences),
        "warnings": list(result.warnings),
        "origins": sorted(result.table["origin"].unique()),
        "origins_left_out": [{"origin": origin, "why": why} for origin, why in done.left_out],
        "methods": [one.name for one in done.methods],
        "parameters": dataclasses.asdict(request.plan)
        | {"cell_sizes_m": list(request.cell_sizes_m), **dataclasses.asdict(settings.hotspots)},
        "counts": counts(loaded),
        "inputs": [dataclasses.asdict(file) for file in files],
        "sources": list(incident_sources(loaded, settings)),
        "versions": versions(),
    }
