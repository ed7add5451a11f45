"""How a label looks: colours, widths and letters as plain values, and the style sheet made of them."""

from __future__ import annotations

from typing import Final

INK: Final = "#0b3c5d"
EVENT: Final = "#7a1fa2"

RAMP: Final = ("#f6f1e7", "#f3dfb8", "#eeb96a", "#d9822b", "#9c4a12")
"""The classes from low to high: one ordered hue, readable in grey and to colour-blind eyes."""

RAMP_DARK: Final = ("#d3ccbd", "#cdb68a", "#bf9149", "#a8651f", "#74350c")
"""The same order of lightness, dimmed for the dark scheme."""

CHANGE_SIGNS: Final = {"above": "▲", "below": "▼"}
"""Small badge on a disc; a change within the usual range has none."""

STATUS_SIGNS: Final = {
    "new": "N",
    "intensifying": "↑",
    "persistent": "=",
    "diminishing": "↓",
    "sporadic": "~",
    "seen before": "",
}
"""How a place has been in earlier months: a sign on its disc, and the line around it."""

STATUS_LINES: Final = {"new": "6 4", "diminishing": "1 5", "sporadic": "9 4 2 4"}
"""Dashes of the line around a hotspot; the others have a whole line."""

CHANGE_WORDS: Final = {
    "above": "above usual",
    "below": "below usual",
    "usual": "within the usual range",
    "untested": "not tested: too few months",
}

RISK_WIDTHS: Final = {"low": 1.5, "medium": 2.5, "high": 4.0}
"""Line of an event's diamond in pixels; the word stands beside it in the table."""

RISK_UNKNOWN_WIDTH: Final = 1.0

LAYER_NAMES: Final = {
    "rate_per_km2": "Areas: incidents per km²",
    "rate_per_1000": "Areas: incidents per 1,000 residents",
}
"""Names in the layer control are the project's own: Leaflet writes them as HTML."""

RATE_HEADINGS: Final = {"rate_per_km2": "per km²", "rate_per_1000": "per 1,000"}


def class_colours(count: int, *, dark: bool = False) -> tuple[str, ...]:
    """Return one colour per class, light to dark.

    Parameters
    ----------
    count
        Number of classes, at least 1. Five classes are the ramp itself; other numbers are read off it
        at equal steps, so that the order of lightness stays.
    dark
        Colours of the dark scheme.

    Returns
    -------
    tuple of str
        ``#rrggbb``, lowest class first.
    """
    ramp = RAMP_DARK if dark else RAMP
    last = len(ramp) - 1
    steps = [index * last / (count - 1) for index in range(count)] if count > 1 else [last / 2]
    return tuple(_between(ramp[int(step)], ramp[min(int(step) + 1, last)], step % 1) for step in steps)


def _between(low: str, high: str, share: float) -> str:
    pairs = ((int(low[at : at + 2], 16), int(high[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def stylesheet(class_counts: tuple[int, ...]) -> str:
    """Return the CSS that turns class names into looks.

    Parameters
    ----------
    class_counts
        The number of classes of each measure on the page.

    Returns
    -------
    str
        One rule per measure and class (``.m0.class-3``), for the light scheme, then the dark one on screens.
    """
    light = [f":root{{--ink:{INK};--event:{EVENT}}}", *_class_rules(class_counts, dark=False)]
    light += [f".event-mark.risk-{risk} path{{stroke-width:{width}}}" for risk, width in RISK_WIDTHS.items()]
    light += [f".hotspot.{status}{{stroke-dasharray:{dashes}}}" for status, dashes in STATUS_LINES.items()]
    light.append(f".event-mark.risk-none path{{stroke-width:{RISK_UNKNOWN_WIDTH}}}")
    dark = "".join(_class_rules(class_counts, dark=True))
    return "\n".join([*light, f"@media screen and (prefers-color-scheme:dark){{{dark}}}"])


def _class_rules(class_counts: tuple[int, ...], *, dark: bool) -> list[str]:
    return [
        f".m{measure}.class-{number}{{fill:{colour}}}"
        for measure, count in enumerate(class_counts)
        for number, colour in enumerate(class_colours(count, dark=dark), start=1)
    ]


def event_letter(kind: str) -> str:
    """Return the letter of an event's kind: its first letter or digit, upper case; ``•`` where there is none."""
    return next((sign.upper()[:1] for sign in kind if sign.isalnum()), "•")
