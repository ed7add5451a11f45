"""Near repeats of a window of months: the table of pairs, what it says in plain English, and its files."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.analysis.near_repeats import Dated, dated_incidents, near_repeat_table, shared_places
from hotspots.errors import InputError, SettingsError
from hotspots.files import check_target, new_folder, write_bytes, write_csv, write_json
from hotspots.intake.files import InputFile, sha256, unpack
from hotspots.maps.figures.knox import knox_figure
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.maps.figures.sheet import Caption
from hotspots.pack.folder import versions
from hotspots.pack.words import area_name, listed, month_name, month_spans, percent
from hotspots.pipeline.content import incident_sources
from hotspots.pipeline.inputs import Inputs, Loaded, in_tests, load
from hotspots.pipeline.manifest import counts
from hotspots.stats.knox import PERMUTATIONS, TOLERANCE_M, Metric
from hotspots.stats.usual import ALPHA

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from hotspots.maps.figures.sheet import Drawing
    from hotspots.settings import Settings

NEAR_REPEAT_FILES = ("near-repeat.csv", "near-repeat.json", "near-repeat.png", "near-repeat.svg")
"""What the folder holds."""
DISTANCES_M = (0.0, 100.0, 200.0, 300.0)
DAYS = (7, 14, 21)

_LEAST_INCIDENTS = 20
_SHARED_SHARE = 0.1
_NAMED_AT_MOST = 5
_NEEDED = "a date"
"""What an incident needs, with a time of day or without."""
_METRICS = {"euclidean": "straight lines", "manhattan": "east-west and north-south legs (Manhattan)"}


@dataclass(frozen=True, slots=True)
class NearRepeatRequest:
    """What ``hotspots near-repeat`` is asked for."""

    inputs: Inputs
    out: Path
    """Folder of the result; it appears whole or not at all."""
    distances_m: tuple[float, ...] = DISTANCES_M
    """Last metre of each distance band, rising; a first one of 0 is the same place."""
    days: tuple[int, ...] = DAYS
    """Last day of each time band, rising; a first one of 0 is the same day."""
    metric: Metric = "euclidean"
    permutations: int = PERMUTATIONS
    force: bool = False
    """Replace an existing result."""
    settings_file: Path | None = None
    """The settings file that was read, for the list of inputs."""


@dataclass(frozen=True)
class NearRepeatResult:
    """The folder as written, and what its summary needs."""

    folder: Path
    loaded: Loaded
    area: str
    n: int
    """Incidents in the test."""
    table: pd.DataFrame
    """NEAR_REPEATS."""
    sentences: tuple[str, ...]
    """What was found."""
    warnings: tuple[str, ...]
    """What stands against it, worst first."""


def run_near_repeat(
    request: NearRepeatRequest,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
) -> NearRepeatResult:
    """Test whether incidents of the area that lie close together also follow each other soon.

    Only incidents of the area itself are paired, and of LSOAs whose force has every month of the window: where
    months are missing in some places, the others would look close in time.

    Parameters
    ----------
    request, settings
        Files, bands and choices; the window is ``settings.hotspots.window_months``.
    progress
        Called with a few words before each step.

    Returns
    -------
    NearRepeatResult
        The folder as written, and its table.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, the month is not in the files, or the incidents in focus
        have months only, or too few of them a date.
    SettingsError
        An area, crime type, band or setting cannot be used, or with so few permutations nothing could be found.
    OutputError
        The folder exists, a file in it is held open, or it cannot be written.
    """
    say = progress or (lambda _: None)
    _check_bands(request)
    check_target(request.out, replace=request.force, own=NEAR_REPEAT_FILES)
    loaded = load(request.inputs, settings, progress)
    area = area_name(request.inputs.areas, loaded.areas[loaded.window.known])
    own = loaded.located[loaded.located["month"].isin(loaded.window.months) & (loaded.located["zone"] == "area")]
    focus = in_tests(own, loaded)
    dated = dated_incidents(focus, _narrowest(request.days))
    _check_enough(dated, f"{loaded.focus.name} in {area}", len(focus))
    points = focus.geometry.loc[dated.days.index]
    say(f"Pairing {len(points):,} incidents, {request.permutations:,} permutations")
    table = near_repeat_table(
        points, dated.days, request.distances_m, request.days, request.metric, request.permutations
    )
    sentences = tuple(near_repeat_sentences(table, loaded.focus.name))
    warnings = tuple(_warnings(points, dated, request, loaded))
    result = NearRepeatResult(request.out, loaded, area, len(points), table, sentences, warnings)
    say("Writing the result")
    document = _document(result, request, settings, dated)
    drawing = _figure(result, request, settings)
    with new_folder(request.out, replace=request.force) as folder:
        write_csv(folder / "near-repeat.csv", table)
        write_json(folder / "near-repeat.json", document)
        write_bytes(folder / "near-repeat.png", png_bytes(drawing))
        write_bytes(folder / "near-repeat.svg", svg_bytes(drawing))
    return result


def _check_bands(request: NearRepeatRequest) -> None:
    """Refuse what no test could use, before any file is read."""
    for option, ends in (("--distances", request.distances_m), ("--days", request.days)):
        rising = all(low < high for low, high in pairwise(ends))
        if not (ends and rising and ends[0] >= 0 and all(math.isfinite(end) for end in ends)):
            raise SettingsError(f"{option} must be rising numbers from 0 or more, such as 100,200,300.")
    bands = len(request.distances_m) * len(request.days)
    least = math.ceil(round(bands / ALPHA, 6)) - 1
    if request.permutations < least:
        raise SettingsError(
            f"--permutations {request.permutations:,} could find no band, whatever the data: after the correction for "
            f"{bands:,} combinations of distance and time it takes {least:,} or more."
        )


def _narrowest(days: Sequence[int]) -> int:
    """Return the days of the narrowest time band; one day where there is but the same day."""
    widths = [high - low for low, high in pairwise((0, *days)) if high > low]
    return min(widths, default=1)


def _check_enough(dated: Dated, what: str, rows: int) -> None:
    if rows and dated.n_undated == rows:
        raise InputError(
            f"None of the {rows:,} incidents of {what} has {_NEEDED}, which near repeats need: street-level files tell "
            "the month alone, so give a source that has it, mapped in [[sources]]."
        )
    if len(dated.days) < _LEAST_INCIDENTS:
        raise InputError(
            f"Of {rows:,} incidents of {what}, {len(dated.days):,} have {_NEEDED}: near repeats are looked for among "
            f"{_LEAST_INCIDENTS} or more; try a longer --window-months, a wider --area or more crime types."
        )


def near_repeat_sentences(table: pd.DataFrame, focus: str) -> list[str]:
    """Say what the table of pairs shows.

    Parameters
    ----------
    table
        NEAR_REPEATS.
    focus
        What the incidents are called, in lower case, for example ``burglary``.

    Returns
    -------
    list of str
        A sentence for each band beyond chance, nearest first, of many the first five; how many pairs are of one
        day; and how many bands the correction leaves. Where there is none, that.
    """
    found = table[table["beyond_chance"]]
    before = int((table["p_value"] <= ALPHA).sum())
    tested = f"{len(table):,} combination{'' if len(table) == 1 else 's'} of distance and time"
    if found.empty:
        called = f"{before:,} of {tested}" if before else f"none of {tested}"
        return [f"No band holds more pairs of {focus} than chance would bring ({called} without a correction)."]
    shown = found.head(_NAMED_AT_MOST)
    sentences = [_sentence(band, focus) for band in shown.to_dict("records")]
    if len(found) > len(shown):
        sentences.append(f"{len(found) - len(shown):,} more bands hold more pairs than chance would bring.")
    soonest = found[(found["days_from"] == 0) & (found["days_to"] > 0)]
    same_day = int(soonest["n_same_day"].sum())
    if same_day:
        sentences.append(
            f"{same_day:,} of the {int(soonest['n_pairs'].sum()):,} pairs within {_days(soonest['days_to'].iloc[0])} "
            "are of one day, too soon to act on; --days with a 0 in front tells them apart."
        )
    after = f"Of {tested}, {before:,} would be called more than chance without a correction"
    return [*sentences, f"{after}; after Benjamini and Hochberg {len(found):,}."]


def _sentence(band: Mapping[Hashable, Any], focus: str) -> str:
    """Return one band beyond chance as a person says it."""
    return (
        f"After an incident of {focus}, {_where(band)} {band['ratio']:.1f} times as many {_when(band)} as chance would "
        f"bring ({band['n_pairs']:,} pairs against {band['expected']:,.1f}, p = {band['p_value']:.2g})."
    )


def _where(band: Mapping[Hashable, Any]) -> str:
    low, high = band["distance_from_m"], band["distance_to_m"]
    if high == 0:
        return "the same place sees"
    if low > 0:
        return f"places over {low:g} and up to {high:g} m away see"
    return f"{'places' if band['distance_m'].startswith('[') else 'other places'} up to {high:g} m away see"


def _when(band: Mapping[Hashable, Any]) -> str:
    low, high = band["days_from"], band["days_to"]
    if high == 0:
        return "on the same day"
    if low == 0:
        return f"within {_days(high)}"
    return f"{_days(high) if low == high else f'{low} to {_days(high)}'} later"


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _warnings(points: gpd.GeoSeries, dated: Dated, request: NearRepeatRequest, loaded: Loaded) -> list[str]:
    """Return what stands against the result: parts without data, rows without a day, places that are not exact."""
    said = list(loaded.warnings)
    shared = shared_places(points)
    if shared > _SHARED_SHARE:
        said.append(
            f"{percent(shared)} of the incidents lie on exactly the coordinates of another: if points were moved to "
            "streets or postcodes, the same place is such a point and short distances mean little."
        )
    lacking = {
        f"without {_NEEDED}": dated.n_undated,
        f"known only to lie in a range of more than {_days(_narrowest(request.days))}": dated.n_long,
    }
    out = [f"{number:,} {what}" for what, number in lacking.items() if number]
    if out:
        said.append(f"Left out of {len(points) + sum(lacking.values()):,} incidents: {listed(out)}.")
    if loaded.window.missing:
        said.append(f"Missing from the files, not counted as zero: {month_spans(loaded.window.missing)}.")
    return said


def _method(request: NearRepeatRequest) -> str:
    """Return how to read the table."""
    return (
        f"A pair is two incidents of the area. Distances are {_METRICS[request.metric]} in metres; times are "
        "differences of local dates in whole days, a range counting as the date in its middle. Each band holds its "
        "last metre and its last day. Expected is what the same places and the same days would give if they were put "
        f"together at random; {request.permutations:,} such permutations give p, one-sided, (1 + those with as many "
        "pairs or more) / (1 + all). All bands are corrected together (Benjamini and Hochberg, "
        f"{percent(ALPHA)}). Places that are busy in different seasons look like near repeats too."
    )


def _figure(result: NearRepeatResult, request: NearRepeatRequest, settings: Settings) -> Drawing:
    """Draw the ratios, marked where they are beyond chance after the correction."""
    table, months = result.table, result.loaded.window.months
    shape = len(request.distances_m), len(request.days)
    bands = table.to_dict("records")
    rows = pd.Index([_distance_label(band) for band in bands[:: shape[1]]], name="Distance")
    columns = pd.Index([_time_label(band) for band in bands[: shape[1]]], name="Days between the two")
    ratio, p = (pd.DataFrame(table[name].to_numpy().reshape(shape), rows, columns) for name in ("ratio", "p_adjusted"))
    caption = Caption(
        title=re.sub(r" \([^()]*\)[.]$", ".", result.sentences[0]),
        n=result.n,
        counted=f"incidents of {result.loaded.focus.name}, {result.area}",
        period=" to ".join(month_name(month) for month in dict.fromkeys([months[0], months[-1]])),
        method=f"Pairs by distance ({_METRICS[request.metric]}) and days between their dates; each band holds its end. "
        f"Against {request.permutations:,} random orders of the days (Knox), one-sided, all cells corrected together.",
        source=" ".join(incident_sources(result.loaded, settings)),
        marking=settings.report.marking,
    )
    return knox_figure(ratio, p, caption, alpha=ALPHA)


def _distance_label(band: Mapping[Hashable, Any]) -> str:
    low, high = band["distance_from_m"], band["distance_to_m"]
    if high == 0:
        return "same place"
    return f"{low:g}–{high:g} m" if low else f"up to {high:g} m"


def _time_label(band: Mapping[Hashable, Any]) -> str:
    low, high = band["days_from"], band["days_to"]
    return "same day" if high == 0 else f"{low}–{high}" if low < high else f"{high}"


def _document(result: NearRepeatResult, request: NearRepeatRequest, settings: Settings, dated: Dated) -> dict[str, Any]:
    """Return the result with what is needed to make it again, ready for JSON."""
    loaded = result.loaded
    files = list(loaded.files)
    if request.settings_file is not None:
        files.append(InputFile("settings", request.settings_file.name, sha256(unpack(request.settings_file))))
    bands = result.table.astype(object).where(result.table.notna(), None)
    return {
        "month": str(loaded.month),
        "months_used": [str(month) for month in loaded.window.months],
        "months_missing": [str(month) for month in loaded.window.missing],
        "area": result.area,
        "areas": list(request.inputs.areas),
        "focus": loaded.focus.name,
        "categories": list(loaded.focus.categories),
        "marking": settings.report.marking,
        "sentences": list(result.sentences),
        "warnings": list(result.warnings),
        "notes": list(loaded.notes),
        "method": _method(request),
        "incidents": {"in_the_test": result.n} | {name: count for name, count in vars(dated).items() if name != "days"},
        "parameters": {
            "distances_m": list(request.distances_m),
            "days": list(request.days),
            "metric": request.metric,
            "permutations": request.permutations,
            "seed": 0,
            "tolerance_m": TOLERANCE_M,
            "false_discovery_rate": ALPHA,
        },
        "bands": bands.to_dict("records"),
        "counts": counts(loaded),
        "inputs": [dataclasses.asdict(file) for file in files],
        "sources": list(incident_sources(loaded, settings)),
        "versions": versions(),
    }
