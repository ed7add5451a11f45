"""Text that looks as if it named a person, or told where one lives: refused before it is kept or shown.

A safeguard and no proof. The rules know forms, not people: a bare surname, a nickname or "the family above the
baker's" pass. What is kept must still be read by somebody who knows the rules of sharing.

The rules, in the order in which they are asked:

======================  ============================================================================================
e-mail address          ``name@place.uk``, also with ``[at]`` or ``(at)``
social-media account    ``@name``; the address of a profile; "insta sam_7", a name with a digit or _;
                        "Snapchat username …"
telephone number        +44, 0044 or 0 and nine or ten digits however parted; 7 or 447 and nine digits; ``+`` and eight
                        to fifteen. Dates are no numbers; helplines (03…, 080…) and 101, 999, 111 are let through
full postcode           of a real postcode area; the first half alone, "DA16", is let through
vehicle registration    ``AB12 CDE`` in capitals, but for usual short words ("DA16 ASB"); older forms without a blank;
                        after a word such as "reg" or "van" any of them with a blank, and ``ab12cde``
date of birth           "DOB", "date of birth" or "born", and a number soon after
address                 a house number of up to three digits, one to three capitalised words and Road, Street, Close …;
                        in small letters one word and road, street, avenue …; "flat 12", "house no. 3"; "Road, no. 3".
                        Not where the number belongs to the word before it: route 229, level 3, section 60
name of a person        a title (Mr, Mrs, Dr, Cllr, PC …) and a name; dotted initials and a name, "J. Example"; one
                        letter and a name, "J Example", but for A, I, Y and kinds such as "Block B"; a frequent given
                        name and a capitalised word that is not the word of a place or a body ("Victoria Park"); "a
                        boy called Sam"; "aka", "alias", "nicknamed" and a name
======================  ============================================================================================
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Rule = Callable[[str], bool]

_AREAS = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK"
    "|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG"
    "|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR"
    "|TS|TW|UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_NAMES = (
    "Aaron|Abdul|Abdullah|Abigail|Adam|Ahmed|Aisha|Alan|Alex|Alexander|Ali|Alice|Alison|Amelia|Amina|Amir|Amy"
    "|Andrew|Andy|Angela|Anna|Anne|Anthony|Barry|Ben|Benjamin|Beth|Bilal|Bob|Brandon|Brian|Callum|Cameron|Carl"
    "|Carol|Caroline|Catherine|Chantelle|Charlie|Charlotte|Chloe|Chris|Christine|Christopher|Claire|Connor|Craig"
    "|Daniel|Danny|Darren|Dave|David|Dean|Deborah|Dennis|Derek|Diane|Dominic|Donna|Dylan|Edward|Elizabeth|Ellie"
    "|Emily|Emma|Ethan|Fatima|Fiona|Frank|Gareth|Gary|George|Georgia|Grace|Graham|Grzegorz|Gurpreet|Hannah"
    "|Harpreet|Harry|Hassan|Heather|Helen|Henry|Hussein|Ian|Ibrahim|Imran|Isaac|Isabella|Ismail|Jack|Jacob|Jade"
    "|Jake|James|Jamie|Jane|Jason|Jayden|Jean|Jennifer|Jermaine|Jessica|Joan|Joanne|Joe|John|Jonathan|Jordan"
    "|Joseph|Josh|Joshua|Julie|Karen|Kate|Katie|Kayleigh|Keith|Kelly|Kenneth|Kerry|Kevin|Khadija|Kieran|Kyle|Laura"
    "|Lauren|Leah|Lee|Leon|Lewis|Liam|Linda|Lisa|Louise|Lucas|Lucy|Luke|Mandy|Marcus|Margaret|Maria|Marie|Mark"
    "|Marlon|Martin|Mary|Maryam|Matthew|Megan|Melissa|Michael|Michelle|Mike|Mohamed|Mohammed|Molly|Muhammad|Musa"
    "|Natalie|Natasha|Nathan|Neil|Nicholas|Nicola|Nigel|Oliver|Olivia|Omar|Oscar|Pamela|Patricia|Patrick|Paul"
    "|Paula|Peter|Philip|Phillip|Piotr|Priya|Rachel|Rajesh|Rebecca|Reece|Richard|Robert|Roger|Rosie|Ross|Ruth|Ryan"
    "|Sam|Samantha|Samuel|Sandra|Sara|Sarah|Scott|Sean|Sharon|Shaun|Shirley|Simon|Sofia|Sophie|Stacey|Stephanie"
    "|Stephen|Steve|Steven|Stuart|Sue|Susan|Tanya|Terry|Thomas|Tim|Timothy|Tina|Tom|Tomasz|Tony|Tracey|Tracy|Tyler"
    "|Tyrone|Victoria|Vincent|Wayne|Wendy|William|Yasmin|Yusuf|Zainab|Zoe"
)
"""Frequent given names of England, of several origins; many are names of places too, so the next word decides."""

_STREETS = (
    "Road|Rd|Street|Avenue|Ave|Lane|Ln|Close|Drive|Crescent|Cres|Gardens|Gdns|Grove|Way|Place|Court|Terrace|Walk|Square"
    "|Hill|Mews|Rise|Row|Parade|House|St(?!\\.? [A-Z])"
)
_PLACES = (
    f"{_STREETS}|Park|Green|Common|Heath|Ward|Estate|Station|Line|Bridge|Wharf|Dock|Docks|Centre|Center|Hospital|Hall"
    "|School|Schools|Academy|College|University|Primary|Junior|Infant|Infants|Secondary|Grammar|Nursery|Church|Chapel"
    "|Mosque|Temple|Cathedral|Abbey|Foundation|Trust|Charity|Fund|Club|Library|Theatre|Museum|Team|Unit|Service"
    "|Services|Council|Forum|Group|Partnership|Association|Society|Agency|Office|Arms|Inn|Tavern|Hotel|Market|Stores"
    "|Athletic|Town|City|Wanderers|Rovers|County|Cup|Day|Week|Tower|Towers|Point|Memorial|Recreation|Fields|Field"
    "|Valley|Palace|Buildings|Path|North|South|East|West|Central"
    "|Meadow|Meadows|Island|River|Surgery|Practice|Pavilion|Stadium|Ground|Playground|Lodge|Works|Yard|Quarter|Cross"
)
_TITLE_TAILS = "World|Ward|Surgery|Team|Service|Forum|Briefing|Office|Meeting|Network|Group|Panel|Unit|Panels|Liaison"
_SHORT = (
    "ALL|AND|ANY|ARE|ASB|BCU|BTP|BUT|CSP|DWP|FOR|GPS|HAS|ICB|LAS|LBB|LFB|LTN|MET|MPS|NHS|NOT|PCT|RBG|SAG|SNT|TFL|THE"
    "|VRU|WAS|YJS|YOS"
)
"""What stands after a postcode's first half in a sentence."""
_KINDS = (
    "Annex|Area|Band|Bay|Block|Building|Category|Class|Court|Division|Entrance|Exit|Gate|Grade|Group|Hall|Hepatitis"
    "|Level|Option|Page|Part|Phase|Plan|Platform|Room|Route|Schedule|Section|Sector|Side|Site|Stand|Table|Team|Tier"
    "|Type|Unit|Vitamin|Wing|Zone"
)
_AFTER_LETTER = (
    "Block|Wing|Division|Junction|Shift|Relief|Level|Levels|Factor|Group|Class|Company|Team|Hall|Site|Platform|Stand"
)
_NOT_A_HOUSE = (
    "bus|buses|route|routes|level|levels|section|sections|zone|platform|phase|year|years|grade|junction|page|day|gate"
    "|number|stage|tier|unit|age|aged|ward|op|week|top|first|last|january|february|march|april|may|june|july|august"
    "|september|october|november|december"
)
_SOCIAL = "instagram|insta|snapchat|snap|tiktok|facebook|twitter|telegram|whatsapp|discord|youtube"

