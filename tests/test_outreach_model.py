"""Where the bus reaches most: the exact plan against every plan there is, and against other solvers."""

from __future__ import annotations

import itertools
import math
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from hotspots.errors import SettingsError
from hotspots.outreach import model, wishes
from hotspots.outreach.curve import curve, knee
from hotspots.outreach.model import Problem, Solution, contradiction, greedy, next_best, solve
from hotspots.outreach.wishes import cliques, rules_of

LONG = 60.0

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def problem(shares, weights=None, stops=1, fixed=(), barred=(), **others):
    dense = np.asarray(shares, dtype=float)
    weights = np.ones(dense.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    return Problem(sparse.csr_array(dense), weights, stops, frozenset(fixed), frozenset(barred), **others)


def planned(asked):
    """The plan of a problem that has one."""
    found = solve(asked, time_limit_s=LONG)
    assert found is not None
    return found


def stepwise(asked):
    """The same, one stop after another."""
    found = greedy(asked)
    assert found is not None
    return found


@st.composite
def problems(draw, most_sites=7, whole=False, free=False):
    """Small problems with every kind of wish; ``whole``: sums of weights are exact, so that ties are ties."""
    sites, points = draw(st.integers(1, most_sites)), draw(st.integers(0, 7))
    share = st.sampled_from([0, 0, 0, 0.25, 0.5, 1, 1]) if whole else st.sampled_from([0, 0, 0.1, 1 / 3, 0.7, 1])
    weight = st.integers(0, 5) if whole else st.floats(0, 1000, width=32)
    some = st.lists(st.integers(0, sites - 1), max_size=3, unique=True)
    groups = st.lists(some, max_size=2)
    made = problem(
        np.reshape(draw(st.lists(share, min_size=sites * points, max_size=sites * points)), (sites, points)),
        draw(st.lists(weight, min_size=points, max_size=points)),
        draw(st.integers(1, 4)),
    )
    if free:
        return made
    pairs = st.tuples(st.integers(0, sites - 1), st.integers(0, sites - 1)).filter(lambda pair: pair[0] != pair[1])
    return replace(
        made,
        fixed=frozenset(draw(some.map(lambda group: group[:2]))),
        barred=frozenset(draw(some)),
        at_most_one=tuple((f"H{at}", tuple(group)) for at, group in enumerate(draw(groups))),
        at_least_one=tuple((f"W{at}", tuple(group)) for at, group in enumerate(draw(groups))),
        apart=tuple(draw(st.lists(pairs, max_size=4))) if sites > 1 else (),
        forbidden=tuple((frozenset(group), draw(st.integers(1, 2))) for group in draw(groups)[:1]),
    )


def worth(asked, plan):
    """What a plan reaches, the obvious way."""
    dense = asked.shares.toarray()
    return math.fsum(
        weight * max((dense[site, at] for site in plan), default=0) for at, weight in enumerate(asked.weights)
    )


def wishes_of(asked):
    """Every wish by its words, as a question to a plan."""
    asks = {f"{asked.stops} stop" + "s" * (asked.stops != 1): lambda plan: len(plan) == asked.stops}
    if asked.fixed:
        asks[f"{len(asked.fixed)} fixed site" + "s" * (len(asked.fixed) != 1)] = lambda plan: asked.fixed <= plan
    if asked.barred:
        words = f"{len(asked.barred)} site" + "s" * (len(asked.barred) != 1) + " marked never"
        asks[words] = lambda plan: not asked.barred & plan
    if asked.at_most_one:
        asks["one stop per hotspot"] = lambda plan: all(len(plan & set(group)) <= 1 for _, group in asked.at_most_one)
    if asked.apart:
        asks[asked.apart_words] = lambda plan: not any(plan.issuperset(pair) for pair in asked.apart)
    for label, group in asked.at_least_one:
        asks[f"a stop in {label}"] = set(group).intersection
    if asked.forbidden:
        words = f"{len(asked.forbidden)} plan" + "s" * (len(asked.forbidden) != 1) + " to differ from"
        asks[words] = lambda plan: all(
            len(plan & earlier) <= asked.stops - differ for earlier, differ in asked.forbidden
        )
    return asks


def keeping(asks, sites):
    """All plans that keep some wishes, in the order of positions."""
    every = (set(plan) for number in range(sites + 1) for plan in itertools.combinations(range(sites), number))
    return [plan for plan in every if all(ask(plan) for ask in asks.values())]


def plans_of(asked):
    return keeping(wishes_of(asked), asked.shares.shape[0])


@quick
@given(problems())
def test_the_plan_is_the_best_of_all_plans(asked):
    plans = plans_of(asked)
    found = solve(asked, time_limit_s=LONG)
    assert (found is None) == (not plans)
    assert contradiction(asked) == () or found is None
    if found is not None:
        assert set(found.chosen) in plans
        assert list(found.chosen) == sorted(set(found.chosen))
        assert found.reach == worth(asked, found.chosen)
        assert found.reach == pytest.approx(max(worth(asked, plan) for plan in plans), rel=1e-9, abs=1e-12)
        assert found.optimal
        assert found.bound == found.reach
        assert found.gap == 0
        assert found.seconds >= 0


@quick
@given(problems(whole=True))
def test_of_equal_plans_no_stop_can_go_to_an_earlier_site(asked):
    found = solve(asked, time_limit_s=LONG)
    plans = plans_of(asked)
    if found is not None:
        chosen = set(found.chosen)
        for other in plans:
            if len(other - chosen) == 1 and worth(asked, other) >= found.reach:
                assert min(other - chosen) > min(chosen - other)


@quick
@given(problems(whole=True), st.randoms(use_true_random=False))
def test_the_order_of_the_demand_plays_no_part(asked, random):
    order = list(range(len(asked.weights)))
    random.shuffle(order)
    shuffled = replace(asked, shares=asked.shares[:, order], weights=asked.weights[order])
    assert solve(shuffled, time_limit_s=LONG) == solve(asked, time_limit_s=LONG)
    assert greedy(shuffled) == greedy(asked)


@quick
@given(problems(whole=True))
def test_one_after_another_takes_the_best_stop_that_leaves_the_wishes_possible(asked):
    plans = plans_of(asked)
    found = greedy(asked)
    assert (found is None) == (not plans)
    if found is not None:
        chosen = set(asked.fixed)
        while len(chosen) < asked.stops:
            able = {site for plan in plans if plan >= chosen for site in plan - chosen}
            chosen.add(max(sorted(able), key=lambda site: worth(asked, chosen | {site})))
        assert set(found.chosen) == chosen
        assert found.reach == worth(asked, chosen)
        best = max(worth(asked, plan) for plan in plans)
        assert found.bound >= best - 1e-9
        assert not found.optimal
        assert found.gap == pytest.approx(1 - found.reach / found.bound if found.bound else 0)


@quick
@given(problems(most_sites=5))
def test_wishes_that_contradict_each_other_are_named_and_none_too_many(asked):
    named = contradiction(asked)
    assert bool(named) == (not plans_of(asked))
    if named:
        asks, sites = wishes_of(asked), asked.shares.shape[0]
        assert len(set(named)) == len(named)
        assert not keeping({words: asks[words] for words in named}, sites)
        for left_out in named:
            assert keeping({words: asks[words] for words in named if words != left_out}, sites)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (problem(np.eye(3), stops=4), ("4 stops",)),
        (problem(np.zeros((0, 2)), stops=1), ("1 stop",)),
        (problem(np.eye(3), stops=2, barred=[0, 1]), ("2 stops", "2 sites marked never")),
        (problem(np.eye(3), stops=1, fixed=[0, 2]), ("1 stop", "2 fixed sites")),
        (problem(np.eye(3), stops=2, fixed=[0], barred=[0]), ("1 site marked never", "1 fixed site")),
        (
            problem(np.eye(4), stops=2, fixed=[0, 1], apart=((1, 0),)),
            ("2 fixed sites", "the least distance between stops"),
        ),
        (
            problem(np.eye(4), stops=2, fixed=[0, 1], apart=((1, 0),), apart_words="1200 m between stops"),
            ("2 fixed sites", "1200 m between stops"),
        ),
        (problem(np.eye(3), stops=2, at_least_one=(("Erith", ()),)), ("a stop in Erith",)),
        (
            problem(np.eye(3), stops=2, barred=[2], at_least_one=(("Crayford", (0, 1)), ("Erith", (2,)))),
            ("1 site marked never", "a stop in Erith"),
        ),
        (
            problem(np.eye(3), stops=2, at_least_one=(("A", (0,)), ("B", (1,)), ("C", (2,)))),
            ("2 stops", "a stop in A", "a stop in B", "a stop in C"),
        ),
        (
            problem(np.eye(3), stops=3, at_most_one=(("H1", (0, 1)), ("H2", (1, 2)))),
            ("3 stops", "one stop per hotspot"),
        ),
        (
            problem(np.eye(3), stops=2, fixed=[0, 1], at_most_one=(("H1", (0, 1)),)),
            ("2 fixed sites", "one stop per hotspot"),
        ),
        (problem(np.eye(2), stops=2, forbidden=((frozenset({0, 1}), 1),)), ("1 plan to differ from", "2 stops")),
        (
            problem(np.eye(3), stops=2, fixed=[0], forbidden=((frozenset({0}), 2), (frozenset({0, 1}), 2))),
            ("2 plans to differ from", "1 fixed site"),
        ),
    ],
)
def test_each_kind_of_contradiction(asked, named):
    assert contradiction(asked) == named
    assert solve(asked, time_limit_s=LONG) is None
    assert greedy(asked) is None
    assert next_best(asked, 2, 1, time_limit_s=LONG) == []


