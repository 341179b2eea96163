"""A broadcast as it will leave, before it leaves: its texts, its parts, its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from crises.models import Crisis
from crises.overriding import running_override_id
from crises.selectors import recognised_names
from geography.folding import folded
from notifications.audiences import AudienceRule, rule_for
from notifications.codes import spelled
from notifications.counting import AudiencePreview, preview
from notifications.models import Broadcast, BroadcastKind, Dispatch
from notifications.rendering import render_sms, text_direction
from notifications.segmenting import Segmentation, segment
from notifications.wording import Texts, broadcast_text

# As long as a real answer link, and as a real one in the letters that matter for counting.
_SAMPLE_REFERENCE = "sample-link-not-in-use"
# As long as a real one.
_SAMPLE_CODE = spelled("0000ABCD")


@dataclass(frozen=True)
class TextEntry:
    """The words of one language, as typed."""

    subject: str
    email_body: str
    sms_body: str

    @property
    def is_empty(self) -> bool:
        return not (self.subject or self.email_body or self.sms_body)


@dataclass(frozen=True)
class TextPreview:
    """One language of a broadcast as people will read it, with a sample link in it.

    names_a_place: whether subject and SMS name an affected place (F18). most_parts: how
    many SMS parts a text may have.
    """

    language: str
    subject: str
    email: str
    sms: str
    segmentation: Segmentation
    names_a_place: bool
    most_parts: int

    @property
    def language_name(self) -> str:
        return str(dict(settings.LANGUAGES).get(self.language, self.language))

    @property
    def direction(self) -> str:
        return text_direction(self.language)

    @property
    def parts(self) -> int:
        return len(self.segmentation.parts)

    @property
    def is_too_long(self) -> bool:
        return self.parts > self.most_parts

    @property
    def is_long_alphabet(self) -> bool:
        """Whether a letter in it makes every part hold 70 signs instead of 160."""
        return self.segmentation.encoding.label != "gsm-7"


def sample_link() -> str:
    """Return a link as long as a personal answer link, which opens nothing."""
    return f"{settings.SITE_ORIGIN}/a/{_SAMPLE_REFERENCE}"


def preview_text(crisis: Crisis, kind: str, language: str, entry: TextEntry) -> TextPreview:
    """Return one language as it will be read. Raises ValidationError for a brace out of place."""
    text = broadcast_text(
        language=language,
        subject=entry.subject,
        email_body=entry.email_body,
        sms_body=entry.sms_body,
        kind=kind,
        is_exercise=crisis.is_exercise,
        code=_SAMPLE_CODE,
    )
    values = {"link": sample_link()}
    sms = render_sms(text["sms"], values)
    return TextPreview(
        language=language,
        subject=text["subject"],
        email=render_sms(text["email"], values),
        sms=sms,
        segmentation=segment(sms),
        names_a_place=names_a_place(crisis, language, entry),
        most_parts=settings.MOST_SMS_PARTS,
    )


def preview_texts(crisis: Crisis, kind: str, texts: Mapping[str, TextEntry]) -> list[TextPreview]:
    """Return the previews of the languages that can be shown, in the order of the site's."""
    shown = []
    for language, _name in settings.LANGUAGES:
        entry = texts.get(language)
        if entry is None or entry.is_empty:
            continue
        try:
            shown.append(preview_text(crisis, kind, language, entry))
        except ValidationError:
            # The form says so beside the field.
            continue
    return shown


def names_a_place(crisis: Crisis, language: str, entry: TextEntry) -> bool:
    """Tell whether both the SMS and the mail name an affected place, in this language.

    A message that does not say where it is meant for frightens people everywhere (F18).
    The country of an affected area counts as naming it, and so does any area a shape touches.
    """
    names = {folded(name) for name in recognised_names(crisis, language)}
    texts = (folded(entry.sms_body), folded(f"{entry.subject} {entry.email_body}"))
    return all(any(_stands_in(name, text) for name in names) for text in texts)


# A name so short may be the beginning of another word.
_SHORT_NAME = 3


def _stands_in(name: str, text: str) -> bool:
    # Arabic writes "in" and "to" together with the name, so longer names are looked for anywhere.
    return name in text if len(name) > _SHORT_NAME else f" {name} " in f" {text} "


def typed_texts(broadcast: Broadcast) -> dict[str, TextEntry]:
    """Return the texts of a broadcast as its author typed them."""
    return {
        text.language: TextEntry(text.subject, text.email_body, text.sms_body)
        for text in broadcast.texts.all()
    }


def frozen_texts(broadcast: Broadcast) -> Texts:
    """Return the texts of a broadcast as they will leave."""
    return {
        language: broadcast_text(
            language=language,
            subject=text.subject,
            email_body=text.email_body,
            sms_body=text.sms_body,
            kind=broadcast.kind,
            is_exercise=broadcast.is_exercise,
            code=spelled(broadcast.code),
        )
        for language, text in typed_texts(broadcast).items()
    }


def audience_rule(broadcast: Broadcast) -> AudienceRule:
    """Return who a broadcast is for.

    An alert or an update: everybody in the crisis's places. A cancel: exactly those the
    broadcast it takes back reached. An all-clear: exactly those any message of the crisis
    reached, for they are the ones who are afraid.
    """
    if broadcast.kind in (BroadcastKind.ALERT, BroadcastKind.UPDATE):
        return rule_for(broadcast.crisis)
    sent = Dispatch.objects.filter(broadcast__crisis_id=broadcast.crisis_id).order_by("pk")
    if broadcast.kind == BroadcastKind.CANCEL:
        sent = sent.filter(broadcast=broadcast.refers_to)
    return AudienceRule(
        reached_by=tuple(sent.values_list("pk", flat=True)),
        override=running_override_id(broadcast.crisis_id),
    )


def preview_audience(broadcast: Broadcast) -> AudiencePreview:
    """Count who would be reached now."""
    with transaction.atomic(), connection.cursor() as cursor:
        return preview(
            cursor.cursor,
            audience_rule(broadcast),
            list(broadcast.texts.values_list("language", flat=True)),
            broadcast.fallback_language,
        )


def sms_parts_to_send(audience: AudiencePreview, previews: list[TextPreview]) -> int:
    """Return how many SMS parts would be paid for: messages times parts, by language."""
    parts = {one.language: one.parts for one in previews}
    return sum(
        count.sms * parts.get(language, 0) for language, count in audience.by_language.items()
    )
