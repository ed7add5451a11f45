"""``hotspots tension``: the community tension log, listed, added to and reviewed; for partners of the meeting only."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import console_of, printable, quoted

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd
    from rich.console import Console

    from hotspots.pipeline.tensions import TensionList
    from hotspots.settings import Tensions

_ACCENT = "cyan"
_TREND = 6
"""Months of the trend in the table; the JSON has a year."""

tension = typer.Typer(
    help="The community tension log, by ward and never by person: list it, add to it, review it. For partners only.",
    no_args_is_help=True,
)


def _day(text: str | None) -> str | None:
    if text is not None:
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise typer.BadParameter("write it YYYY-MM-DD, such as 2024-05-13.") from error
    return text


Log = Annotated[
    Path | None,
    typer.Option(
        "--tensions", metavar="PATH", help="The log.", show_default="tensions.csv or tensions.xlsx, whichever exists"
    ),
]
Today = Annotated[str | None, typer.Option(callback=_day, hidden=True)]
Ward = Annotated[str, typer.Option(metavar="NAME", help="Only this ward or area.")]
Open = Annotated[bool, typer.Option("--open", help="Leave out closed entries.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NewWard = Annotated[str, typer.Option("--ward", metavar="NAME", help="Ward or area, never an address.")]
Level = Annotated[str, typer.Option(metavar="N", help="Level, 1 to 6, or its label in the settings.")]
Eep = Annotated[str, typer.Option(metavar="GRADE", help="experienced, evidenced or potential.")]
Theme = Annotated[str, typer.Option(metavar="TEXT", help="What it is about, in a word or two.")]
Source = Annotated[str, typer.Option(metavar="AGENCY", help="Who reports it: an agency, not a person.")]
Summary = Annotated[str, typer.Option(metavar="TEXT", help="What is reported, without anything of a person.")]
Response = Annotated[str, typer.Option(metavar="TEXT", help="What is done about it.")]
Reported = Annotated[
    str, typer.Option("--reported-on", metavar="DATE", help="Day of the report.", show_default="today")
]
ReviewOn = Annotated[
    str | None, typer.Option(callback=_day, metavar="DATE", help="Day of the next review; without it the usual time.")
]
Identity = Annotated[str | None, typer.Argument(metavar="[ID]", help="The entry; without it all that are due.")]
By = Annotated[str, typer.Option(metavar="WHO", help="Who looked at it.")]
Close = Annotated[bool, typer.Option("--close", help="No further review: from tomorrow on the entry does not count.")]


@tension.callback()
def group() -> None:
    """Keep the community tension log, by ward and never by person. For partners of the meeting only."""


@tension.command("list")
def list_command(
    ward: Ward = "",
    only_open: Open = False,
    as_json: Json = False,
    tensions: Log = None,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """List levels of the wards, now and three months ago, and the entries."""
    from hotspots.pipeline.tensions import find_log, list_tensions, tensions_json  # noqa: PLC0415 - slow libraries

    chosen = _settings(settings)
    path = find_log(tensions, Path())
    found = list_tensions(path, chosen, _today(today), ward=ward, only_open=only_open)
    if as_json:
        print(tensions_json(found))
        return
    console = _header("Community tension", found)
    for sentence in found.sentences:
        _say(console, sentence)
    if len(found.wards):
        console.print()
        console.print(_wards(found))
    _entries(console, found, chosen)


@tension.command("add")
def add_command(
    ward: NewWard,
    level: Level,
    eep: Eep,
    theme: Theme,
    source: Source,
    summary: Summary,
    response: Response = "",
    reported_on: Reported = "",
    review_on: ReviewOn = None,
    tensions: Log = None,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """Add an entry; one that holds personal data is refused. The log is made where there is none."""
    from hotspots.pipeline.tensions import add_tension, find_log, ward_meant  # noqa: PLC0415 - slow libraries
    from hotspots.settings import load_settings  # noqa: PLC0415

    entry = {
        "ward": ward,
        "level": level,
        "eep": eep,
        "theme": theme,
        "source": source,
        "summary": summary,
        "response": response,
        "reported_on": reported_on,
        "review_on": review_on or "",
    }
    path = find_log(tensions, Path(), make=True)
    chosen, console = load_settings(opt.settings_path(settings)), console_of()
    identity = add_tension(path, entry, chosen.tensions, _today(today))
    _say(console, f"Entry {identity} added to {path}.")
    meant = ward_meant(ward, chosen.areas.wards)
    if meant:
        _say(console, f"Warning: {ward.strip()} is no ward of the file of wards: did you mean {meant}?")


@tension.command("review")
def review_command(
    identity: Identity = None,
    by: By = "",
    review_on: ReviewOn = None,
    close: Close = False,
    response: Response = "",
    tensions: Log = None,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """Record that an entry was looked at today and when it will be next; without an id list what is due."""
    from hotspots.pipeline.tensions import due_for_review, find_log, review_tension  # noqa: PLC0415 - slow libraries

    chosen, path, day = _settings(settings), find_log(tensions, Path()), _today(today)
    if identity is None:
        if by or close or review_on or response:
            raise typer.BadParameter("name the entry that was reviewed, as: hotspots tension review T2024-001 --by WHO")
        found = due_for_review(path, chosen, day)
        console = _header("Due for review", found)
        _entries(console, found, chosen)
        if len(found.entries):
            console.print()
            given = "" if tensions is None else f" --tensions {quoted(tensions)}"
            command = f"hotspots tension review {found.entries.index[0]} --by WHO{given}"
            console.print(Text.assemble("Type next:     ", (printable(command), _ACCENT)), soft_wrap=True)
        return
    if not by.strip():
        raise typer.BadParameter("say who looked at it with --by.")
    if close and review_on:
        raise typer.BadParameter("--close and --review-on cannot stand together.")
    review = {"reviewed_by": by, "review_on": "closed" if close else review_on or "", "response": response}
    entry = review_tension(path, identity, review, chosen, day)
    then = "closed" if close else f"next review on {entry['review_on']:%Y-%m-%d}"
    _say(console_of(), f"Entry {identity} reviewed on {day}: {then}.")


def _settings(given: Path | None) -> Tensions:
    from hotspots.settings import load_settings  # noqa: PLC0415 - only where a command runs

    return load_settings(opt.settings_path(given)).tensions


def _today(given: str | None) -> date:
    return date.fromisoformat(given) if given else date.today()


def _header(title: str, found: TensionList) -> Console:
    from hotspots.tables.tensions import PARTNERS  # noqa: PLC0415 - slow libraries

    console = console_of()
    console.print(Text(f"{title} · {found.today:%Y-%m-%d}", style="bold"))
    console.print(Text(PARTNERS, style="dim"))
    return console


def _say(console: Console, sentence: str) -> None:
    console.print(Text(printable(sentence)), soft_wrap=not console.is_terminal)


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for title in columns:
        table.add_column(title, justify="right" if title in right else "left", no_wrap=title in {"Id", "Reported"})
    return table


def _wards(found: TensionList) -> Table:
    """Return the level of each ward now and three months ago, and its reports by month."""
    trend = found.months[found.months["month"].isin(sorted(set(found.months["month"]))[-_TREND:])]
    first, last = trend["month"].min(), trend["month"].max()
    reports = f"reports {first} to {last}"
    table = _table("Ward", "level", "entries", "3 months ago", reports, "", right=("level", "entries", "3 months ago"))
    for ward, row in zip(found.wards.index, found.wards.to_dict("records"), strict=True):
        said = ["risen"] if row["risen"] else []
        if row["n_overdue"]:
            said.append(f"{row['n_overdue']} past review, up to level {row['level_overdue']}")
        table.add_row(
            Text(printable(str(ward))),
            _level(row["level"]),
            f"{row['n_current']}",
            _level(row["level_before"]),
            " ".join(f"{n}" for n in trend.loc[trend["ward"] == ward, "n"]),
            Text(", ".join(said), _ACCENT),
        )
    return table


def _level(level: object) -> str:
    text = str(level)
    return text if text.isdecimal() else "–"


def _entries(console: Console, found: TensionList, settings: Tensions) -> None:
    """Print the entries, and what was not used."""
    from hotspots.pipeline.tension_findings import level_words  # noqa: PLC0415 - slow libraries

    console.print()
    if len(found.entries):
        table = _table("Id", "Reported", "Ward", "Level", "Grade", "Theme", "Review", "Summary")
        for identity, row in zip(found.entries.index, found.entries.to_dict("records"), strict=True):
            level = level_words(int(row["level"]), settings).removeprefix("level ")
            words = (row["ward"], level, row["eep"], row["theme"])
            table.add_row(
                Text(printable(str(identity))),
                f"{row['reported_on']:%Y-%m-%d}",
                *(Text(printable(str(word))) for word in words),
                _review(row, found.today),
                Text(printable(str(row["summary"]))),
            )
        console.print(table)
    else:
        _say(console, "No entry.")
    if found.refused:
        console.print()
        for sentence in found.refused:
            _say(console, sentence)


def _review(row: Mapping[Hashable, Any], today: pd.Timestamp) -> Text:
    state, due = row["state"], row["due_on"]
    if state == "closed":
        return Text("closed today" if row["reviewed_on"] == today else "closed", "dim")
    return Text(f"{due:%Y-%m-%d}", _ACCENT if state == "overdue" else "") + Text(" late" if state == "overdue" else "")