def test_wishes_that_hold_together_are_no_contradiction():
    assert contradiction(problem(np.eye(3), stops=2, fixed=[0], barred=[1], at_least_one=(("Erith", (2,)),))) == ()


@quick
@given(problems(), st.data())
def test_whether_any_plan_is_possible(asked, data):
    rules, sites = rules_of(asked), asked.shares.shape[0]
    chosen = data.draw(st.sets(st.integers(0, sites - 1), max_size=3))
    one_of = data.draw(st.none() | st.lists(st.integers(0, sites - 1), max_size=3, unique=True))
    able = any(plan >= chosen and (one_of is None or plan & set(one_of)) for plan in plans_of(asked))
    assert rules.possible(chosen, one_of) == able
    by_hand = (rules if one_of is None else rules._with(one_of))._by_hand(chosen)
    assert by_hand in (able, None)


def test_a_question_too_hard_by_hand_goes_to_the_solver():
    # The first ward's site with most wards spoils the last: only the other way round does it work.
    asked = problem(
        np.eye(5),
        stops=3,
        at_least_one=(("A", (0, 1)), ("B", (0, 2)), ("C", (3, 4))),
        apart=((0, 3), (0, 4)),
    )
    rules = rules_of(asked)
    assert rules._by_hand([]) is None
    assert rules.possible()
    assert not rules.possible([0])
    assert stepwise(asked).chosen == planned(asked).chosen == (1, 2, 3)


