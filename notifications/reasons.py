"""Why a message did not arrive, in words: codes are for machines."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

_WORDS: dict[str, Text] = {
    "consent-withdrawn": _("The person no longer agrees to messages"),
    "contact-removed": _("The person removed this contact"),
    "erased": _("The person erased their registration"),
    "expired": _("Could not be delivered before it was out of date"),
    "undeliverable": _("The phone could not be reached"),
    "rejected": _("The phone network refused it"),
    "unusable-message": _("The address cannot be used"),
    "stopped": _("Stopped by the ministry"),
    "override-over": _("May no longer be written to without having agreed"),
    "answered": _("The person has answered meanwhile"),
    "delayed": _("The mail server is still trying"),
    "sender-died": _("May have arrived: the computer that sent it stopped in the middle"),
}
# The first that fits counts.
_PATTERNS: tuple[tuple[re.Pattern[str], Text], ...] = (
    (re.compile(r"smtp-(5\d\d-)?5\.1\."), _("The e-mail address does not exist")),
    (re.compile(r"smtp-([45]\d\d-)?[45]\.2\.2"), _("The mailbox is full")),
    (re.compile(r"smtp-(5\d\d-)?5\.7\."), _("The mail server does not take our mail")),
    (re.compile(r"smtp-5"), _("The mail server refused it")),
    (re.compile(r"smtp-4"), _("The mail server asked us to try later")),
    (re.compile(r"smpp-0x0b|smpp-0x33|smpp-0x5[01]"), _("The phone number is wrong")),
    (
        re.compile(r"(smtp|http|smpp)-(timeout|lost|garbled)"),
        _("The line broke; it may have arrived"),
    ),
    (re.compile(r"http-4\d\d-.*(number|recipient|destination)"), _("The phone number is wrong")),
    (re.compile(r"http-4"), _("The SMS provider refused it")),
    (re.compile(r"smpp-0x"), _("The SMS provider refused it")),
    (re.compile(r"smpp-|sms-no-provider"), _("The SMS provider had a fault")),
    (re.compile(r"http-5"), _("The SMS provider had a fault")),
)
_UNKNOWN: Text = _("Another reason")


def reason_in_words(code: str) -> str:
    """Return a sentence for a delivery's reason code."""
    if code in _WORDS:
        return str(_WORDS[code])
    return str(next((words for pattern, words in _PATTERNS if pattern.match(code)), _UNKNOWN))
