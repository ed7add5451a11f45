"""Themes: which incidents the partnership's questions are about, and whether the data can answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hotspots.settings import Theme

SEPARATOR = "|"


def themes_of(rows: pd.DataFrame, themes: Sequence[Theme]) -> pd.Series:
    """Return the themes that each row carries.

    Parameters
    ----------
    rows
        ``category``, ``offence_code`` and ``flags`` (parted by blanks) as text, empty where not known.
    themes
        Entries; several of one name are alternatives.

    Returns
    -------
    Series
        Names in the order of ``themes``, parted by ``|``; empty text where none applies.
    """
    # Few combinations occur: decide once for each.
    group = rows.groupby(["category", "offence_code", "flags"], sort=False, observed=True).ngroup()
    distinct = rows.loc[~group.duplicated(), ["category", "offence_code", "flags"]]
    carried = [
        SEPARATOR.join(dict.fromkeys(theme.name for theme in themes if _meets(theme, *map(str, row))))
        for row in distinct.itertuples(index=False)
    ]
    return pd.Series(pd.array(carried, dtype="str")[group.to_numpy()], index=rows.index, dtype="str")


def _meets(theme: Theme, category: str, code: str, flags: str) -> bool:
    """Return whether a row meets every condition of an entry."""
    categories = {name.strip().casefold() for name in theme.categories}
    return (
        (not categories or category.casefold() in categories)
        and (not theme.offence_codes or any(_is_code(code, wanted) for wanted in theme.offence_codes))
        and (not theme.flags or not set(theme.flags).isdisjoint(flags.split()))
    )


def _is_code(code: str, wanted: str) -> bool:
    code, wanted = code.strip().casefold(), wanted.strip().casefold()
    return code.startswith(wanted[:-1]) if wanted.endswith("*") else code == wanted


def unanswered(
    entries: Iterable[Theme],
    flags_of: Mapping[str, Iterable[str]],
    with_codes: Iterable[str],
) -> dict[str, str]:
    """Say which sources cannot tell whether a row carries a theme.

    Parameters
    ----------
    entries
        Entries of one theme.
    flags_of
        Source → flags that its rows can carry.
    with_codes
        Sources that have offence codes.

    Returns
    -------
    dict
        Source → what it would need, in words; a source that can meet an entry is not in it.
    """
    coded = set(with_codes)
    lacking: dict[str, str] = {}
    for source, flags in flags_of.items():
        wants = []
        for entry in entries:
            need = []
            if entry.flags and not set(entry.flags) & set(flags):
                need.append(f"a flag ({' or '.join(entry.flags)})")
            if entry.offence_codes and source not in coded:
                need.append("offence codes")
            wants.append(" and ".join(need))
        if all(wants):
            lacking[source] = ", or ".join(dict.fromkeys(wants))
    return lacking