def test_too_many_wards_for_the_stops_are_seen_without_the_solver(monkeypatch):
    monkeypatch.setattr(wishes, "milp", None)
    wards = tuple((f"W{at}", (2 * at, 2 * at + 1)) for at in range(3))
    assert not rules_of(problem(np.eye(7), stops=2, at_least_one=wards)).possible()
    assert rules_of(problem(np.eye(7), stops=3, at_least_one=wards)).possible()
    assert not rules_of(problem(np.eye(7), stops=3, at_least_one=wards)).possible(one_of=[6])
    shared = (*wards, ("W3", (0, 6)))
    assert rules_of(problem(np.eye(7), stops=3, at_least_one=shared)).possible()


@quick
@given(st.integers(2, 9), st.data())
def test_cliques_hold_every_pair_and_nothing_else(sites, data):
    every = list(itertools.combinations(range(sites), 2))
    pairs = data.draw(st.lists(st.sampled_from(every), unique=True))
    turned = tuple(pair[::-1] if data.draw(st.booleans()) else pair for pair in pairs)
    found = cliques(turned, sites)
    within = [pair for clique in found for pair in itertools.combinations(clique, 2)]
    assert set(within) == set(pairs)
    assert all(len(clique) > 1 and list(clique) == sorted(clique) for clique in found)
    assert len(found) <= len(pairs)


def test_a_triangle_is_one_clique():
    assert cliques(((0, 1), (2, 1), (0, 2), (2, 3)), 5) == ((0, 1, 2), (2, 3))


def test_the_shares_of_a_point_do_not_add_up():
    asked = problem([[0.5, 0.25], [0.75, 0], [0, 1]], [8, 4], stops=2)
    found = planned(asked)
    assert found.chosen == (1, 2)
    assert found.reach == 0.75 * 8 + 4


