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

_FIRST_SIGN = 32
"""What comes before are no signs but commands of old machines."""

TESTED_FILLS: Final = (("#bdd0dc", "stripes"), ("#f6f1e7", ""), ("#e0a04f", "dots"))
"""Below, no more than chance, above: a colour and a pattern over it, so that the colour is not the only sign."""

TESTED_FILLS_DARK: Final = ("#7f9aab", "#d3ccbd", "#b0762c")

LAYER_NAMES: Final = {
    "rate_per_km2": "Areas: incidents per km²",
    "rate_per_1000": "Areas: incidents per 1,000 residents",
    "change": "Areas: change of the month, tested",
    "label": "Areas: high and low together, tested",
}
"""Names in the layer control are the project's own: Leaflet writes them as HTML."""

RATE_HEADINGS: Final = {
    "rate_per_km2": "per km²",
    "rate_per_1000": "per 1,000",
    "change": "change",
    "label": "together",
}


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


def stylesheet(class_counts: tuple[int, ...], tested: int = 0) -> str:
    """Return the CSS that turns class names into looks.

    Parameters
    ----------
    class_counts
        The number of classes of each measure on the page.
    tested
        How many ways to colour the areas by a test come after the measures.

    Returns
    -------
    str
        One rule per measure and class (``.m0.class-3``), for the light scheme, then the dark one on screens.
    """
    light = [f":root{{--ink:{INK};--event:{EVENT}}}", *_class_rules(class_counts, dark=False)]
    for measure in range(len(class_counts), len(class_counts) + tested):
        light += [_tested_rule(measure, number, *fill) for number, fill in enumerate(TESTED_FILLS, start=1)]
    light += [f"#{pattern} rect{{fill:{colour}}}" for colour, pattern in TESTED_FILLS if pattern]
    light += [f".event-mark.risk-{risk} path{{stroke-width:{width}}}" for risk, width in RISK_WIDTHS.items()]
    light += [f".hotspot.{status}{{stroke-dasharray:{dashes}}}" for status, dashes in STATUS_LINES.items()]
    light.append(f".event-mark.risk-none path{{stroke-width:{RISK_UNKNOWN_WIDTH}}}")
    light += _shade_rules()
    dark = "".join(_class_rules(class_counts, dark=True))
    for colour, (_, pattern) in zip(TESTED_FILLS_DARK, TESTED_FILLS, strict=True):
        plain = [f".m{len(class_counts) + at}.class-2" for at in range(tested)]
        selector = f"#{pattern} rect" if pattern else ",".join(plain)
        dark += f"{selector}{{fill:{colour}}}" if selector else ""
    return "\n".join([*light, f"@media screen and (prefers-color-scheme:dark){{{dark}}}"])


def _class_rules(class_counts: tuple[int, ...], *, dark: bool) -> list[str]:
    return [
        f".m{measure}.class-{number}{{fill:{colour}}}"
        for measure, count in enumerate(class_counts)
        for number, colour in enumerate(class_colours(count, dark=dark), start=1)
    ]


def paper(marking: str) -> str:
    """Return the CSS of the sheets' margins: the marking and the number on each, where a browser knows such margins.

    Parameters
    ----------
    marking
        The marking line; empty: none.

    Returns
    -------
    str
        One ``@page`` rule; every sign of the marking is written by its number, so that no text can leave its string.
    """
    said = "".join(f"\\{ord(sign):x} " for sign in marking if ord(sign) >= _FIRST_SIGN)
    look = "font:600 9px system-ui,sans-serif"
    boxes = "".join(f'@{side}-center{{content:"{said}";{look}}}' for side in ("top", "bottom")) if said else ""
    number = '@bottom-right{content:counter(page) " / " counter(pages);font:9px system-ui,sans-serif}'
    return f"@page{{{boxes}{number}}}"


def _shade_rules() -> list[str]:
    """Return the cells of a table by their number: the ramp again, with letters that can be read on it."""
    return [
        f".shade-{number}{{background:{colour};color:{'#fff' if number == len(RAMP) else '#1f2a33'}}}"
        for number, colour in enumerate(RAMP, start=1)
    ]


def _tested_rule(measure: int, number: int, colour: str, pattern: str) -> str:
    fill = f"url(#{pattern})" if pattern else colour
    return f".m{measure}.class-{number}{{fill:{fill}}}"


def event_letter(kind: str) -> str:
    """Return the letter of an event's kind: its first letter or digit, upper case; ``•`` where there is none."""
    return next((sign.upper()[:1] for sign in kind if sign.isalnum()), "•")
