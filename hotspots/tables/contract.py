"""How a contract is written and how a frame is held to it."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from hotspots.errors import TableError

Frame = TypeVar("Frame", bound=pd.DataFrame)

_ABOUT_COLUMNS = {
    "column_in_dataframe": "column missing",
    "column_in_schema": "unknown column",
}


def text(*allowed: str, optional: bool = False) -> pa.Column:
    """Return a text column, of the allowed words only where some are given."""
    checks = [pa.Check.isin(allowed)] if allowed else []
    return pa.Column(str, checks, nullable=optional, required=True)


def number(low: float | None = None, high: float | None = None, *, optional: bool = False) -> pa.Column:
    """Return a float column of finite values within a closed range; empty is NaN."""
    checks = [pa.Check(lambda column: ~np.isinf(column), name="finite")]
    if low is not None:
        checks.append(pa.Check.ge(low))
    if high is not None:
        checks.append(pa.Check.le(high))
    return pa.Column(float, checks, nullable=optional)


def whole(low: int | None = 0, *, optional: bool = False) -> pa.Column:
    """Return a whole-number column (``int64``; ``Int64`` where it may be empty)."""
    checks = [] if low is None else [pa.Check.ge(low)]
    return pa.Column(pd.Int64Dtype() if optional else np.int64, checks, nullable=optional)


def flag() -> pa.Column:
    """Return a true-or-false column."""
    return pa.Column(bool)


def moment() -> pa.Column:
    """Return a column of times in microseconds with a time zone; it may be empty."""

    def zoned(column: Any) -> bool:  # noqa: ANN401
        return isinstance(column.dtype, pd.DatetimeTZDtype) and column.dtype.unit == "us"

    return pa.Column(None, [pa.Check(zoned, name="times in microseconds with a zone")], nullable=True)


def day() -> pa.Column:
    """Return a column of calendar dates: microseconds at midnight without a time zone; it may be empty."""

    def dates(column: Any) -> bool:  # noqa: ANN401
        return column.dtype == "datetime64[us]" and bool(column.dt.normalize().equals(column))

    return pa.Column(None, [pa.Check(dates, name="dates in microseconds without a zone")], nullable=True)


def geometry(*kinds: str, optional: bool = False) -> pa.Column:
    """Return a geometry column that holds only the given geometry types."""

    def of_kind(column: Any) -> Any:  # noqa: ANN401
        return column.geom_type.isin(kinds) | column.isna()

    return pa.Column(None, [pa.Check(of_kind, name=f"one of {', '.join(kinds)}")], nullable=optional)


def table(name: str, key: str, columns: dict[str, pa.Column], key_type: Any = str) -> pa.DataFrameSchema:  # noqa: ANN401
    """Return a contract: exactly these columns, a unique and sorted key as the index."""
    sorted_key = pa.Check(lambda index: index.is_monotonic_increasing, name="sorted")
    return pa.DataFrameSchema(
        columns,
        index=pa.Index(key_type, [sorted_key], unique=True, name=key),
        strict=True,
        name=name,
    )


def check(contract: pa.DataFrameSchema, frame: Frame, *, epsg: int | None = None) -> Frame:
    """Hold a frame to its contract.

    Parameters
    ----------
    contract
        One of the tables of ``hotspots.tables``.
    frame
        The frame; it is not changed.
    epsg
        The CRS a GeoDataFrame must be in.

    Returns
    -------
    DataFrame or GeoDataFrame
        The same frame.

    Raises
    ------
    TableError
        A column is missing or unknown, a value is outside its range, the key is not unique and sorted,
        or the CRS is another one. All faults are named.
    """
    if epsg is not None:
        crs = getattr(frame, "crs", None)
        if crs is None or crs.to_epsg() != epsg:
            raise TableError(f"{contract.name}: the frame is in {crs or 'no CRS'}, expected EPSG:{epsg}.")
    try:
        contract.validate(frame, lazy=True)
    except (SchemaErrors, SchemaError) as error:
        raise TableError(f"{contract.name} breaks its contract: {_faults(error)}.") from error
    return frame


def _faults(error: SchemaErrors | SchemaError) -> str:
    """Name every column that is missing or unknown, and of every other fault the first value and how many."""
    cases = getattr(error, "failure_cases", None)
    if not isinstance(cases, pd.DataFrame):
        return str(error)
    found: dict[tuple[str, str], list[Any]] = {}
    for column, rule, case in zip(cases["column"], cases["check"], cases["failure_case"], strict=True):
        key = (str(case), _ABOUT_COLUMNS[rule]) if rule in _ABOUT_COLUMNS else (str(column), str(rule))
        found.setdefault(key, []).append(case.item() if isinstance(case, np.generic) else case)
    said: list[str] = []
    for (column, rule), values in found.items():
        more = f", and {len(values) - 1} more" if len(values) > 1 else ""
        example = "" if rule in _ABOUT_COLUMNS.values() else f" ({values[0]!r}{more})"
        said.append(f"{column}: {rule}{example}")
    return "; ".join(said)