def test_what_a_fixed_site_meets_counts_once():
    asked = problem([[1, 0.5, 0], [1, 1, 0], [0, 0, 1]], [10, 4, 3], stops=2, fixed=[0])
    found = planned(asked)
    assert found.chosen == (0, 2)
    assert found.reach == 10 + 2 + 3
    assert planned(replace(asked, weights=np.array([10, 8, 3.0]))).chosen == (0, 1)


def test_where_nobody_is_in_need_the_first_sites_will_do():
    for asked in (problem(np.eye(6), np.zeros(6), stops=3, barred=[1]), problem(np.zeros((6, 0)), stops=3, barred=[1])):
        found = planned(asked)
        assert found.chosen == stepwise(asked).chosen == (0, 2, 3)
        assert (found.reach, found.bound, found.gap, found.optimal) == (0, 0, 0, True)


def test_of_equal_sites_the_first_are_chosen():
    shares = np.repeat(np.eye(3), 4, axis=0)
    assert planned(problem(shares, [3, 2, 1], stops=2)).chosen == (0, 4)
    assert stepwise(problem(shares, [2, 2, 2], stops=2)).chosen == (0, 4)
    assert planned(problem(shares, [3, 2, 1], stops=5)).chosen == (0, 1, 2, 4, 8)


def test_of_sites_alike_no_more_than_the_stops_are_offered_to_the_solver():
    columns = sparse.csc_array(np.array([[1, 1, 0, 1, 0, 1, 1], [0, 0, 1, 0, 1, 0, 1]], dtype=float))
    assert model._wanted(columns, 2).tolist() == [True, True, True, False, True, False, True]
    assert planned(problem(np.ones((9, 1)), stops=4)).chosen == (0, 1, 2, 3)


def test_sums_that_differ_by_rounding_alone_are_equal():
    shares = [[0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]]
    assert 0.1 + 0.2 > 0.3
    assert stepwise(problem(shares, [0.1, 0.2, 0.3, 0.2], stops=1)).chosen == (0,)
    assert planned(problem(shares, [0.1, 0.2, 0.3, 0.3], stops=2)).chosen == (0, 1)


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_plans_that_differ_by_a_hair_are_told_apart_at_any_size(size):
    random = np.random.default_rng(3)
    shares = np.zeros((12, 60))
    shares[np.repeat(np.arange(12), 5), np.arange(60)] = 1
    weights = random.permutation(np.repeat(100 + np.arange(12) * 1e-7, 5)[np.argsort(np.tile(np.arange(5), 12))])
    asked = problem(shares, weights * size, stops=4)
    each = shares @ weights
    best = sorted(np.argsort(-each)[:4].tolist())
    assert sorted(each)[-4] - sorted(each)[-5] > 1e-9
    found = planned(asked)
    assert list(found.chosen) == best
    assert found.optimal


