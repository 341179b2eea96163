"""The words that we add to what the ministry writes, and the messages we write ourselves.

Frozen texts are {language: {"subject", "email", "sms"}} with slots. Subjects and
SMS never say "embassy", name a State, or tell that somebody is registered:
phones are read over shoulders and at checkpoints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from encryption.digests import sha256_hex
from notifications.models import BroadcastKind, MessageKind

Texts = dict[str, dict[str, str]]
# Where the personal answer link goes; the only slot an author may use.
LINK_SLOT = "{link}"


def digest_of(texts: Texts) -> str:
    """Return the SHA-256 that names exactly these texts."""
    return sha256_hex(json.dumps(texts, ensure_ascii=False, sort_keys=True))


def broadcast_text(
    *,
    language: str,
    subject: str,
    email_body: str,
    sms_body: str,
    kind: str,
    is_exercise: bool,
    code: str = "",
) -> dict[str, str]:
    """Return one language of a broadcast as it will leave, with the answer line and any banner.

    The same function makes the preview, the part count and the frozen text. A text that puts
    {link} somewhere itself gets no second answer line. `code`: by which people check that the
    message is ours, as it is spelled.
    """
    with translation.override(language):
        asks = kind in (BroadcastKind.ALERT, BroadcastKind.UPDATE)
        banner = _("EXERCISE. This is only a test. Do nothing.") if is_exercise else ""
        mark = _("[EXERCISE]") if is_exercise else ""
        asks_by_sms = asks and LINK_SLOT not in sms_body
        asks_by_mail = asks and LINK_SLOT not in email_body
        answer_sms = _("Safe or need help? Tell us: {link}") if asks_by_sms else ""
        answer_mail = (
            _("Are you safe, or do you need help? Tell us here:\n{link}") if asks_by_mail else ""
        )
        check_sms = _("Code %(code)s") % {"code": code} if code else ""
        check_mail = (
            _("Is this message from us? Compare it at %(address)s with the code %(code)s.")
            % {"address": f"{settings.SITE_ORIGIN}/check/", "code": code}
            if code
            else ""
        )
        footer = _("Registration helps us reach you. It is not a promise of rescue.")
    return {
        "subject": " ".join(part for part in (mark, subject) if part),
        "email": "\n\n".join(
            part for part in (banner, email_body.strip(), answer_mail, check_mail, footer) if part
        ),
        "sms": "\n".join(
            part for part in (banner, sms_body.strip(), answer_sms, check_sms) if part
        ),
    }


def service_texts(kind: MessageKind) -> Texts:
    """Return the texts of one of our own messages in every language."""
    writers = {
        MessageKind.CONFIRM: _confirm_text,
        MessageKind.SIGN_IN: _sign_in_text,
        MessageKind.PERSONAL: _personal_text,
        MessageKind.CHANGED: _changed_text,
        MessageKind.STILL_HERE: _still_here_text,
        MessageKind.OVERRIDDEN: _overridden_text,
        MessageKind.ACK_SAFE: _noted_safe_text,
        MessageKind.ACK_HELP: _noted_help_text,
        MessageKind.ACK_STOP: _noted_stop_text,
        MessageKind.ACK_HERE: _noted_here_text,
        MessageKind.ACK_HOME: _noted_home_text,
        MessageKind.ACK_OTHER: _noted_other_text,
    }
    texts = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = dict(writers[kind]())
    return texts


def _confirm_text() -> Mapping[str, str]:
    return {
        "subject": _("Your code"),
        "email": _(
            "Your code is {code}\n\nOr open this link:\n{link}\n\n"
            "If you did not ask for this, do nothing."
        ),
        "sms": _("Your code: {code}\nOr open: {link}"),
    }


def _sign_in_text() -> Mapping[str, str]:
    return {
        "subject": _("Your code"),
        "email": _(
            "Your code is {code}\n\nOr open this link:\n{link}\n\n"
            "It works for 20 minutes. If you did not ask for this, do nothing."
        ),
        "sms": _("Your code: {code}\nOr open: {link}"),
    }


def _personal_text() -> Mapping[str, str]:
    return {"subject": _("A message for you"), "email": "{words}", "sms": "{words}"}


def _changed_text() -> Mapping[str, str]:
    address = f"{settings.SITE_ORIGIN}/my/"
    return {
        "subject": _("Was this you?"),
        "email": _(
            "A phone number or e-mail address was added or is being removed.\n\n"
            "If this was you, do nothing. If not, you can undo it for three days. Open:\n%(link)s"
        )
        % {"link": address},
        "sms": _("A number or address was changed. Not you? Undo it within 3 days: %(link)s")
        % {"link": address},
    }


def _noted(words: str) -> Mapping[str, str]:
    return {"subject": _("A message for you"), "email": words, "sms": words}


def _noted_safe_text() -> Mapping[str, str]:
    return _noted(_("Thank you. We noted that you are safe. If that changes, send: HELP"))


def _noted_help_text() -> Mapping[str, str]:
    return _noted(
        _(
            "We noted that you need help. In danger, call the local emergency number first. "
            "Are you safe again? Send: SAFE"
        )
    )


def _noted_stop_text() -> Mapping[str, str]:
    return _noted(_("You will get no more text messages from us."))


def _noted_here_text() -> Mapping[str, str]:
    return _noted(_("Thank you. We noted that you are still there."))


def _noted_home_text() -> Mapping[str, str]:
    return _noted(_("Welcome home. We noted that you left and will not warn you about the place."))


def _still_here_text() -> Mapping[str, str]:
    return {
        "subject": _("Are you still there?"),
        "email": _(
            "Are you still where you told us you are? Open this link and press one button. "
            "You need not sign in.\n{link}\n\n"
            "The link works once, for 14 days. If you do nothing, nothing happens."
        ),
        "sms": _(
            "Are you still where you told us? Answer HERE, MOVED and the place, or HOME. "
            "No more texts: STOP\n{link}"
        ),
    }


def _overridden_text() -> Mapping[str, str]:
    address = f"{settings.SITE_ORIGIN}/my/rights/"
    return {
        "subject": _("Why we wrote to you"),
        "email": _(
            "Some days ago we sent you a warning, though you had not agreed to warnings. We did "
            "so because lives were in danger.\n\n"
            "You can read why, who allowed it and until when. You can object. You can also say "
            "that we must never write to you, not even in danger. Open:\n%(link)s"
        )
        % {"link": address},
        "sms": _(
            "Some days ago we wrote to you without asking you first, because of danger. "
            "Why, and how to object: %(link)s"
        )
        % {"link": address},
    }


def _noted_other_text() -> Mapping[str, str]:
    return _noted(
        _("Thank you. Somebody will read your message. Send SAFE if you are safe, HELP if not.")
    )
