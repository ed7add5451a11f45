"""The backtest's table: what one method would have scored from one month on, one share of the area a row."""

from __future__ import annotations

import pandera.pandas as pa

from hotspots.tables.contract import number, table, text, whole

BACKTEST = table(
    "BACKTEST",
    "score_no",
    {
        "method": text(),
        "origin": pa.Column(str, pa.Check.str_matches(r"^\d{4}-(0[1-9]|1[0-2])$")),
        "share_of_area": pa.Column(float, [pa.Check.gt(0), pa.Check.le(1)]),
        "hit_rate": number(0, 1, optional=True),
        "pai": number(0, optional=True),
        "pei": number(0, 1, optional=True),
        "rri": number(0, optional=True),
        "hit_rate_worst": number(0, 1, optional=True),
        "pai_worst": number(0, optional=True),
        "hits": number(0),
        "n_test": whole(0),
        "filled_share": number(0, 1),
    },
    key_type=int,
)
BACKTEST.unique = ["method", "origin", "share_of_area"]
"""One row for every method, origin and share. ``origin`` is the last training month, YYYY-MM; the test months follow
it. The scores are those of ``hotspots.analysis.scoring.scores``, empty where ``n_test``, the incidents of the test
months, is 0. ``filled_share`` is the share of the area that the method did not order itself."""
