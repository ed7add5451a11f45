"""Words and places on figures: text is measured, broken and moved apart before anything is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from hotspots.maps.figures import style
from hotspots.maps.figures.layout import kept, spread, step, ticks
from hotspots.maps.figures.lettering import ELLIPSIS, MISSING, drawable, fit, lines, plain, width

FAST = settings(max_examples=60, deadline=None)
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


# ------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("given_text", "said"),
    [
        ("  two\t words\r\n here  ", "two words here"),
        ("a\x00b \x00 c\x1fd", "ab c d"),
        ("left\u202eright\u2066\u200b", "leftright"),
        ("\ud800half\uffff\ue000", "half"),
        ("e\u0301", "é"),
        ("3\u202f%\u00a0x", "3\u202f%\u00a0x"),
        ("one\u2028two", "one two"),
        ("中文 नमस्ते", "中文 नमस्ते"),
        (7, "7"),
    ],
)
def test_plain_text_keeps_what_can_be_read(given_text, said):
    assert plain(given_text) == said


def test_signs_the_font_lacks_become_one_sign_each():
    assert drawable("中文 и Ελλάδα – ▲ 3\u202f%") == f"{MISSING}{MISSING} и Ελλάδα – ▲ 3\u202f%"
    assert len(drawable("x" * 10_000)) == 1000


@FAST
@given(st.text(max_size=80))
def test_any_text_is_drawn_in_signs_of_both_cuts(text):
    from matplotlib.font_manager import get_font  # noqa: PLC0415
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    from hotspots.maps.figures.lettering import font  # noqa: PLC0415

    held = drawable(text)
    assert drawable(held) == held
    for bold in (False, True):
        name = str(font(9, bold=bold).get_file())
        assert name.endswith("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
        assert isinstance(get_font(name), FT2Font)
        assert {ord(sign) for sign in held} <= set(get_font(name).get_charmap())


def test_widths_grow_with_size_and_weight():
    assert width("Hello", 20) == pytest.approx(2 * width("Hello", 10))
    assert width("Hello", 10, bold=True) > width("Hello", 10)
    # In units of the font: 1767 from one letter to the next, 201 of them empty on either side.
    assert 1767 - 2 * 201 - 10 < width("M", 2048) < 1767 + 10


@FAST
@given(TEXT, st.floats(15, 200), st.booleans())
def test_cut_text_fits_and_says_that_it_is_cut(text, room, bold):
    held = drawable(text)
    short = fit(held, room, 9.0, bold=bold)
    assert width(short, 9.0, bold=bold) <= room
    if width(held, 9.0, bold=bold) <= room:
        assert short == held
    else:
        assert short.endswith(ELLIPSIS)
        assert held.startswith(short.removesuffix(ELLIPSIS))


def test_as_much_as_fits_is_kept():
    room = width(f"abcdef{ELLIPSIS}", 9.0)
    assert fit("abcdefghij", room, 9.0) == f"abcdef{ELLIPSIS}"
    assert fit("abcdefghij", room - 0.1, 9.0) == f"abcde{ELLIPSIS}"
    assert fit("abc", 0.0, 9.0) == ELLIPSIS


@FAST
@given(TEXT, st.floats(20, 150), st.integers(1, 5), st.booleans())
@example(text="a" * 60, room=30.0, most=3, bold=False)
@example(text="one two three four five six", room=40.0, most=2, bold=True)
def test_lines_hold_the_words_in_order(text, room, most, bold):
    broken = lines(text, room, 9.0, most=most, bold=bold)
    assert len(broken) <= most
    assert all(line and width(line, 9.0, bold=bold) <= room for line in broken)
    whole = drawable(text).replace(" ", "").replace("\u202f", "")
    said = "".join(broken).replace(" ", "").replace("\u202f", "")
    if said != whole:
        assert said.endswith(ELLIPSIS)
        assert len(broken) == most
        assert whole.startswith(said.removesuffix(ELLIPSIS))


def test_lines_break_at_spaces_and_keep_a_number_with_its_sign():
    room = width("held 18", 9.0) + 1.0
    assert lines("held 18 % here", room, 9.0, most=4) == ["held", "18\u202f%", "here"]
    assert lines("one two", width("one two", 9.0), 9.0, most=1) == ["one two"]
    assert lines(" \n ", 100.0, 9.0, most=3) == []


# ------------------------------------------------------------------------------------------------- places


LABELS = st.lists(st.tuples(st.floats(0, 100), st.floats(1, 12)), min_size=1, max_size=8)


@FAST
@given(LABELS)
def test_labels_are_moved_apart_as_little_as_possible(labels):
    wanted, tall = (np.array(side, dtype=float) for side in zip(*labels, strict=True))
    placed = np.array(spread(wanted.tolist(), tall.tolist(), 0.0, 100.0), dtype=float)
    order = np.argsort(wanted, kind="stable")
    middles, sizes = placed[order], tall[order]
    needed = (sizes[1:] + sizes[:-1]) / 2
    assert (np.diff(middles) >= needed - 1e-9).all()
    assert middles[0] - sizes[0] / 2 >= -1e-9
    assert middles[-1] + sizes[-1] / 2 <= 100 + 1e-9
    # The same by another way: least squares over the gaps beyond what is needed, each not below 0.
    sums = np.tril(np.ones((len(order), len(order))))
    before = np.concatenate([[0.0], np.cumsum(needed)])
    free = lsq_linear(sums, wanted[order] - before, ([-np.inf, *[0.0] * (len(order) - 1)], np.inf))
    low, high = sizes[0] / 2, 100 - sizes[-1] / 2 - before[-1]
    best = np.clip(sums @ free.x, low, max(high, low)) + before
    np.testing.assert_allclose(((middles - wanted[order]) ** 2).sum(), ((best - wanted[order]) ** 2).sum(), atol=1e-4)


def test_labels_by_hand():
    assert spread([], [], 0, 10) == []
    assert spread([50.0], [4.0], 0, 100) == [50.0]
    assert spread([-5.0], [4.0], 0, 100) == [2.0]
    assert spread([200.0], [4.0], 0, 100) == [98.0]
    assert spread([50.0, 50.0], [10.0, 10.0], 0, 100) == [45.0, 55.0]
    assert spread([50.0, 49.0], [10.0, 10.0], 0, 100) == [54.5, 44.5]
    assert spread([5.0, 5.0, 5.0], [10.0] * 3, 0, 20) == [5.0, 15.0, 25.0]


def test_labels_without_room_are_left_out_from_the_end():
    assert kept([0, 10, 20, 30], [8, 8, 8, 8], 2.0) == [0, 1, 2, 3]
    assert kept([0, 10, 20, 30], [9, 9, 9, 9], 2.0) == [1, 3]
    assert kept([0, 10, 20, 30], [1, 1, 1, 50], 2.0) == [0, 3]
    assert kept([0, 10], [10, 6], 2.0) == [0, 1]
    assert kept([0, 10], [10, 6], 2.1) == [1]
    assert kept([], [], 1.0) == []


@pytest.mark.parametrize(
    ("top", "most", "whole", "found"),
    [
        (1.0, 5, False, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.55, 5, False, [0, 0.2, 0.4, 0.6]),
        (0.12, 5, False, [0, 0.025, 0.05, 0.075, 0.1, 0.125]),
        (92, 4, True, [0, 25, 50, 75, 100]),
        (3, 4, True, [0, 1, 2, 3]),
        (0.4, 4, True, [0, 1]),
        (9, 4, True, [0, 5, 10]),
        (12_345_678, 4, True, [0, 5e6, 1e7, 1.5e7]),
    ],
)
def test_ticks_by_hand(top, most, whole, found):
    assert ticks(top, most, whole=whole) == pytest.approx(found)


@FAST
@given(st.floats(1e-6, 1e9), st.integers(1, 8), st.booleans())
def test_ticks_reach_the_top_and_are_few(top, most, whole):
    found = ticks(top, most, whole=whole)
    each = step(top, most, whole=whole)
    assert found[0] == 0
    assert found[-1] >= top * (1 - 1e-6)
    assert found[-1] - each < top
    assert len(found) <= most + 1
    if whole:
        assert all(value == int(value) for value in found)


# ------------------------------------------------------------------------------------------------- colours


def test_text_can_be_read_on_every_fill():
    for fill in (*style.RAMP, style.PAPER, style.SOFT, style.RULE, style.INK, style.TEXT):
        assert style.contrast(style.on(fill), fill) >= 4.5
    for ink in (style.INK, style.LOUD, style.QUIET, style.TEXT):
        assert style.contrast(ink, style.PAPER) >= 4.5


def test_contrast_is_that_of_the_guidelines():
    assert style.contrast("#ffffff", "#000000") == pytest.approx(21)
    assert style.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert style.contrast("#0b3c5d", "#0b3c5d") == pytest.approx(1)
