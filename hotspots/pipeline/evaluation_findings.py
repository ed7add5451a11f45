"""What an evaluation says: sentences, what stands against them, how it was done, and its figure."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from hotspots.analysis.evaluation import LEAST_BEFORE, SIMILAR, USUAL_SPREAD, USUAL_WEIGHT
from hotspots.intake.files import InputFile, sha256, sha256_on_disk, shown_name, unpack
from hotspots.maps.figures.sheet import Caption
from hotspots.maps.figures.wdd import wdd_figure
from hotspots.pack.folder import versions
from hotspots.pack.previous import LAYERS
from hotspots.pack.words import listed, month_spans, months_word, percent
from hotspots.pipeline.content import incident_sources
from hotspots.pipeline.evaluate_places import MOST_MONTHS, focus_key
from hotspots.pipeline.manifest import counts
from hotspots.stats.usual import ALPHA

if TYPE_CHECKING:
    from hotspots.analysis.evaluation import Evaluation
    from hotspots.maps.figures.sheet import Drawing
    from hotspots.pipeline.evaluate_result import EvaluateRequest, EvaluateResult
    from hotspots.settings import Settings

_SLIVER = 0.01
_SHARED = 0.1
"""A fall that a season or a borough's trend easily makes at every place."""
_MINUS = "\N{MINUS SIGN}"
_WHOLE_FROM = 10


def evaluation_sentences(result: EvaluateResult, settings: Settings) -> list[str]:
    """Say what was found.

    Parameters
    ----------
    result
        The evaluation.
    settings
        The settings in force.

    Returns
    -------
    list of str
        The difference and whether it is beyond chance, the counts, the smallest fall that would have been told, and
        how similar places did.
    """
    found = result.evaluation
    return [
        headline(result, settings),
        _counts_said(result, settings),
        _least_fall_said(result),
        _placebos_said(result),
        _spread_said(found),
    ]


def headline(result: EvaluateResult, settings: Settings, *, interval: bool = True) -> str:
    """Return the first sentence; a fall is more than chance only where the interval leaves out zero."""
    difference = result.evaluation.difference
    size = number(abs(difference.estimate))
    many = f"{size} {'fewer' if difference.estimate < 0 else 'more'}" if float(size.replace(",", "")) else "as many"
    than = "than" if many != "as many" else "as"
    noun = "incident" if many.startswith("1 ") else "incidents"
    beyond = not difference.low <= 0 <= difference.high
    verdict = "more than chance" if beyond else "no more than chance"
    if result.evaluation.too_small:
        verdict = "too few incidents to tell"
    within = f" (interval {signed(difference.low)} to {signed(difference.high)})" if interval else ""
    rings = settings.evaluate.ring_m > 0
    where, whose = (f"{result.target.name} and the ring around it", "their") if rings else (result.target.name, "its")
    return (
        f"Since {result.row['started_on'].iloc[0]}, {where} saw {many} {noun} of "
        f"{result.loaded.focus.name} {than} {whose} controls suggest{within}: {verdict}."
    )


def number(value: float) -> str:
    """Return a count, whole from 10 on or where it is."""
    return f"{value:,.0f}" if value >= _WHOLE_FROM or value == round(value) else f"{value:.1f}".removesuffix(".0")


def signed(value: float) -> str:
    """Return a count with its sign, a true minus; 0 has none."""
    text = number(abs(value))
    return text if not float(text.replace(",", "")) else f"{_MINUS if value < 0 else '+'}{text}"


def _counts_said(result: EvaluateResult, settings: Settings) -> str:
    at = {zone: f"{before:,} to {after:,}" for zone, (before, after) in _counted(result).items()}
    n_controls = int(result.row["n_controls"].iloc[0])
    which = "The control" if n_controls == 1 else f"The {n_controls} controls together"
    rings, (before, after) = settings.evaluate.ring_m > 0, (result.sides.before, result.sides.after)
    own_ring = f", the ring of {settings.evaluate.ring_m:g} m around it from {at['treated_ring']}" if rings else ""
    their = "its ring" if n_controls == 1 else "their rings"
    ring = f", {their} from {at['control_ring']}" if rings else ""
    return (
        f"From {months_word(len(before))} before ({month_spans(list(before))}) to {months_word(len(after))} after "
        f"({month_spans(list(after))}), {result.target.name} went from {at['treated']}{own_ring}. {which} went from "
        f"{at['control']}{ring}."
    )


