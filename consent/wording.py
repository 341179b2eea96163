"""What a purpose says in a reader's language.

Purposes are data, so their values are translated as they are read; a test holds the words
below against data/purposes.json.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import ConsentState, GivenBy

_FIELDS = {
    "names": _("your names"),
    "birth": _("your date of birth"),
    "nationality": _("your nationality"),
    "passport_number": _("your passport number"),
    "contact_points": _("your phone numbers and e-mail addresses"),
    "contact_points.phone": _("your phone number"),
    "contact_points.email": _("your e-mail address"),
    "stays": _("where you are"),
    "stays.country": _("the country you are in"),
    "stays.area": _("the area you are in"),
    "language": _("your language"),
    "emergency_contacts": _("the people to tell if something happens to you"),
}
_VALUES = {
    "consular posts responsible for the place": _("consular posts responsible for the place"),
    "the SMS provider: number and text only": _("the SMS provider: number and text only"),
    "the mail provider: address and text only": _("the mail provider: address and text only"),
    "the mail and SMS providers: address and text only": _(
        "the mail and SMS providers: address and text only"
    ),
    "the people named as emergency contacts": _("the people named as emergency contacts"),
    "until erased or 14 days unconfirmed": _("until erased, or 14 days if never confirmed"),
    "until withdrawn": _("until you switch it off"),
    "ministry data centre": _("the data centre of the ministry"),
    "home State": _("the home State"),
    "Ministry of Foreign Affairs": _("Ministry of Foreign Affairs"),
}
STATES = {
    ConsentState.REQUESTED: _("You were asked"),
    ConsentState.GIVEN: _("You said yes"),
    ConsentState.RENEWED: _("You said yes again"),
    ConsentState.REFUSED: _("You said no"),
    ConsentState.DEFERRED: _("You wanted to decide later"),
    ConsentState.WITHDRAWN: _("You switched it off"),
    ConsentState.EXPIRED: _("It ran out"),
    ConsentState.INVALIDATED: _("It was declared invalid"),
    ConsentState.TERMINATED: _("We ended it"),
}
GIVEN_BY = {
    GivenBy.SELF: _("You"),
    GivenBy.GUARDIAN: _("Your guardian"),
    GivenBy.REPRESENTATIVE: _("Somebody acting for you"),
    GivenBy.ASSISTED: _("You, with help"),
}


def field_words(codes: Iterable[str]) -> list[str]:
    """Return what the fields of a purpose are, in words."""
    return [str(_FIELDS.get(code, code)) for code in codes]


def words_of(value: str) -> str:
    """Return a value of a purpose in the reader's language; an unknown one as it stands."""
    found = _VALUES.get(value)
    return str(found) if found is not None else gettext(value)
