"""From delivery rows to messages ready to go, one small window at a time.

Consent is asked again here, moments before the hand-over: a withdrawal reaches
every window that is loaded after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.models import Basis
from encryption.bulk import open_column
from encryption.references import seal_references
from notifications.channels.addresses import UnusableAddress
from notifications.channels.protocol import OutgoingMail, OutgoingSms
from notifications.connecting import Connection
from notifications.handing_on import PERSONAL_REASONS, hand_on
from notifications.leasing import Lease, Result
from notifications.links import delivery_number, link_of
from notifications.models import DeliveryStatus, MessageKind, MessageVersion, PersonalText
from notifications.overridden import STILL_OVERRIDDEN
from notifications.rendering import (
    MailSkeleton,
    bounce_address,
    compile_mail,
    html_from,
    render_sms,
)
from notifications.segmenting import segment
from registry.models import Channel, ContactPoint, ContactProof
from registry.services.proving import code_of, link_reference

DEFAULT_VALIDITY_SECONDS = 24 * 3600


@dataclass
class Envelope:
    """One delivery on its way: either a message, or already a result why there is none."""

    seq: int
    attempts: int
    copies: int = 0
    message: OutgoingMail | OutgoingSms | None = None
    result: Result | None = None


@dataclass(frozen=True)
class FrozenMessage:
    """A message version as the sender needs it, with its mails compiled on first use."""

    kind: str
    is_crisis: bool
    texts: dict[str, dict[str, str]]
    fallback_language: str
    expires_at: Any
    compile: Callable[[str], MailSkeleton]

    def text(self, language: str) -> dict[str, str]:
        """Return the text of a language, or of the fallback the author chose."""
        return self.texts.get(language) or self.texts[self.fallback_language]


class MessageBook:
    """The message versions one sending loop has met; they never change, so each is read once."""

    def __init__(self) -> None:
        self._known: dict[int, FrozenMessage] = {}

    def get(self, message_id: int) -> FrozenMessage:
        """Return a message version with its mails compiled on first use."""
        if message_id not in self._known:
            self._known[message_id] = _frozen_message(message_id)
        return self._known[message_id]


def _frozen_message(message_id: int) -> FrozenMessage:
    version = MessageVersion.objects.get(pk=message_id)
    is_crisis = version.kind == MessageKind.BROADCAST
    texts: dict[str, dict[str, str]] = version.texts
    fallback = version.fallback_language

    @lru_cache(maxsize=64)
    def compiled(language: str) -> MailSkeleton:
        known = language if language in texts else fallback
        text = texts[known]
        return compile_mail(
            subject=text["subject"],
            text=text["email"],
            html=html_from(text["email"]),
            language=known,
            sender=settings.MAIL_FROM,
            is_crisis=is_crisis,
        )

    return FrozenMessage(version.kind, is_crisis, texts, fallback, version.expires_at, compiled)


_ROWS = """
    SELECT d.seq, d.registrant_id, d.contact_point_id, d.language, d.attempts, d.basis,
           d.purpose_code, d.contact_proof_id, c.value, c.removed_at IS NOT NULL, d.copies,
           d.override_id
      FROM notifications_delivery d
      LEFT JOIN registry_contactpoint c ON c.id = d.contact_point_id
     WHERE d.dispatch_id = %s AND d.seq >= %s AND d.seq < %s AND d.status = %s
     ORDER BY d.seq"""

_ANSWERED_BY_LINK = {MessageKind.BROADCAST, MessageKind.STILL_HERE}

_STILL_AGREED = """
    SELECT subject_id, purpose_code FROM consent_live
     WHERE purpose_code = ANY(%s) AND subject_id = ANY(%s)
       AND NOT EXISTS (SELECT FROM registry_registrant r
                        WHERE r.id = subject_id AND r.restricted_at IS NOT NULL)"""


class WindowLoader:
    """Loads windows of one leased chunk."""

    def __init__(self, connection: Connection, lease: Lease, message: FrozenMessage) -> None:
        self.connection = connection
        self.lease = lease
        self.message = message

    def load(self, start: int, end: int) -> list[Envelope]:
        """Return the deliveries start <= seq < end that are still to be sent, in order."""
        wanted = DeliveryStatus.DEFERRED if self.lease.is_retry else DeliveryStatus.QUEUED
        rows = self.connection.execute(
            _ROWS, [self.lease.dispatch_id, start, end, wanted]
        ).fetchall()
        if not rows:
            return []
        if self.message.expires_at is not None and self.message.expires_at <= timezone.now():
            return [self._skip(row[0], row[4], "expired") for row in rows]
        agreed = self._agreed(rows) | self._overridden(rows)
        addresses = open_column(
            ContactPoint,
            "value",
            [(row[2], row[1], row[8]) for row in rows if row[8] is not None and not row[9]],
        )
        proofs = self._proofs(rows)
        self._name([row[0] for row in rows])
        envelopes = [self._envelope(row, agreed, addresses, proofs) for row in rows]
        # Ends, since everybody who shares an address inherits its message once at most.
        return self.load(start, end) if self._hand_on(envelopes) else envelopes

    def _hand_on(self, envelopes: list[Envelope]) -> int:
        """Let others at a shared address have what its holder wants no more; return how many."""
        leavers = {
            envelope.seq: envelope.result.reason
            for envelope in envelopes
            if envelope.result is not None and envelope.result.reason in PERSONAL_REASONS
        }
        if not leavers:
            return 0
        with self.connection.cursor() as cursor:
            return hand_on(cursor, self.lease.dispatch_id, leavers)

    def _name(self, seqs: list[int]) -> None:
        """Make the references of a window's deliveries in one pass."""
        numbers = [delivery_number(self.lease.dispatch_id, seq) for seq in seqs]
        self._references = dict(zip(seqs, seal_references("delivery", numbers), strict=True))
        self._links: dict[int, str] = {}
        if self.message.kind in _ANSWERED_BY_LINK:
            sealed = seal_references("answer", numbers)
            self._links = {
                seq: link_of(reference) for seq, reference in zip(seqs, sealed, strict=True)
            }

    def _agreed(self, rows: list[tuple[Any, ...]]) -> set[tuple[UUID, str | int]]:
        asked = [row for row in rows if row[5] == Basis.CONSENT.value]
        if not asked:
            return set()
        found = self.connection.execute(
            _STILL_AGREED, [list({row[6] for row in asked}), [row[1] for row in asked]]
        ).fetchall()
        return {(person_id, purpose) for person_id, purpose in found}

    def _overridden(self, rows: list[tuple[Any, ...]]) -> set[tuple[UUID, str | int]]:
        asked = [row for row in rows if row[11] is not None]
        if not asked:
            return set()
        found = self.connection.execute(
            STILL_OVERRIDDEN,
            {
                "people": [row[1] for row in asked],
                "overrides": [row[11] for row in asked],
                "dispatch": self.lease.dispatch_id,
            },
        ).fetchall()
        return {(person_id, override_id) for person_id, override_id in found}

    @staticmethod
    def _proofs(rows: list[tuple[Any, ...]]) -> dict[int, ContactProof]:
        ids = [row[7] for row in rows if row[7] is not None]
        return ContactProof.objects.in_bulk(ids) if ids else {}

    def _envelope(
        self,
        row: tuple[Any, ...],
        agreed: set[tuple[UUID, str | int]],
        addresses: dict[UUID, str],
        proofs: dict[int, ContactProof],
    ) -> Envelope:
        (
            seq,
            person_id,
            contact_id,
            language,
            attempts,
            basis,
            purpose,
            proof_id,
            _,
            gone,
            copies,
            override_id,
        ) = row
        if basis == Basis.CONSENT.value and (person_id, purpose) not in agreed:
            return self._skip(seq, attempts, "consent-withdrawn")
        if override_id is not None and (person_id, override_id) not in agreed:
            return self._skip(seq, attempts, "override-over")
        if gone:
            return self._skip(seq, attempts, "contact-removed")
        address = addresses.get(contact_id)
        if address is None:
            return self._skip(seq, attempts, "erased")
        if proof_id is not None and proof_id not in proofs:
            return self._skip(seq, attempts, "erased")
        values = self._values(seq, proofs.get(proof_id) if proof_id is not None else None)
        try:
            message = self._message(seq, address, language, values)
        except (UnusableAddress, ValidationError, ValueError):
            # One unusable row must not hold up the others.
            return Envelope(
                seq, attempts, result=Result(seq, DeliveryStatus.FAILED, "unusable-message")
            )
        return Envelope(seq, attempts, copies, message=message)

    @staticmethod
    def _skip(seq: int, attempts: int, reason: str) -> Envelope:
        result = Result(seq, DeliveryStatus.SKIPPED, reason, is_attempt=False)
        return Envelope(seq, attempts, result=result)

    def _values(self, seq: int, proof: ContactProof | None) -> dict[str, str]:
        """Return what the slots of this delivery's text are filled with."""
        if self.message.kind in _ANSWERED_BY_LINK:
            return {"link": self._links[seq]}
        if proof is not None:
            code = code_of(proof)
            return {
                "link": f"{settings.SITE_ORIGIN}/c/{link_reference(proof.pk)}",
                "code": f"{code[:3]} {code[3:6]} {code[6:]}",
            }
        if self.message.kind == MessageKind.PERSONAL:
            text = PersonalText.objects.get(dispatch_id=self.lease.dispatch_id)
            return {"words": text.body}
        return {}

    def _message(
        self, seq: int, address: str, language: str, values: dict[str, str]
    ) -> OutgoingMail | OutgoingSms:
        reference = self._references[seq]
        if self.lease.channel == Channel.SMS:
            # With the replacements the part count was made with, so that both stay the same.
            text = segment(render_sms(self.message.text(language)["sms"], values)).text
            return OutgoingSms(address, text, reference, self._validity())
        message_id = f"<{reference}@{settings.MAIL_BOUNCE_DOMAIN}>"
        return OutgoingMail(
            recipient=address,
            message_id=message_id,
            payload=self.message.compile(language).render(
                recipient=address, message_id=message_id, values=values
            ),
            envelope_from=bounce_address(reference, settings.MAIL_BOUNCE_DOMAIN),
        )

    def _validity(self) -> int:
        """Return for how many seconds the network may still deliver an SMS."""
        if self.message.expires_at is None:
            return DEFAULT_VALIDITY_SECONDS
        left = (self.message.expires_at - timezone.now()).total_seconds()
        return max(60, int(left))