def _counted(result: EvaluateResult) -> dict[str, tuple[int, int]]:
    table = result.evaluation.counts
    return {str(zone): (int(row["before"]), int(row["after"])) for zone, row in table.iterrows()}


def _least_fall_said(result: EvaluateResult) -> str:
    least = result.evaluation.least_fall
    if least is None:
        return "With these counts no fall, however large, would have been told from chance."
    return f"With these counts a fall of {number(math.ceil(least))} or more would have been told from chance."


def _placebos_said(result: EvaluateResult) -> str:
    found = result.evaluation
    rose = found.difference.estimate > 0
    n, far = len(found.placebos), found.n_rose_as_far if rose else found.n_as_far
    if not n:
        return "No other place that could be scored had about as many incidents before."
    places = "1 similar place" if n == 1 else f"{n} similar places"
    return (
        f"{far or 'None'} of {places} scored in the same way, where nothing is known to have been done, "
        f"{'rose' if rose else 'fell'} as far or farther for their size."
    )


def _spread_said(found: Evaluation) -> str:
    """Say how much places vary, and whether that was seen here or is mostly taken from elsewhere."""
    times = f"{found.spread:.1f} times as much as Poisson counts"
    n = int(found.controls["placebo_z"].notna().sum())
    if n >= USUAL_WEIGHT:
        return f"Places here vary {times}; the interval allows for it."
    few = f"Only {n} place{'s' if n > 1 else ''} here could" if n else "No place here could"
    return (
        f"{few} be scored to tell how much places vary by themselves: the interval takes {times}, mostly from burglary "
        "elsewhere, and may be too narrow."
    )


def evaluation_warnings(
    result: EvaluateResult, settings: Settings, uncovered: tuple[float, float], n_named: int
) -> list[str]:
    """Return what stands against the result, worst first.

    Parameters
    ----------
    result
        The evaluation.
    settings
        The settings in force.
    uncovered
        Shares of the target and of its ring that lie on no ground with data.
    n_named
        How many controls were named.
    """
    found, sides, asked = result.evaluation, result.sides, result.asked
    said = []
    if found.too_small:
        said.append(
            f"The target or its controls had under {LEAST_BEFORE} incidents before: too few to tell anything by. Wait "
            "for more months, or count more of them before ([evaluate] months_before)."
        )
    said += [_falls_back(result, n_named), *_unlike(result, settings, n_named), *result.loaded.warnings]
    for share, what in zip(uncovered, ("target", "ring around it"), strict=True):
        if share > _SLIVER:
            said.append(f"{percent(share)} of the {what} lies on ground without data: nothing there is counted.")
    if result.left_out:
        said.append(f"Missing from the files or incomplete, in neither side: {month_spans(result.left_out)}.")
    if asked.begun is not None:
        said.append(f"The start lies inside {asked.begun}, which is in neither side.")
    if asked.cut:
        said.append(f"Only the first {MOST_MONTHS} months after the start are counted, to {asked.sides.after[-1]}.")
    if len(sides.before) != len(sides.after):
        said.append(
            f"{months_word(len(sides.before))} before stand against {months_word(len(sides.after))} after: counts "
            "before are brought to the length of the time after."
        )
    return said


