"""Texts that lie ready, so that nobody has to find words for them at night.

An all-clear, a cancel, and everything an exercise says. Those of an exercise are words of
their own and name it in the first line: a real text can never be one slip away.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from crises.models import Crisis
from crises.selectors import affected_names
from notifications.models import BroadcastKind
from notifications.rendering import text_direction

# {language: {"subject": str, "email": str, "sms": str}}, as an author would type them.
PreparedTexts = dict[str, dict[str, str]]


def prepared_texts(crisis: Crisis, kind: BroadcastKind) -> PreparedTexts:
    """Return the prepared words of a kind for a crisis, in every language; empty if none are."""
    writer = (_EXERCISE if crisis.is_exercise else _REAL).get(kind)
    if writer is None:
        return {}
    texts = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            comma = "، " if text_direction(language) == "rtl" else ", "
            places = comma.join(affected_names(crisis))
            texts[language] = {part: words % {"places": places} for part, words in writer().items()}
    return texts


def _cancel() -> Mapping[str, str]:
    return {
        "subject": _("Our message about %(places)s was wrong"),
        "email": _(
            "Our last message about %(places)s was a mistake. Please do not act on it.\n\n"
            "We are sorry that we worried you."
        ),
        "sms": _("%(places)s: our last message was a MISTAKE. Do not act on it. We are sorry."),
    }


def _all_clear() -> Mapping[str, str]:
    return {
        "subject": _("%(places)s: the danger is over"),
        "email": _(
            "The danger in %(places)s is over. Please go on listening to the local authorities."
        ),
        "sms": _("%(places)s: the danger is over. Go on listening to the local authorities."),
    }


def _exercise_alert() -> Mapping[str, str]:
    return {
        "subject": _("Practice message for %(places)s"),
        "email": _(
            "We are practising a message for %(places)s. Nothing has happened.\n\n"
            "In a real crisis you would read here what has happened and what to do."
        ),
        "sms": _("%(places)s: we are practising. Nothing has happened."),
    }


def _exercise_update() -> Mapping[str, str]:
    return {
        "subject": _("Second practice message for %(places)s"),
        "email": _("We are still practising for %(places)s. Nothing has happened."),
        "sms": _("%(places)s: we are still practising. Nothing has happened."),
    }


def _exercise_over() -> Mapping[str, str]:
    return {
        "subject": _("%(places)s: the practice is over"),
        "email": _("The practice for %(places)s is over. Nothing has happened. Thank you."),
        "sms": _("%(places)s: the practice is over. Nothing has happened. Thank you."),
    }


_REAL = {BroadcastKind.CANCEL: _cancel, BroadcastKind.ALL_CLEAR: _all_clear}
_EXERCISE = {
    BroadcastKind.ALERT: _exercise_alert,
    BroadcastKind.UPDATE: _exercise_update,
    BroadcastKind.CANCEL: _exercise_over,
    BroadcastKind.ALL_CLEAR: _exercise_over,
}