def test_greedy_can_fall_short():
    shares = [[1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]
    asked = problem(shares, [2, 2, 3, 3, 2, 2], stops=2)
    best, taken = planned(asked), stepwise(asked)
    assert (best.chosen, best.reach) == ((1, 2), 14)
    assert (taken.chosen, taken.reach) == ((0, 1), 11)
    assert taken.bound == pytest.approx(11 + 3, rel=1e-9)
    assert taken.gap == pytest.approx(3 / 14, rel=1e-9)


@quick
@given(problems(whole=True), st.integers(0, 3), st.integers(1, 2))
def test_each_next_plan_is_the_best_that_differs_from_those_before(asked, k, differ_by):
    found = next_best(asked, k, differ_by, time_limit_s=LONG)
    assert len(found) <= k + 1
    left = plans_of(asked)
    for solution in found:
        assert set(solution.chosen) in left
        assert solution.reach == max(worth(asked, plan) for plan in left)
        left = [plan for plan in left if len(plan - set(solution.chosen)) >= differ_by]
    assert len(found) == k + 1 or not left


@quick
@given(problems(), st.integers(0, 3), st.integers(1, 2))
def test_sites_alike_are_one_stop_in_the_next_plans(asked, k, reach):
    sites = asked.shares.shape[0]
    alike = [frozenset(range(max(0, at - reach), min(sites, at + reach + 1))) for at in range(sites)]
    found = next_best(asked, k, 1, time_limit_s=LONG, alike=alike)
    left = plans_of(asked)
    for solution in found:
        assert set(solution.chosen) in left
        assert solution.reach == max(worth(asked, plan) for plan in left)
        near = frozenset().union(*(alike[site] for site in solution.chosen))
        left = [plan for plan in left if len(plan - near) >= 1]
    assert len(found) == k + 1 or not left


@quick
@given(problems(), st.integers(1, 5))
def test_the_curve_plans_each_number_by_itself(asked, most):
    found = curve(asked, most, time_limit_s=LONG)
    expected = []
    for stops in range(max(1, len(asked.fixed)), most + 1):
        plans = plans_of(replace(asked, stops=stops))
        if plans:
            expected.append((stops, max(worth(asked, plan) for plan in plans)))
        elif expected:
            break
    assert [row[0] for row in found] == [stops for stops, _ in expected]
    for (stops, best, taken), (_, reach) in zip(found, expected, strict=True):
        assert best.reach == pytest.approx(reach, rel=1e-9, abs=1e-12)
        assert taken == greedy(replace(asked, stops=stops))


@quick
@given(problems(most_sites=5, free=True))
def test_the_reach_never_falls_when_a_stop_is_added(asked):
    rows = curve(asked, 7, time_limit_s=LONG)
    assert [stops for stops, _, _ in rows] == list(range(1, asked.shares.shape[0] + 1))
    reaches = [best.reach for _, best, _ in rows]
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in itertools.pairwise(reaches))
    assert all(taken.reach <= best.reach * (1 + 1e-9) for _, best, taken in rows)


