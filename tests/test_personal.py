"""The check for personal data: what it lets through, what it finds, and the edges of each rule."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.intake.personal import personal_data, personal_title
from tests.personal_sentences import HARMFUL, HARMLESS

MAIL, ACCOUNT, PHONE, POSTCODE = (
    "an e-mail address",
    "a social-media account",
    "a telephone number",
    "a full postcode",
)
VEHICLE, BIRTH, ADDRESS, NAME = "a vehicle registration", "a date of birth", "an address", "the name of a person"


def test_the_lists_are_as_long_as_they_are_said_to_be():
    assert (len(set(HARMLESS)), len({text for text, _ in HARMFUL})) == (100, 60)
    assert sum(not found for _, found in HARMFUL) == 4  # a bare surname and the like: no rule, and said in the README


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_sentences_pass(text):
    assert personal_data(text) == ""


@pytest.mark.parametrize(("text", "found"), HARMFUL)
def test_harmful_sentences_are_found(text, found):
    assert personal_data(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        ("a@b", ""),
        ("a.b@c.uk", MAIL),
        ("sam (at) example", MAIL),
        ("@ab", ""),
        ("@abc", ACCOUNT),
        ("x@abc", ""),
        ("fb t.me/abc", ACCOUNT),
        ("snap is abc_d", ACCOUNT),
        ("snap is abcd", ""),
        ("TikTok name is abc", ACCOUNT),
        ("TikTok name", ""),
        ("twitter.com/abc", ACCOUNT),
        ("0207 946 09", ""),  # eight digits after the nought are too few
        ("01234 56789", PHONE),
        ("020 7946 09588", ""),  # eleven are too many
        ("0300 123 4567, 020 7946 0958", PHONE),
        ("0800 1111 and 0808 800 5000", ""),
        ("+44 (0)20 7946 0958", PHONE),
        ("00 44 20 7946 0958", PHONE),
        ("+33 6 12 34 56 78", PHONE),
        ("+33 6 12", ""),
        ("447700900123", PHONE),
        ("17700900123", ""),
        ("ref/07700900123", ""),
        ("02-05-2024 10:30 and 3", ""),
        ("02/05/2024 10.30 123456", ""),
        ("2024-05-02 0930 12", ""),
        ("GIR 0AA", POSTCODE),
        ("DA1 1AA", POSTCODE),
        ("ZZ1 1AA", ""),
        ("DA1 1AC", ""),  # C, I, K, M, O and V are never in the second half
        ("B15 4TH", POSTCODE),
        ("B15 4th", ""),
        ("W1A 1st", ""),
        ("SE1 2hr", ""),
        ("AB12 CDE", VEHICLE),
        ("AB12 THE", ""),
        ("AB12THE", VEHICLE),
        ("AB12 CD", ""),
        ("P12ABC", VEHICLE),
        ("ABC123D", VEHICLE),
        ("ABC 123D", ""),
        ("plate ABC 123D", VEHICLE),
        ("plate. ABC 123D", ""),
        ("van AB12 THE", VEHICLE),
        ("car park AB1 THE", ""),
        ("ab12cde", ""),
        ("Moped ab12cde", VEHICLE),
        ("d.o.b. 2006", BIRTH),
        ("born in Bexley", ""),
        ("Newborn 3 weeks", ""),
        ("14 Church Road", ADDRESS),
        ("1400 Church Road", ""),
        ("14, Church Road", ADDRESS),
        ("14-16 Church Road", ADDRESS),
        ("14 St. Johns Road", ADDRESS),
        ("14 people in Church Road", ""),
        ("£14 Church Road", ""),
        ("10:14 Church Road", ""),
        ("Level 3 Church Road", ""),
        ("14 church road", ADDRESS),
        ("14 off road", ""),
        ("14 men close", ""),
        ("14 Old St Johns", ""),
        ("14 Old St", ADDRESS),
        ("apt 3", ADDRESS),
        ("flat tyres", ""),
        ("house no. 3", ADDRESS),
        ("house no longer 3", ""),
        ("Church Road, number 3", ADDRESS),
        ("Mr A. Bloggs", NAME),
        ("Mister", ""),
        ("Dr. Bloggs", NAME),
        ("Dr Surgery", ""),
        ("mrs bloggs", NAME),
        ("150 m away", ""),
        ("J Bloggs", NAME),
        ("A Bloggs", ""),
        ("Y Bala", ""),
        ("J.Bloggs", NAME),
        ("Marks & S Food", ""),
        ("E Division", ""),
        ("Route B Saunders", ""),
        ("Sam Bloggs", NAME),
        ("Sam said", ""),
        ("Samuel Bloggs", NAME),
        ("St Sam Bloggs", ""),
        ("Prince Andrew Bloggs", ""),
        ("Sam Bloggs Memorial Gardens", ""),
        ("Sam One Two Three Park", NAME),
        ("Mary-Sam Bloggs", NAME),
        ("John Lewis", ""),
        ("John Lewisham", NAME),
        ("a girl known as Zed", NAME),
        ("a shop called Zed", ""),
        ("alias Zed", NAME),
        ("alias unknown", ""),
    ],
)
def test_edges_of_the_rules(text, found):
    assert personal_data(text) == found


@pytest.mark.parametrize(("text", "found"), [case for case in HARMFUL if case[1]])
def test_blanks_and_words_around_do_not_hide_anything(text, found):
    assert personal_data(f"  {text.replace(' ', chr(10))} \t") == found
    assert personal_data(f"As said before: {text} Nothing else.") != ""


@given(st.from_regex(r"07[0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-", ".", ") ", " ("]))
def test_every_mobile_number_is_found_however_it_is_parted(number, between):
    assert personal_data(f"ring {number[:5]}{between}{number[5:8]}{between}{number[8:]} now") == PHONE


@given(st.dates(), st.times(), st.sampled_from(["%d/%m/%Y", "%d.%m.%y", "%Y-%m-%d", "%d-%m-%Y"]))
def test_no_date_is_a_number(day, clock, form):
    if day.year >= 1900:
        assert personal_data(f"seen {day.strftime(form)} {clock:%H:%M} by staff") == ""


@given(st.text())
def test_any_text_has_an_answer(text):
    assert personal_data(text) in {"", MAIL, ACCOUNT, PHONE, POSTCODE, VEHICLE, BIRTH, ADDRESS, NAME}


def test_allowed_names_are_passed_over_as_they_are_written():
    assert personal_data("William Morris ward", allowed=["William Morris"]) == ""
    assert personal_data("William Morris ward", allowed=["", "william morris"]) == NAME
    assert personal_data("William Morris and Sam Bloggs", allowed=["William Morris"]) == NAME


def test_names_may_be_left_to_whoever_signs():
    assert personal_data("Sam Bloggs", names=False) == ""
    assert personal_data("sam@example.org", names=False) == MAIL


@pytest.mark.parametrize("title", ["Name", "Surname", "Victim name", "E-mail", "date_of_birth", "D.O.B.", "Mobile No."])
def test_titles_of_personal_columns(title):
    assert personal_title(title)


@pytest.mark.parametrize("title", ["Ward name", "Venue", "Names of agencies", "Phone box", ""])
def test_titles_of_other_columns(title):
    assert not personal_title(title)


def test_every_rule_is_told_in_the_module():
    from hotspots.intake import personal  # noqa: PLC0415

    told = re.sub(r"\s+", " ", str(personal.__doc__))
    for words in ("e-mail", "social-media", "telephone", "postcode", "registration", "birth", "address", "name of a"):
        assert words in told


@pytest.mark.parametrize("piece", ["a", "a.", "1-", "A.", "Ab ", "14 Ab ", "0 ", "van ", "snap is "])
def test_a_long_text_is_no_trap(piece):
    assert isinstance(personal_data(piece * (8_000 // len(piece))), str)