_I = re.IGNORECASE
_DAY, _MONTH = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_DATES = re.compile(
    rf"(?<!\d)(?:{_DAY}([-./]){_MONTH}\1(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d([-./]){_MONTH}\2{_DAY})(?!\d)"
    r"|(?<!\d)\d{1,2}[:.][0-5]\d(?:[:.][0-5]\d)?(?!\d)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+(?:@[\w-]+\.\w| ?[\[(]at[\])] ?\w)", _I)
_ACCOUNT = re.compile(
    rf"(?<![\w@])@[a-z_][\w.]{{2,}}|\b(?:{_SOCIAL}|x)\.com/\w|\bt\.me/\w"
    rf"|\b(?:{_SOCIAL})(?: (?:account|handle|user|username|name|id|profile))?(?: (?:is|was|called|named))?[:=]? ?"
    r"[\"“'\u2018]?[a-z][\w.]*[0-9_]"
    rf"|\b(?:{_SOCIAL}) (?:(?:handle|username)(?: is| was|:)?|(?:user|name|id)(?: is|:)) ?\w",
    _I,
)
_PARTED = r"[ ().\-–]*"
_PHONE = re.compile(
    rf"(?<![\w/])(?:(?:\+|00) ?44{_PARTED}(?:\(?0\)?)?|\(?0)(?:{_PARTED}\d){{9,10}}(?!\d)"
    r"|(?<![\w/.£])(?:44)?7\d{3}[ -]?\d{3}[ -]?\d{3}(?!\d)|(?<!\d)\+[1-9](?:[ -]?\d){7,14}(?!\d)"
)
_HELPLINE = re.compile(r"\(?0 ?(?:3|80)")
_POSTCODE = re.compile(rf"\b(?:GIR ?0AA|(?:{_AREAS})[0-9][0-9A-Z]? ?[0-9][ABD-HJLNP-UW-Z]{{2}})\b", _I)
_NO_POSTCODE = re.compile(r"\d(?:st|nd|rd|th|hr|ft)$")
_PLATE = re.compile(r"\b[A-Z]{2}[0-9]{2}( ?)([A-Z]{3})\b")
_OLD_PLATE = re.compile(r"\b(?:[A-Z][0-9]{2,3}[A-Z]{3}|[A-Z]{3}[0-9]{2,3}[A-Z])\b")
_TOLD_PLATE = re.compile(
    r"\b(?i:reg|registration|vrm|plates?|index|vehicle|car(?! park)|van|moped|motorbike|lorry|taxi|scooter)\b"
    r"[^.;]{0,25}?"
    r"\b(?:[A-Z]{2}[0-9]{2} ?[A-Z]{3}|[A-Z][0-9]{1,3} ?[A-Z]{3}|[A-Z]{3} ?[0-9]{1,3}[A-Z]|[a-z]{2}[0-9]{2}[a-z]{3})\b"
)
_BIRTH = re.compile(r"\b(?:d\.?o\.?b\b\.?|date of birth|born)[^.;]{0,15}?\d", _I)
_NUMBER = r"(?<![\w:.£/])\d{1,3}[A-Za-z]?(?: ?[-–/] ?\d{1,3}[A-Za-z]?)?,?"
_HOUSE = re.compile(rf"{_NUMBER} (?:[A-Z][\w'’-]*\.? ){{1,3}}(?:{_STREETS})\b")
_LOW_HOUSE = re.compile(
    rf"{_NUMBER} (?!(?:off|on|in|of|per|the|main|side|same|new|busy|other|a|by|at|near|cross|more|along|from|to|and|or"
    r"|street|high)\b)[a-z]+ (?:road|rd|street|avenue|lane|crescent|gardens|grove|terrace|mews)\b"
)
_BEFORE_HOUSE = re.compile(rf"\b(?:{_NOT_A_HOUSE})\.? $", _I)
_FLAT = re.compile(
    rf"\b(?:flat|apartment|apt|house (?:number|no\.?)|door no\.?) ?\d|\b(?:{_STREETS}),? (?:number|no\.?|#) ?\d", _I
)
_TITLED = re.compile(
    r"\b(?:M[Rr]s?|M[Ss]|M[Xx]|M[Ii][Ss][Ss]|Dr|DR|Prof|Professor|Revd?|Reverend|Cllrs?|Councillors?|Imam|Pastor|Rabbi"
    rf"|PC|PCSO|DC|DS|DI|Sgt|Sergeant|Insp|Inspector)\.? (?:[A-Z]\.? ){{0,3}}(?!(?:{_TITLE_TAILS})\b)"
    r"[A-Z][A-Za-z'’-]*[A-Za-z]|\bmrs? [a-z]{3,}"
)
_INITIALS = re.compile(
    rf"(?<![\w.'’&])(?:(?:[A-Z]\. ?){{1,3}}[A-Z][a-z'’-]+[a-z]"
    rf"|[B-HJ-XZ] (?!(?:{_AFTER_LETTER}|{_PLACES})\b)[A-Z](?:['’][A-Z])?[a-z]{{2,}})"
)
_BEFORE_INITIAL = re.compile(rf"(?:\b(?:{_KINDS})|&) $", _I)
_GIVEN = re.compile(
    rf"(?<![\w'’&])(?:{_NAMES}) (?!(?:[A-Z][\w'’-]* ){{0,2}}(?:{_PLACES})\b)(?<!John (?=Lewis\b))"
    r"[A-Z](?:['’][A-Z])?[a-z]+"
)
_BEFORE_GIVEN = re.compile(r"\b(?:St\.?|Saint|King|Queen|Prince|Princess|Lake|Port) $")
_CALLED = re.compile(
    r"\b(?i:male|female|boy|girl|man|woman|youth|lad|teenager|person|suspect|victim|witness|nominal|subject|mother"
    r"|father|brother|sister|son|daughter|resident|pupil|student|offender) (?:is |was |who is )?"
    r"(?:named|called|known as|nicknamed) [\"“'\u2018]?[A-Z]"
    r"|\b(?i:aka|a\.k\.a\.|alias|nicknamed|street name) [\"“'\u2018]?[A-Z]"
)