def test_the_best_plan_need_not_hold_the_best_with_one_stop_less():
    shares = [[1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]
    rows = curve(problem(shares, [2, 2, 3, 3, 2, 2], stops=9), 5, time_limit_s=LONG)
    assert [(stops, best.chosen, taken.chosen) for stops, best, taken in rows] == [
        (1, (0,), (0,)),
        (2, (1, 2), (0, 1)),
        (3, (0, 1, 2), (0, 1, 2)),
    ]


def test_the_knee_is_that_of_the_published_curve():
    # Satopää et al. 2011, figure 2: the knee lies at x = 0.22.
    x = np.linspace(0, 1, 10)
    at = knee((-1 / (x + 0.1) + 5).tolist())
    assert at == 2
    assert x[at] == pytest.approx(0.22, abs=0.005)


@pytest.mark.parametrize(
    ("reaches", "at"),
    [
        ([], None),
        ([1.0], None),
        ([1.0, 5.0], None),
        ([3.0, 3.0, 3.0], None),
        ([3.0, 4.0, 2.0], None),
        ([0.1, 0.2, 0.3, 0.4], None),
        ([0.0, 1.0, 4.0, 9.0], None),
        ([0.0, 4.0, 5.0], 1),
        ([0.0, 3.0, 6.0, 7.0, 8.0], 2),
        ([0.0, 2.0, 3.0, 3.0], 1),
        ([5.0, 7.0, 8.0, 8.0], 1),
    ],
)
def test_the_knee(reaches, at):
    assert knee(reaches) == at


WIDE = [
    *([*row, 0] for row in [[1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 1, 0, 0, 0, 0]]),
    [0] * 6 + [1],
]
"""One stop after another takes 0 and 1 and reaches 11; the best two, 1 and 2, reach 14; all that there is is 15."""

WIDE_WEIGHTS = [2, 2, 3, 3, 2, 2, 1]


def stub(monkeypatch, status, plan, bound):
    """Let the solver answer something else; the rules still have theirs."""

    def answer(c, **_):
        x = None
        if plan is not None:
            x = np.zeros(len(c))
            x[list(plan)] = 1 - 1e-7
        size = math.frexp(-c.sum())[1] - 4 if bound else 0
        return SimpleNamespace(status=status, x=x, mip_dual_bound=bound and -math.ldexp(bound, size))

    monkeypatch.setattr(model, "milp", answer)


@pytest.mark.parametrize(
    ("status", "plan", "claimed", "chosen", "bound"),
    [
        (0, (1, 2), 14, (1, 2), 14),
        (1, (1, 2), 14, (1, 2), 14),
        (1, (1, 2), 14 + 1e-6, (1, 2), 14 + 1e-6),
        (1, (1, 2), 14.5, (1, 2), 14.5),
        (1, (1, 2), 13.5, (1, 2), 14),
        (1, (2, 3), 14.5, (0, 1), 14.5),
        (1, (1, 2), math.inf, (1, 2), 15),
        (1, None, None, (0, 1), 15),
        (4, None, None, (0, 1), 15),
        (0, (0, 1), 14, (0, 1), 14),
        (0, (0, 1, 2), 14, (0, 1), 14),
        (0, (0,), 8, (0, 1), 11),
    ],
)
def test_what_the_solver_claims_is_checked(monkeypatch, status, plan, claimed, chosen, bound):
    stub(monkeypatch, status, plan, claimed)
    found = solve(problem(WIDE, WIDE_WEIGHTS, stops=2), time_limit_s=LONG)
    assert found is not None
    assert found.chosen == chosen
    assert found.reach == worth(problem(WIDE, WIDE_WEIGHTS), chosen)
    assert found.optimal is (plan == chosen and claimed <= found.reach)
    assert found.bound == pytest.approx(bound, rel=1e-10)
    assert found.gap == (0 if found.optimal else pytest.approx(1 - found.reach / found.bound))


def test_a_bound_of_the_solver_lies_on_top_of_what_fixed_sites_reach(monkeypatch):
    stub(monkeypatch, 1, (1, 2, 3), 12.5)
    found = solve(problem(WIDE, WIDE_WEIGHTS, stops=3, fixed=[3]), time_limit_s=LONG)
    assert found is not None
    assert (found.chosen, found.reach) == ((1, 2, 3), 14)
    assert found.bound == pytest.approx(14.5, rel=1e-10)


def test_a_search_cut_short_still_gives_a_plan():
    random = np.random.default_rng(0)
    asked = problem(random.random((40, 120)) < 0.08, random.random(120), stops=6)
    found = solve(asked, time_limit_s=0.0)
    assert found is not None
    assert found.reach >= stepwise(asked).reach
    assert not found.optimal
    assert 0 < found.gap < 1
    assert planned(asked).reach <= found.bound


def test_a_search_cut_short_says_when_it_found_nothing(monkeypatch):
    stub(monkeypatch, 1, None, None)
    monkeypatch.setattr(model, "_one_by_one", lambda *_: None)
    with pytest.raises(SettingsError, match=r"In 2.5 s no plan of 2 stops .*time_limit_s in \[bus\]"):
        solve(problem(WIDE, WIDE_WEIGHTS, stops=2), time_limit_s=2.5)
    assert solve(problem(WIDE, WIDE_WEIGHTS, stops=6), time_limit_s=2.5) is None


def test_a_curve_cut_short_does_not_fall(monkeypatch):
    asked = problem(WIDE, WIDE_WEIGHTS, stops=1)
    plans = {
        1: Solution((0,), 8, 8, optimal=True, seconds=0),
        2: Solution((1, 2), 14, 14, optimal=True, seconds=0),
        3: Solution((0, 1, 3), 11, 15.5, optimal=False, seconds=0),
        4: Solution((0, 1, 2, 4), 15, 15, optimal=True, seconds=0),
    }
    monkeypatch.setattr("hotspots.outreach.curve.solve", lambda asked, **_: plans[asked.stops])
    rows = curve(asked, 4, time_limit_s=LONG)
    assert [best.reach for _, best, _ in rows] == [8, 14, 15, 15]
    assert rows[2][1] == Solution((1, 2, 4), 15, 15.5, optimal=False, seconds=9)


def test_plans_of_searches_cut_short_are_put_in_order(monkeypatch):
    reaches = iter([5.0, 7.0, 6.0])
    monkeypatch.setattr(
        model, "solve", lambda asked, **_: Solution((len(asked.forbidden),), next(reaches), 9, optimal=False, seconds=0)
    )
    assert [plan.reach for plan in next_best(problem(np.eye(3)), 2, 1, time_limit_s=LONG)] == [7, 6, 5]


def test_nothing_lent_is_changed():
    asked = problem(WIDE, WIDE_WEIGHTS, stops=2, fixed=[0], apart=((0, 3),), at_least_one=(("Erith", (2,)),))
    before = (asked.shares.toarray(), asked.weights.copy())
    for call in (solve, lambda asked, **limit: next_best(asked, 1, 1, **limit), lambda asked, **_: greedy(asked)):
        call(asked, time_limit_s=LONG)
        np.testing.assert_array_equal(asked.shares.toarray(), before[0])
        np.testing.assert_array_equal(asked.weights, before[1])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"weights": np.ones(2)}, "3 demand points has as many weights"),
        ({"weights": np.array([1, -1, 0.0])}, "none negative"),
        ({"weights": np.array([1, np.inf, 0.0])}, "or infinite"),
        ({"weights": np.array([1, np.nan, 0.0])}, "none negative"),
        ({"shares": sparse.csr_array(np.full((3, 3), 1.1))}, "between 0 and 1"),
        ({"shares": sparse.csr_array(np.full((3, 3), -0.1))}, "between 0 and 1"),
        ({"stops": 0}, "1 stop or more, not 0"),
        ({"apart": ((1, 1),)}, "too close to itself"),
        ({"apart": ((1, 3),)}, "0 to 2"),
        ({"fixed": frozenset({3})}, "positions of 3 sites are 0 to 2"),
        ({"barred": frozenset({-1})}, "0 to 2"),
        ({"at_most_one": (("H", (3,)),)}, "0 to 2"),
        ({"at_least_one": (("W", (3,)),)}, "0 to 2"),
        ({"forbidden": ((frozenset({3}), 1),)}, "0 to 2"),
    ],
)
def test_a_problem_that_cannot_be_one(changed, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(problem(np.eye(3)), **changed)


def random_problem(seed, sites=200, points=200, reach=1200.0):
    random = np.random.default_rng(seed)
    places = random.uniform(0, 8000, (sites, 2))
    needs = random.uniform(0, 8000, (points, 2))
    near = np.linalg.norm(places[:, None] - needs, axis=2) <= reach
    return problem(near, random.integers(1, 100, points), stops=8)


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_passes_the_relaxed_problem(seed):
    """Any other linear solver's bound holds, and here whole stops come within a hundredth of it."""
    asked = random_problem(seed)
    sites, points = asked.shares.shape
    rows = np.hstack([-asked.shares.toarray().T, np.eye(points)])
    relaxed = linprog(
        -np.concatenate([np.zeros(sites), asked.weights]),
        A_ub=rows,
        b_ub=np.zeros(points),
        A_eq=np.concatenate([np.ones(sites), np.zeros(points)])[None],
        b_eq=[asked.stops],
        bounds=(0, 1),
        method="highs-ipm",
    )
    bound = -float(relaxed.fun or 0)
    assert 0.99 * bound <= planned(asked).reach <= bound * (1 + 1e-9)


def written(asked):
    """The textbook programme, nothing put together and nothing left out, in the LP format of CPLEX."""
    dense = asked.shares.toarray()
    terms = [f"{weight:.17g} y{point}" for point, weight in enumerate(asked.weights)]
    lines = ["Maximize", " reach:", *(f"  + {term}" for term in terms), "Subject To", " stops:"]
    lines += [*(f"  + x{site}" for site in range(len(dense))), f"  = {asked.stops}"]
    for point in range(dense.shape[1]):
        lines += [f" c{point}: y{point}", *(f"  - x{site}" for site in np.flatnonzero(dense[:, point])), "  <= 0"]
    lines += ["Bounds", *(f" 0 <= y{point} <= 1" for point in range(dense.shape[1]))]
    return "\n".join([*lines, "Binary", *(f" x{site}" for site in range(len(dense))), "End", ""])


@pytest.mark.parametrize("seed", range(10))
def test_an_independent_solver_reaches_as_much(tmp_path, seed):
    glpsol = shutil.which("glpsol")
    if glpsol is None:
        pytest.skip("glpsol is not installed (Debian's glpk-utils)")
    asked = random_problem(seed)
    (tmp_path / "plan.lp").write_text(written(asked), encoding="ascii")
    subprocess.run(
        [glpsol, "--lp", "plan.lp", "--cuts", "--tmlim", "60", "-w", "plan.sol"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    lines = [line.split() for line in (tmp_path / "plan.sol").read_text(encoding="ascii").splitlines()]
    (head,) = (line for line in lines if line[0] == "s")
    assert head[4] == "o"
    assert planned(asked).reach == pytest.approx(float(head[5]), rel=1e-9)
