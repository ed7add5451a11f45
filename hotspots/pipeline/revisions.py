"""What has changed in the incident files since an earlier pack: police.uk revises months it has published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotspots.pipeline.checks import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hotspots.pipeline.inputs import Loaded


def revised(loaded: Loaded, previous: Mapping[str, Any] | None) -> Iterator[Check]:
    """Compare the incident files with those of an earlier pack.

    Parameters
    ----------
    loaded
        The tables of the job.
    previous
        The manifest of the earlier pack, from ``read_previous``; none: nothing is compared.

    Yields
    ------
    Check
        One per file that holds other rows now, that is gone, or that is late: of no later month than the
        pack, and not in it. Files of later months, and unchanged ones, are counted. A file is known by its
        name, without its folder where that is enough, and by its content whatever its name.
    """
    if previous is None:
        said = "No earlier pack was given (--previous), so nothing is known of revisions."
        yield Check("revised", said, "not_compared")
        return
    accounts, month = loaded.intake.accounts, previous["month"]
    earlier = _names(previous["by_file"])
    before = {earlier[name]: facts for name, facts in previous["by_file"].items()}
    contents = {facts["sha256"] for facts in before.values()}
    last = loaded.intake.incidents.groupby("source_file")["month"].max()
    keys, unchanged, new = _names(accounts.index), 0, 0
    for name, facts in accounts.sort_index().iterrows():
        old, now = before.get(keys[str(name)]), f"{facts['read']:,} rows"
        if facts["sha256"] in contents:
            unchanged += 1
        elif old is not None:
            said = f"{facts['source']} revises: {name}, {old['read']:,} → {now} since the pack of {month}."
            yield Check("revised", said, "revised", "note", facts["source"], value=facts["read"])
        elif name in last.index and str(last[name]) <= month:
            said = f"{name} ({now}) is of no later month than the pack of {month}, and was not in it."
            yield Check("revised", said, "late", "note", facts["source"], value=facts["read"])
        else:
            new += 1
    here = set(accounts["sha256"])
    for name, facts in sorted(previous["by_file"].items()):
        if facts["sha256"] not in here and earlier[name] not in keys.values():
            said = f"{name} ({facts['read']:,} rows) was in the pack of {month} and is not given now."
            yield Check("revised", said, "gone", "note", str(facts.get("source", "")), value=facts["read"])
    said = f"{unchanged:,} of {len(accounts):,} files are those of the pack of {month}, {new:,} are new."
    yield Check("revised", said, "unchanged", value=unchanged)


def _names(names: Collection[str]) -> dict[str, str]:
    """Return the name under which each file is known: without its folder where that tells it apart, and unpacked."""
    plain = [name.removesuffix(".gz") for name in names]
    bare = [name.rpartition("/")[2] for name in plain]
    return {
        name: last if bare.count(last) == 1 else whole for name, whole, last in zip(names, plain, bare, strict=True)
    }