def _falls_back(result: EvaluateResult, n_named: int) -> str:
    """Say what is known of places that were chosen because they were high."""
    month = result.target.pack_month
    controls = "" if n_named else ", as the controls do, found by the same method in the months before the start alone"
    if month is None:
        if n_named:
            return "A place chosen because it was high falls back by itself, whatever is done there."
        return (
            "The controls were found because they were high and fall back by themselves. If the target was not chosen "
            "so, it looks worse than it did; if it was, a part of its own fall is of that kind too."
        )
    focus = result.loaded.focus
    now, then = focus_key(focus.theme, [*focus.categories, *focus.absent]), result.target.listed_for
    if then and then != now:
        return (
            f"{result.target.name} was listed for {listed(list(then))}, not for {focus.name}: whether it was high in "
            "that, and so falls back by itself as the controls do, is not known."
        )
    since = sum(before > month for before in result.sides.before)
    aside = ""
    if month >= result.asked.start:
        aside = (
            f" The pack is of {month}: it drew the target from months that count as after, so that it looks worse than "
            "it did; give a pack from before the start."
        )
    elif 2 * since > len(result.sides.before) and not n_named:
        aside = (
            f" The pack is of {month}: the target had the months since then to fall back, the controls had not, so "
            "that it looks worse than it did; give a pack of the month before the start."
        )
    return f"{result.target.name} was listed because it was high, so that it falls back by itself{controls}.{aside}"


def _unlike(result: EvaluateResult, settings: Settings, n_named: int) -> list[str]:
    """Say where there are few controls, or controls that are not like the target."""
    found = result.evaluation
    chosen = found.controls[found.controls["chosen"]]
    said = []
    if len(chosen) < settings.evaluate.controls and not n_named:
        said.append(
            f"{len(chosen)} of the {settings.evaluate.controls} controls wanted could be found: no other hotspot of "
            "the months before lies clear of the target."
        )
    unlike = chosen.loc[~chosen["similar"], "name"]
    if len(unlike) and not settings.evaluate.per_area:
        said.append(
            f"{listed(list(unlike))} had under half or over twice as many incidents before as the target: a change "
            "that all places share, such as the season, is then not the same number at both."
        )
    return [*said, *_uneven(result, settings)]


def _uneven(result: EvaluateResult, settings: Settings) -> list[str]:
    """Say what a change that all places share would do to the difference, where that is much of its error."""
    found = result.evaluation
    treated, ring, control, control_ring = (float(before) for before in found.counts["before"])
    own = (treated + ring) / result.sides.exposure[0]
    theirs = (control / found.size[0] + control_ring / found.size[1]) / result.sides.exposure[0]
    shift = _SHARED * abs(own - theirs)
    if shift < found.difference.standard_error / 2:
        return []
    what = "target and its ring" if settings.evaluate.ring_m > 0 else "target"
    size = "for its size" if settings.evaluate.per_area else "on average"
    return [
        f"Before, the {what} held {number(own)} incidents, the controls {number(theirs)} {size}: if every place had "
        f"fallen by {percent(_SHARED)} alike, that alone would look like {number(shift)} "
        f"{'fewer' if own > theirs else 'more'}."
    ]


def _method(settings: Settings) -> str:
    """Return how the result came about."""
    wanted = settings.evaluate
    size = (
        "their area, as a share of the target's," if wanted.per_area else "their number, so that their mean is compared"
    )
    return (
        "Weighted displacement difference (Wheeler and Ratcliffe 2018): what changed at the target less what changed "
        f"at its controls, plus the same of the rings of {wanted.ring_m:g} m around them, in incidents over the months "
        "after. Each incident counts once: target before its ring before controls before their rings. Counts of the "
        f"controls are divided by {size}. Controls that are not named are hotspots found by the method "
        f"{settings.hotspots.method} in the months before the start alone, down to half as many incidents as the "
        "target has, whose ground and ring touch neither the "
        "target's nor its ring, the ones with the number of incidents before nearest to the target's; what came after "
        "has no part in the choice. Season and whatever else all places share is taken care of by the controls. "
        f"Every place that could be a control is scored with controls of its own; those with 1/{SIMILAR:g} to "
        f"{SIMILAR:g} times the target's incidents before are called similar. The mean of the squared scores of all, "
        f"drawn to {USUAL_SPREAD:g} where they are few, widens the variance of Poisson counts, since places vary more "
        "than chance "
        f"alone makes them. The interval covers {percent(1 - ALPHA)}, and p is two-sided; one evaluation is no proof."
    )