def personal_data(text: str, *, allowed: Sequence[str] = (), names: bool = True) -> str:
    """Say what of a person a text seems to hold.

    Parameters
    ----------
    text
        One cell, one sentence or several.
    allowed
        Names of places and bodies that the rules take for a person's, such as the ward ``William Morris``; they are
        passed over as they are written.
    names
        Look for names of persons too.

    Returns
    -------
    str
        What was found first, such as ``a telephone number``; empty where nothing was. What it reads is never
        repeated, since an error or a list of rejects must not pass it on.
    """
    flat = " ".join(text.split())
    for name in allowed:
        flat = flat.replace(name, "#") if name else flat
    rules = _RULES if names else _RULES[:-1]
    return next((what for what, found in rules if found(flat)), "")


def personal_title(title: str) -> bool:
    """Say whether the title of a column asks for personal data, such as ``Surname`` or ``Mobile no``."""
    return " ".join(re.findall("[a-z]+", title.casefold())) in _TITLES


def _phone(text: str) -> bool:
    undated = _DATES.sub(" # ", text)
    return any(_HELPLINE.match(found[0]) is None for found in _PHONE.finditer(undated))


def _postcode(text: str) -> bool:
    return any(_NO_POSTCODE.search(found[0]) is None for found in _POSTCODE.finditer(text))


