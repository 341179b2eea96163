"""What we hold about people and who may see it, as anybody may read it.

Made from the code: each sealed column stands in exactly one holding (a test compares them),
purposes come from the consent records, clocks from the rules of retention. Nobody has to
remember to write a new field down here: without it nothing is green.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

OFFICERS = _("officers of the consulate for your place, each look written down")
ONLY_YOU = _("only you, while you type")
SENDING = _("the sending program, when a message leaves; officers of your consulate")

WITH_YOU = _("until you erase your registration")
UNTIL_REMOVED = _("until you remove it")


@dataclass(frozen=True)
class Holding:
    """Something we hold: in which sealed columns, who may see it and until when."""

    columns: frozenset[tuple[str, str]]
    what: Text
    why: Text
    who: Text
    until: Text


@dataclass(frozen=True)
class Group:
    """Holdings that belong together."""

    title: Text
    holdings: tuple[Holding, ...]


def _holding(
    table: str, columns: str, what: Text, why: Text, who: Text = OFFICERS, until: Text = WITH_YOU
) -> Holding:
    return Holding(frozenset((table, each) for each in columns.split()), what, why, who, until)


GROUPS = (
    Group(
        _("Who you are"),
        (
            _holding(
                "registry_registrant",
                "given_names family_names alias",
                _("your names, or the name you want to be called"),
                _("to find you and to speak to you by name"),
            ),
            _holding(
                "registry_registrant",
                "birth",
                _("your date of birth, as far as you gave it"),
                _("to tell people of the same name apart"),
            ),
            _holding(
                "registry_registrant",
                "passport_number",
                _("your passport number, if you gave it"),
                _("to find you by your passport"),
            ),
        ),
    ),
    Group(
        _("Where you are"),
        (
            _holding(
                "registry_stay",
                "place position",
                _("your town or address, as exactly as you chose"),
                _("to bring help to the place"),
            ),
        ),
    ),
    Group(
        _("How to reach you"),
        (
            _holding(
                "registry_contactpoint",
                "value",
                _("your phone numbers and e-mail addresses"),
                _("to send what you agreed to"),
                SENDING,
                UNTIL_REMOVED,
            ),
            _holding(
                "notifications_personaltext",
                "body",
                _("messages an officer wrote to you alone"),
                _("to send them"),
                SENDING,
            ),
        ),
    ),
    Group(
        _("Who is with you"),
        (
            _holding(
                "registry_companion",
                "name birth",
                _("names and dates of birth of the people with you"),
                _("to bring help to all of you, children first"),
                until=UNTIL_REMOVED,
            ),
            _holding(
                "registry_emergencycontact",
                "name value",
                _("whom to tell, and how to reach them"),
                _("to tell them, if you agreed"),
                until=UNTIL_REMOVED,
            ),
        ),
    ),
    Group(
        _("What was said"),
        (
            _holding(
                "notifications_answer",
                "words place",
                _("what you wrote in a crisis, and where you said you are"),
                _("to help"),
            ),
            _holding(
                "registry_contactlogentry",
                "note",
                _("what was said in a call with you"),
                _("so that the next officer knows"),
            ),
            _holding(
                "response_caseentry",
                "note",
                _("what was done about a need of yours"),
                _("so that help goes on when officers change"),
            ),
            _holding(
                "registry_registrationdraft",
                "answers",
                _("a registration you have not finished"),
                _("so that nothing you typed is lost"),
                ONLY_YOU,
                _("24 hours"),
            ),
        ),
    ),
)

# Kept open, because help depends on them when everything else is down.
OPEN = (
    _("the country and area you named, which consulate looks after it, and since when"),
    _("your languages, and your nationality if you gave it"),
    _("that a message was sent to you and what became of it, without its words or your number"),
    _("what you answered to each question of consent, under a number that names nobody"),
    _("who of our staff opened your record, when and why"),
)

NEVER = (
    _("whether you may be in the country you are in"),
    _("your ethnicity, your religion, your opinions"),
    _("the address of your device"),
    _("a track of where you have been"),
)


def columns_held() -> list[tuple[str, str]]:
    """Return every (table, column) the inventory speaks of."""
    return [column for group in GROUPS for held in group.holdings for column in held.columns]
