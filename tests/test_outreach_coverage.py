"""What a stop reaches: against plain loops, and the laws of a reach."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from hotspots.errors import InputError, TableError
from hotspots.outreach.coverage import (
    HAIR_M,
    Coverage,
    coverage,
    covered_alone,
    gain,
    grouped,
    near_pairs,
    reach_of,
    stop_facts,
)
from hotspots.outreach.network import StreetNetwork
from tests.reach_fixtures import EAST, NORTH, demand_at, points, sites_at

# On a lattice of 50 m many walks are just as long as the reach.
LATTICE = st.integers(0, 16).map(lambda step: 50.0 * step)
ANYWHERE = st.floats(0, 800, width=32)
PLACES = st.lists(st.one_of(st.tuples(LATTICE, LATTICE), st.tuples(ANYWHERE, ANYWHERE)), max_size=12)
WEIGHT = st.one_of(st.just(0.0), st.floats(0.01, 30))


def share_of(walk, reach, decay):
    """By the words of the settings: whole within a quarter of the reach, then three, two and one quarter."""
    if walk > reach + 1e-6:
        return 0.0
    if not decay:
        return 1.0
    return next(share for part, share in ((1, 1.0), (2, 0.75), (3, 0.5), (4, 0.25)) if walk <= part * reach / 4 + 1e-6)


def loops(sites, demand, reach, factor, decay):
    return np.array(
        [[share_of(math.dist(site, point) * factor, reach, decay) for point in demand] for site in sites]
    ).reshape(len(sites), len(demand))


def best_by_hand(shares, weights, chosen):
    return sum(weight * max((shares[site][at] for site in chosen), default=0.0) for at, weight in enumerate(weights))


def made(shares):
    """A coverage of a matrix."""
    matrix = sparse.csr_array(np.asarray(shares, dtype=float))
    keys = [
        pd.Index([f"{prefix}{number}" for number in range(size)], dtype="str")
        for prefix, size in zip("SD", matrix.shape, strict=True)
    ]
    return Coverage(matrix, *keys)


@st.composite
def plans(draw):
    """Shares, weights and some sites, each once."""
    sites, demand = draw(st.integers(1, 6)), draw(st.integers(0, 9))
    share = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])
    shares = draw(st.lists(st.lists(share, min_size=demand, max_size=demand), min_size=sites, max_size=sites))
    weights = np.array(draw(st.lists(WEIGHT, min_size=demand, max_size=demand)), dtype=float)
    chosen = draw(st.lists(st.integers(0, sites - 1), unique=True))
    return np.array(shares, dtype=float).reshape(sites, demand), weights, chosen


# ------------------------------------------------------------------------------------------------ shares


@settings(max_examples=20)
@given(PLACES, PLACES, st.sampled_from([100.0, 200.0, 250.0, 400.0]), st.sampled_from([1.0, 1.25, 1.3]), st.booleans())
def test_the_shares_are_those_of_plain_loops(sites, demand, reach, factor, decay):
    found = coverage(sites_at(sites), demand_at(demand), reach_m=reach, walk_factor=factor, decay=decay)
    np.testing.assert_array_equal(found.shares.toarray(), loops(sites, demand, reach, factor, decay))
    assert isinstance(found.shares, sparse.csr_array)
    assert found.shares.dtype == np.float64
    assert found.shares.has_canonical_format
    assert (found.shares.data > 0).all()
    assert found.site_ids.tolist() == [f"S{number:04d}" for number in range(len(sites))]
    assert found.demand_ids.tolist() == [f"D{number:04d}" for number in range(len(demand))]
    whole = coverage(sites_at(sites), demand_at(demand), reach_m=reach, walk_factor=factor)
    assert (found.shares.toarray() <= whole.shares.toarray()).all()


@pytest.mark.parametrize(
    ("metres", "share"),
    [
        (0, 1),
        (100, 1),
        (100.01, 0.75),
        (200, 0.75),
        (200.01, 0.5),
        (300, 0.5),
        (300.01, 0.25),
        (400, 0.25),
        (400.01, 0),
    ],
)
def test_a_share_falls_by_quarters_of_the_reach(metres, share):
    found = coverage(sites_at([(0, 0)]), demand_at([(0, metres)]), reach_m=400, decay=True)
    assert found.shares.toarray() == share


@pytest.mark.parametrize("decay", [False, True])
@pytest.mark.parametrize(("factor", "metres"), [(1.1, 3.0), (3.0, 100.0), (1.3, 300.0)])
def test_what_rounding_adds_leaves_a_point_within_reach(factor, metres, decay):
    # 3 m times 1.1 are 3.3000000000000003 m.
    reach = round(factor * metres, 9)
    for more, within in ((0.0, True), (HAIR_M / 2, True), (2 * HAIR_M, False)):
        found = coverage(
            sites_at([(0, 0)]), demand_at([(metres + more, 0)]), reach_m=reach, walk_factor=factor, decay=decay
        )
        assert found.shares.toarray() == (0.25 if decay else 1.0) * within


@settings(max_examples=8)
@given(PLACES, PLACES, st.integers(-500, 500), st.booleans())
def test_moving_everything_changes_nothing(sites, demand, step, decay):
    # Steps of 1/8 m add up without rounding.
    exact = [[(round(8 * x) / 8, round(8 * y) / 8) for x, y in some] for some in (sites, demand)]
    moved = [[(x + step / 8, y - 3 * step / 8) for x, y in some] for some in exact]
    before, after = (
        coverage(sites_at(one), demand_at(other), reach_m=250, decay=decay) for one, other in (exact, moved)
    )
    np.testing.assert_array_equal(before.shares.toarray(), after.shares.toarray())


@settings(max_examples=8)
@given(PLACES, PLACES, st.randoms())
def test_the_order_of_rows_changes_nothing(sites, demand, random):
    rows, columns = list(range(len(sites))), list(range(len(demand)))
    random.shuffle(rows)
    random.shuffle(columns)
    before = coverage(sites_at(sites), demand_at(demand), reach_m=250, decay=True).shares.toarray()
    after = coverage(
        sites_at([sites[at] for at in rows]), demand_at([demand[at] for at in columns]), reach_m=250, decay=True
    ).shares.toarray()
    np.testing.assert_array_equal(after, before[np.ix_(rows, columns)])


@pytest.mark.parametrize("decay", [False, True])
def test_along_streets_the_walk_counts_without_the_factor(decay):
    corner = shapely.LineString([(EAST, NORTH), (EAST + 300, NORTH), (EAST + 300, NORTH + 300)])
    streets = StreetNetwork.of(points([(0, 0)], "L", "line").set_axis(["a"]).set_crs(27700).map(lambda _: corner))
    sites, demand = sites_at([(0, 0)]), demand_at([(0, 0), (300, 60), (300, 100), (300, 101), (300, 300)])
    along = coverage(sites, demand, reach_m=400, walk_factor=1.3, decay=decay, network=streets).shares.toarray()
    assert along.tolist() == [[1, 0.25, 0.25, 0, 0] if decay else [1, 1, 1, 0, 0]]
    straight = coverage(sites, demand, reach_m=400, walk_factor=1.3).shares.toarray()
    assert straight.tolist() == [[1, 1, 0 if math.hypot(300, 100) * 1.3 > 400 else 1, 0, 0]]


def test_pairs_are_found_both_ways_and_hold_those_on_one_spot():
    here, there = points([(0, 0), (0, 0), (3, 4)], "A", "a"), points([(0, 0), (60, 80)], "B", "b")
    found = near_pairs(here, there, 5.0)
    assert sorted(zip(*map(list, found), strict=True)) == [(0, 0, 0.0), (1, 0, 0.0), (2, 0, 5.0)]
    back = near_pairs(there, here, 5.0)
    assert sorted(zip(back.second, back.first, back.apart_m, strict=True)) == [(0, 0, 0.0), (1, 0, 0.0), (2, 0, 5.0)]


@pytest.mark.parametrize(("reach", "factor"), [(0, 1), (-1, 1), (math.nan, 1), (math.inf, 1), (1, 0), (1, math.inf)])
def test_a_reach_and_a_factor_are_above_0(reach, factor):
    with pytest.raises(ValueError, match="the reach and the walk factor are above 0, not"):
        coverage(sites_at([(0, 0)]), demand_at([(0, 0)]), reach_m=reach, walk_factor=factor)


def test_tables_that_do_not_belong_together_are_refused():
    with pytest.raises(TableError, match="The sites are in EPSG:27700, the demand is in EPSG:32630: bring both to one"):
        coverage(sites_at([(0, 0)]), demand_at([(0, 0)], crs=32630), reach_m=400)
    with pytest.raises(TableError, match="SITES breaks its contract: status: column missing"):
        coverage(sites_at([(0, 0)]).drop(columns="status"), demand_at([(0, 0)]), reach_m=400)
    with pytest.raises(TableError, match="DEMAND breaks its contract: weight: column missing"):
        coverage(sites_at([(0, 0)]), demand_at([(0, 0)]).drop(columns="weight"), reach_m=400)
    line = points([(0, 0)], "L", "line", crs=32630).map(lambda point: shapely.LineString([point, (0, 0)]))
    with pytest.raises(InputError, match="The streets are in EPSG:32630"):
        coverage(sites_at([(0, 0)]), demand_at([(0, 0)]), reach_m=400, network=StreetNetwork.of(line))


# ------------------------------------------------------------------------------------------------ reach


@settings(max_examples=100)
@given(plans())
def test_a_reach_is_that_of_plain_loops_and_obeys_its_laws(plan):
    shares, weights, chosen = plan
    found, total = made(shares), reach_of(made(shares), weights, chosen)
    assert isinstance(total, float)
    assert total == pytest.approx(best_by_hand(shares, weights, chosen), rel=1e-12)
    assert total <= weights.sum() * (1 + 1e-12)
    assert reach_of(found, weights, chosen[::-1]) == total
    for site in set(range(len(shares))) - set(chosen):
        assert reach_of(found, weights, [*chosen, site]) >= total
    np.testing.assert_allclose(covered_alone(found, weights), (shares * weights).sum(axis=1), rtol=1e-12)
    for site in range(len(shares)):
        assert covered_alone(found, weights)[site] == pytest.approx(reach_of(found, weights, [site]), rel=1e-12)


@settings(max_examples=100)
@given(plans())
def test_of_each_stop_is_told_what_it_reaches_and_adds(plan):
    shares, weights, chosen = plan
    found, n_month = made(shares), weights * 3 + 1
    facts = stop_facts(found, weights, n_month, chosen)
    assert facts.index.tolist() == chosen
    assert facts.index.name == "site"
    assert facts.columns.tolist() == ["covered", "gain", "share", "n_month"]
    assert set(facts.dtypes) <= {np.dtype(np.float64)}
    np.testing.assert_array_equal(facts["gain"], gain(found, weights, chosen))
    for place, site in enumerate(chosen):
        others = [other for other in chosen if other != site]
        alone = best_by_hand(shares, weights, [site])
        added = best_by_hand(shares, weights, chosen) - best_by_hand(shares, weights, others)
        told = facts.iloc[place]
        assert told["covered"] == pytest.approx(alone, rel=1e-12)
        assert told["gain"] == pytest.approx(added, rel=1e-9, abs=1e-9)
        assert told["gain"] >= 0
        assert 0 <= told["share"] <= 1
        assert told["share"] == pytest.approx(1 - added / alone if alone else 0.0, abs=1e-9)
        assert told["n_month"] == pytest.approx(sum(n_month[shares[site] > 0]), rel=1e-12)


def test_facts_of_a_small_plan():
    found = made([[1, 0.5, 0, 0], [0, 1, 0.25, 0], [0, 0, 0, 0]])
    facts = stop_facts(found, np.array([4.0, 2.0, 8.0, 100.0]), np.array([1.0, 10.0, 100.0, 1000.0]), [1, 0, 2])
    assert facts.to_numpy().tolist() == [[4, 3, 0.25, 110], [5, 4, 1 - 4 / 5, 11], [0, 0, 0, 0]]
    assert gain(found, np.ones(4), []).tolist() == []


def test_two_stops_on_one_spot_add_nothing_to_each_other():
    found = made([[1, 0.5], [1, 0.5]])
    assert stop_facts(found, np.ones(2), np.ones(2), [0, 1])["gain"].tolist() == [0, 0]
    assert stop_facts(found, np.ones(2), np.ones(2), [0, 1])["share"].tolist() == [1, 1]
    # The matrix that was lent is as it was.
    assert found.shares.toarray().tolist() == [[1, 0.5], [1, 0.5]]


def facts_of(found, weights, chosen):
    return stop_facts(found, weights, np.ones(2), chosen)


@pytest.mark.parametrize("tell", [reach_of, gain, facts_of])
@pytest.mark.parametrize("chosen", [[2], [-1], [0, 0]])
def test_stops_are_different_sites(tell, chosen):
    with pytest.raises(ValueError, match="stops are different positions of sites, 0 to 1, not"):
        tell(made([[1, 0.5], [1, 0.5]]), np.ones(2), chosen)


@pytest.mark.parametrize("tell", [reach_of, gain, facts_of, grouped])
def test_there_are_as_many_weights_as_demand_points(tell):
    with pytest.raises(ValueError, match=r"2 demand points need as many weights, not \(3,\)"):
        tell(made([[1, 0.5], [1, 0.5]]), np.ones(3), np.array([0]))


# ------------------------------------------------------------------------------------------------ groups


def reach_of_groups(groups, chosen):
    total = 0.0
    for group, weight in enumerate(groups.weight):
        part = slice(groups.starts[group], groups.starts[group + 1])
        met = [share for site, share in zip(groups.sites[part], groups.shares[part], strict=True) if site in chosen]
        total += weight * max(met, default=0.0)
    return total


@settings(max_examples=60)
@given(plans())
def test_every_set_of_sites_reaches_the_same_of_groups(plan):
    shares, weights, _ = plan
    found, n_month = made(shares), weights * 3 + 1
    groups = grouped(found, weights, n_month)
    for number in range(2 ** len(shares)):
        chosen = [site for site in range(len(shares)) if number >> site & 1]
        assert reach_of_groups(groups, chosen) == pytest.approx(reach_of(found, weights, chosen), rel=1e-9)
    columns = [tuple(column) for column in shares.T.tolist()]
    reached = [column for column in columns if any(column)]
    expected = list(dict.fromkeys(reached))
    assert len(groups.weight) == len(groups.n_month) == len(groups.starts) - 1 == len(expected)
    assert groups.starts[0] == 0
    for group, column in enumerate(expected):
        part = slice(groups.starts[group], groups.starts[group + 1])
        assert groups.sites[part].tolist() == np.flatnonzero(column).tolist()
        assert groups.shares[part].tolist() == [share for share in column if share]
        members = np.array([one == column for one in columns])
        assert groups.weight[group] == pytest.approx(weights[members].sum())
        assert groups.n_month[group] == pytest.approx(n_month[members].sum())
    assert groups.beyond == pytest.approx(sum(w for w, column in zip(weights, columns, strict=True) if not any(column)))
    assert groups.weight.sum() + groups.beyond == pytest.approx(weights.sum())
    assert [one.dtype.name for one in (groups.weight, groups.starts, groups.sites)] == ["float64", "int64", "int64"]
    assert isinstance(groups.beyond, float)


def test_the_same_sites_with_other_shares_are_other_groups():
    groups = grouped(made([[1, 0.5, 1, 0], [0, 0.5, 0, 0]]), np.array([1.0, 2.0, 4.0, 8.0]), np.ones(4))
    assert groups.weight.tolist() == [5, 2]
    assert groups.n_month.tolist() == [2, 1]
    assert groups.starts.tolist() == [0, 1, 3]
    assert groups.sites.tolist() == [0, 0, 1]
    assert groups.shares.tolist() == [1, 0.5, 0.5]
    assert groups.beyond == 8