def evaluation_figure(result: EvaluateResult, settings: Settings) -> Drawing:
    """Draw the counts, those of the controls as their mean, and the difference with its interval.

    Parameters
    ----------
    result
        The evaluation.
    settings
        The settings in force.

    Returns
    -------
    Drawing
        Counts before are brought to the length of the time after, so that the changes add up to the difference.
    """
    found, sides = result.evaluation, result.sides
    n_controls, rings = int(result.row["n_controls"].iloc[0]), settings.evaluate.ring_m > 0
    several = n_controls > 1
    name = result.target.name
    taken = {"Ring around it", "Control", "Controls, mean", "Ring of the control", "Rings of the controls, mean"}
    label = f"{name} (target)" if name in taken else name
    labels = {
        "treated": label,
        "treated_ring": "Ring around it",
        "control": "Controls, mean" if several else "Control",
        "control_ring": "Rings of the controls, mean" if several else "Ring of the control",
    }
    scaled = found.counts.astype(float)
    scaled.loc["control"] /= found.size[0]
    scaled.loc["control_ring"] /= found.size[1]
    scaled["before"] /= sides.exposure[0]
    shown = scaled.loc[[zone for zone in labels if rings or "ring" not in zone]].rename(index=labels)
    difference = found.difference
    longer = " Counts before are brought to the length of the time after." if sides.exposure[0] != 1 else ""
    caption = Caption(
        title=headline(result, settings, interval=False),
        n=int(found.counts.to_numpy().sum()),
        counted=f"incidents of {result.loaded.focus.name}, {result.area}",
        period=f"{month_spans(list(sides.before))}, then {month_spans(list(sides.after))}",
        method=f"Weighted displacement difference (Wheeler and Ratcliffe 2018), {percent(1 - ALPHA)} interval, widened "
        f"for places that vary {found.spread:.1f} times as much as Poisson counts.{longer} Controls: "
        f"{listed(list(found.controls.loc[found.controls['chosen'], 'name']))}.",
        source=" ".join(incident_sources(result.loaded, settings)),
        marking=settings.report.marking,
    )
    return wdd_figure(shown, label, (difference.estimate, difference.low, difference.high), caption)


def document(result: EvaluateResult, request: EvaluateRequest, settings: Settings) -> dict[str, Any]:
    """Return the result with what is needed to make it again, ready for JSON.

    Parameters
    ----------
    result, request, settings
        What was asked, found, and in force.

    Returns
    -------
    dict
        No path of any machine is in it.
    """
    loaded, found = result.loaded, result.evaluation
    files = list(loaded.files)
    if request.settings_file is not None:
        files.append(InputFile("settings", request.settings_file.name, sha256(unpack(request.settings_file))))
    if request.pack is not None:
        files.append(InputFile("pack", shown_name(request.pack), sha256_on_disk(request.pack / LAYERS)))
    row = result.row.reset_index().astype(object)
    controls = found.controls.reset_index().astype(object)
    controls["wkt"] = None
    controls.loc[controls["chosen"].astype(bool), "wkt"] = [ground.wkt for ground in found.grounds]
    return {
        "sentences": list(result.sentences),
        "warnings": list(result.warnings),
        "notes": list(loaded.notes),
        "method": _method(settings),
        "evaluation": row.where(row.notna(), None).to_dict("records")[0],
        "standard_error": found.difference.standard_error,
        "z": found.difference.z,
        "z_poisson": found.z,
        "target": {"name": result.target.name, "wkt": result.target.ground.wkt, "epsg": settings.areas.analysis_epsg},
        "months_before": [str(month) for month in result.sides.before],
        "months_after": [str(month) for month in result.sides.after],
        "months_left_out": [str(month) for month in result.left_out],
        "month_of_the_start_left_out": None if result.asked.begun is None else str(result.asked.begun),
        "controls": controls.where(controls.notna(), None).to_dict("records"),
        "parameters": {
            **dataclasses.asdict(settings.evaluate),
            "size_of_the_controls": list(found.size),
            "method": settings.hotspots.method,
            "window_months": settings.hotspots.window_months,
            "alpha": ALPHA,
        },
        "areas": list(request.inputs.areas),
        "focus": loaded.focus.name,
        "categories": list(loaded.focus.categories),
        "marking": settings.report.marking,
        "counts": counts(loaded),
        "inputs": [dataclasses.asdict(file) for file in files],
        "sources": list(incident_sources(loaded, settings)),
        "versions": versions(),
    }