def _vehicle(text: str) -> bool:
    plain = any(not found[1] or re.search(rf"\b{found[2]}\b", _SHORT) is None for found in _PLATE.finditer(text))
    return plain or _OLD_PLATE.search(text) is not None or _TOLD_PLATE.search(text) is not None


def _address(text: str) -> bool:
    return _FLAT.search(text) is not None or any(
        _unless_before(rule, _BEFORE_HOUSE, text) for rule in (_HOUSE, _LOW_HOUSE)
    )


def _name(text: str) -> bool:
    return (
        _TITLED.search(text) is not None
        or _CALLED.search(text) is not None
        or _unless_before(_INITIALS, _BEFORE_INITIAL, text)
        or _unless_before(_GIVEN, _BEFORE_GIVEN, text)
    )


def _unless_before(rule: re.Pattern[str], before: re.Pattern[str], text: str) -> bool:
    """Say whether a rule finds something that does not belong to the word before it."""
    return any(before.search(text[: found.start()]) is None for found in rule.finditer(text))


_RULES: tuple[tuple[str, Rule], ...] = (
    ("an e-mail address", lambda text: _EMAIL.search(text) is not None),
    ("a social-media account", lambda text: _ACCOUNT.search(text) is not None),
    ("a telephone number", _phone),
    ("a full postcode", _postcode),
    ("a vehicle registration", _vehicle),
    ("a date of birth", lambda text: _BIRTH.search(text) is not None),
    ("an address", _address),
    ("the name of a person", _name),
)
_TITLES = frozenset(
    {
        *("name", "names", "full name", "surname", "forename", "first name", "last name", "contact name", "initials"),
        *(f"{who} name" for who in ("victim", "suspect", "subject", "person", "witness", "offender", "resident")),
        *("victim", "suspect", "person", "nominal", "informant", "dob", "d o b", "date of birth", "nhs number"),
        *("phone", "phone no", "phone number", "telephone", "telephone number", "tel", "tel no", "mobile", "mobile no"),
        *("mobile number", "email", "e mail", "email address", "e mail address", "address", "home address"),
        *("street address", "postcode", "post code", "vrm", "number plate", "vehicle registration", "ni number"),
    }
)
