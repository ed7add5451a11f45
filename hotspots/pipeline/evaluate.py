"""Did it work: a place before and after a start, against places like it where nothing was done."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from hotspots.analysis.evaluation import Sides, evaluate
from hotspots.analysis.hotspots import find_hotspots
from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.files import check_target, csv_text, locked, new_folder, replace_file, write_bytes, write_csv, write_json
from hotspots.intake.registers import read_register
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.pack.words import area_name, month_spans
from hotspots.pipeline.auto import choose_method
from hotspots.pipeline.evaluate_places import (
    Asked,
    Lookup,
    Place,
    asked_months,
    check_covered,
    find_places,
    one_place,
    uncovered_ring,
    uncovered_share,
)
from hotspots.pipeline.evaluate_result import EvaluateResult
from hotspots.pipeline.evaluation_findings import document, evaluation_figure, evaluation_sentences, evaluation_warnings
from hotspots.pipeline.inputs import in_tests, load, metric_crs, parse_month
from hotspots.pipeline.month_hotspots import surroundings
from hotspots.pipeline.window import thin_months
from hotspots.places.areas import outline_of
from hotspots.places.names import name_hotspots
from hotspots.settings import with_hotspots
from hotspots.tables import EVALUATIONS, check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.evaluation import Evaluation
    from hotspots.pipeline.evaluate_result import EvaluateRequest
    from hotspots.pipeline.inputs import Inputs, Loaded
    from hotspots.settings import Hotspots, Settings

EVALUATION_FILES = ("evaluation.csv", "evaluation.json", "evaluation.png", "evaluation.svg", "controls.csv")
"""What the folder holds."""

_MOST_PLACES = 50
"""Hotspots of the months before that are thought of as controls."""
_MOST_MONTHS = 120
_SLIVER = 0.01
"""Of a ground that borders on ground without data."""
_ID_DIGITS = 10
_ROUNDED_M = 0.01


def run_evaluate(
    request: EvaluateRequest,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
) -> EvaluateResult:
    """Compare a place before and after a start with controls, and add the result to the register.

    Parameters
    ----------
    request, settings
        Files, target and choices.
    progress
        Called with a few words before each step.

    Returns
    -------
    EvaluateResult
        The folder as written, and what it says.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, the target or a control cannot be found or used, no place can
        be a control, one side has no month, or the register is another's.
    SettingsError
        The start, an area, a crime type or a setting cannot be used.
    OutputError
        The folder exists, a file is held open or locked, or it cannot be written.
    """
    say = progress or (lambda _: None)
    check_target(request.out, replace=request.force, own=EVALUATION_FILES)
    read_register(request.register, EVALUATIONS)
    asked = asked_months(request.start, parse_month(request.inputs.month), settings.evaluate.months_before)
    loaded = load(_inputs(request, asked), _long_enough(settings, asked), progress)
    covered = outline_of(loaded.areas[(loaded.areas["zone"] != "beyond") & loaded.window.known])
    where = _where(loaded, settings, request.pack)
    target = one_place(find_places(request.target, "--target", where), request.name)
    lacking = check_covered(target, covered, "--target")
    uncovered = lacking, uncovered_ring(target.ground, settings.evaluate.ring_m, covered)
    named = _named(request, where, covered)
    sides, left_out = _whole_months(asked, loaded)
    say("Looking for places like it in the months before")
    places, chosen = _places(loaded, settings, asked, covered, [target, *named])
    say("Comparing")
    rows = in_tests(loaded.located[loaded.located["zone"] != "beyond"], loaded)
    wanted = settings.evaluate
    how: dict[str, Any] = {"ring_m": wanted.ring_m, "most": wanted.controls, "per_area": wanted.per_area}
    found = evaluate(rows, target.ground, places, sides, **how)
    area = area_name(request.inputs.areas, loaded.areas[loaded.window.known])
    row = _row(request, loaded, area, target, sides, found)
    place = (area, target, asked, sides, left_out, found, row)
    draft = EvaluateResult(request.out, request.register, loaded, *place, sentences=(), warnings=())
    result = dataclasses.replace(
        draft,
        sentences=tuple(evaluation_sentences(draft, settings)),
        warnings=tuple(evaluation_warnings(draft, settings, uncovered, len(named))),
    )
    say("Writing the result")
    _write(result, request, dataclasses.replace(settings, hotspots=chosen.hotspots))
    return result


def _named(request: EvaluateRequest, where: Lookup, covered: BaseGeometry) -> list[Place]:
    """Return the places named as controls."""
    named = [place for text in request.controls for place in find_places(text, "--control", where)]
    for place in named:
        check_covered(place, covered, "--control")
    return named


def _inputs(request: EvaluateRequest, asked: Asked) -> Inputs:
    return dataclasses.replace(request.inputs, month=str(asked.sides.after[-1]))


def _long_enough(settings: Settings, asked: Asked) -> Settings:
    """Return settings whose window holds both sides, and the months before the start that the method looks at."""
    first = min(asked.sides.before[0], asked.start - settings.hotspots.window_months)
    months = (asked.sides.after[-1] - first).n + 1
    if months > _MOST_MONTHS:
        raise SettingsError(
            f"The months before and after are {months}, more than {_MOST_MONTHS}; lower [evaluate] months_before or "
            "[hotspots] window_months."
        )
    return with_hotspots(settings, window_months=months)


def _where(loaded: Loaded, settings: Settings, pack: Path | None) -> Lookup:
    """Return the ground on which places are looked for: the area, and what of its surroundings is read."""
    near = loaded.areas[loaded.areas["zone"] != "beyond"]
    around = shapely.box(*near.total_bounds).buffer(settings.evaluate.ring_m + settings.evaluate.reach_m)
    return Lookup(around, metric_crs(settings.areas.analysis_epsg), settings.evaluate.reach_m, pack)


def _whole_months(asked: Asked, loaded: Loaded) -> tuple[Sides, tuple[pd.Period, ...]]:
    """Return the months that the files hold whole, and those they do not."""
    near = (loaded.areas["zone"] != "beyond") & loaded.window.known
    coverage = loaded.intake.coverage
    thin = thin_months(coverage[coverage["force"].isin(loaded.areas.loc[near, "force"].dropna().unique())])
    whole = set(loaded.window.months) - set(loaded.window.thin) - set(thin["month"])
    before, after = ([month for month in side if month in whole] for side in (asked.sides.before, asked.sides.after))
    for side, months in (("before", before), ("after", after)):
        if not months:
            raise InputError(
                f"The files hold no whole month {side} the start ({month_spans(list(getattr(asked.sides, side)))}); "
                "add those downloads, or give another --start or --month."
            )
    left_out = tuple(month for month in asked.sides.months if month not in whole)
    return Sides(pd.PeriodIndex(before, freq="M"), pd.PeriodIndex(after, freq="M")), left_out


def _places(
    loaded: Loaded, settings: Settings, asked: Asked, covered: BaseGeometry, given: Sequence[Place]
) -> tuple[gpd.GeoDataFrame, Settings]:
    """Return what can be a control: the places named, and the hotspots of the months before the start alone.

    These are found by the method of the settings, down to half as many incidents as the target has.
    """
    target, *named = given
    window = loaded.window.months
    wanted = pd.period_range(end=asked.start - 1, periods=settings.hotspots.window_months, freq="M")
    known = window[window.isin(wanted)]
    if not len(known):
        raise InputError(
            f"The files hold no month of {month_spans(list(wanted))}, the months before the start in which places to "
            "compare with are looked for; add those downloads."
        )
    then = dataclasses.replace(loaded, month=known[-1], window=dataclasses.replace(loaded.window, months=known))
    chosen = choose_method(then, settings).settings
    near = then.located["month"].isin(known) & (then.located["zone"] != "beyond")
    focus = in_tests(then.located[near], then)
    half = int(shapely.intersects(target.ground, focus.geometry.to_numpy()).sum()) // 2
    found = find_hotspots(focus, surroundings(then), _many(chosen.hotspots, half, len(known)))
    names = name_hotspots(focus, found.members, loaded.areas)
    lacking = [uncovered_share(ground, covered) > _SLIVER for ground in found.grounds]
    key = [*(f"control {number}" for number in range(1, len(named) + 1)), *found.grounds.index]
    frame = gpd.GeoDataFrame(
        {
            "name": [*(place.name for place in named), *names.reindex(found.grounds.index).fillna("Unnamed place")],
            "named": [True] * len(named) + [False] * len(found.grounds),
            "refused": [""] * len(named) + ["part of it has no data" if lacks else "" for lacks in lacking],
        },
        geometry=[*(place.ground for place in named), *found.grounds],
        index=pd.Index(key, dtype="str"),
        crs=loaded.areas.crs,
    )
    return frame, chosen


def _many(wanted: Hotspots, least: int, months: int) -> Hotspots:
    """Return settings that find more places than a list for a meeting holds, down to so many incidents."""
    return dataclasses.replace(
        wanted,
        max_number=_MOST_PLACES,
        budget_share_of_area=0.0,
        budget_share_of_n=0.0,
        min_per_month=min(wanted.min_per_month, least / months),
        min_in_window=min(wanted.min_in_window, max(least, 1)),
    )


def _row(
    request: EvaluateRequest, loaded: Loaded, area: str, target: Place, sides: Sides, found: Evaluation
) -> pd.DataFrame:
    """Return the row of EVALUATIONS."""
    chosen = found.controls[found.controls["chosen"]]
    zones = ("treated", "ring", "control", "control_ring")
    counts = {
        f"{zone}_{side}": int(n)
        for zone, of_zone in zip(zones, found.counts.to_numpy(), strict=True)
        for side, n in zip(("before", "after"), of_zone, strict=True)
    }
    ground = shapely.normalize(shapely.set_precision(target.ground, _ROUNDED_M)).wkb
    told = [request.start, loaded.focus.name, *loaded.focus.categories, str(sides.after[-1])]
    digest = hashlib.sha256(ground + "\x1f".join(told).encode("utf-8", errors="replace")).hexdigest()
    row = {
        "target": target.name,
        "started_on": request.start,
        "focus": loaded.focus.name,
        "area": area,
        "evaluated_month": str(sides.after[-1]),
        "before": month_spans(list(sides.before)),
        "after": month_spans(list(sides.after)),
        "months_before": len(sides.before),
        "months_after": len(sides.after),
        **counts,
        "n_controls": len(chosen),
        "controls": "; ".join(chosen["name"]),
        "wdd": found.difference.estimate,
        "low": found.difference.low,
        "high": found.difference.high,
        "p": found.difference.p,
        "too_small": found.too_small,
        "least_fall": found.least_fall,
        "spread": found.spread,
        "n_similar": len(found.placebos),
        "n_as_far": found.n_as_far,
    }
    index = pd.Index([f"{request.start}-{digest[:_ID_DIGITS]}"], name="evaluation_id", dtype="str")
    return check(EVALUATIONS, pd.DataFrame(row, index=index).astype({"least_fall": float}))


def _write(result: EvaluateResult, request: EvaluateRequest, settings: Settings) -> None:
    """Write the folder, and add to the register as the last thing that can fail."""
    told, drawing = document(result, request, settings), evaluation_figure(result, settings)
    with new_folder(request.out, replace=request.force) as folder:
        write_csv(folder / "evaluation.csv", _months(result))
        write_csv(folder / "controls.csv", result.evaluation.controls)
        write_json(folder / "evaluation.json", told)
        write_bytes(folder / "evaluation.png", png_bytes(drawing))
        write_bytes(folder / "evaluation.svg", svg_bytes(drawing))
        add_to_register(request.register, result.row)


def _months(result: EvaluateResult) -> pd.DataFrame:
    """Return one row a zone and month."""
    counts = result.evaluation.by_month
    chosen = result.evaluation.controls.loc[result.evaluation.controls["chosen"], "name"]
    places = [name for name in (result.target.name, *chosen) for _ in ("ground", "ring")]
    rows = [
        (zone, place, str(month), "after" if month in result.sides.after else "before", int(n))
        for (zone, of_month), place in zip(counts.iterrows(), places, strict=True)
        for month, n in of_month.items()
    ]
    table = pd.DataFrame(rows, columns=["zone", "place", "month", "side", "n"])
    return table.set_axis(pd.RangeIndex(1, len(rows) + 1, name="row_no"))


def add_to_register(register: Path, row: pd.DataFrame) -> None:
    """Add an evaluation to the register, or put it in the place of its earlier self.

    Parameters
    ----------
    register
        CSV; it is made where there is none. Runs that add at the same time wait for each other.
    row
        EVALUATIONS.

    Raises
    ------
    InputError
        The register is another's, or was changed so that it cannot be read.
    OutputError
        It is held open or locked, was changed by another program at this moment, or cannot be written.
    """
    with locked(register):
        table, data = read_register(register, EVALUATIONS)
        kept = table.drop(index=row.index, errors="ignore")
        both = pd.concat([kept, row]).sort_index() if len(kept) else row
        text = csv_text(check(EVALUATIONS, both))
        if (register.read_bytes() if register.exists() else b"") != data:
            raise OutputError(f"{register} was changed by another program meanwhile; close it there and run again.")
        replace_file(register, text.encode("utf-8", errors="replace"))
