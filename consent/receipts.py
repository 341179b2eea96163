"""What somebody answered, as a record that other systems can read.

Two forms of one record: JSON-LD in the terms of ISO/IEC TS 27560 (by the W3C data privacy
vocabulary) and the consent receipt of Kantara 1.1. Both are read back without loss. Neither
holds a name: the person is the opaque id of their registration.

A receipt that can be found on a phone must not say what it is, so the one given out is a
code and a date; everything else stands behind the code and sign-in.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from consent.models import ConsentEvent
from encryption.digests import sha256_hex
from entry.cleaning import ascii_digits

KANTARA_VERSION = "KI-CR-v1.1.0"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_BETWEEN = re.compile("[\\s\\-\u2010-\u2015\u2212._/]+")
_VOCABULARY = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "registry": "urn:consular-registry:",
}
_STATUS = {
    "requested": "dpv:ConsentRequested",
    "given": "dpv:ConsentGiven",
    "refused": "dpv:ConsentRefused",
    "deferred": "dpv:ConsentRequestDeferred",
    "renewed": "dpv:RenewedConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
    "invalidated": "dpv:ConsentInvalidated",
    "terminated": "dpv:ConsentRevoked",
}
_BASIS = {
    "6.1.a": "eu-gdpr:A6-1-a",
    "6.1.d": "eu-gdpr:A6-1-d",
    "6.1.e": "eu-gdpr:A6-1-e",
    "9.2.a": "eu-gdpr:A9-2-a",
}


@dataclass(frozen=True)
class Receipt:
    """One answer with everything a reader needs to judge it. Instants are ISO 8601 in UTC."""

    code: str
    event_id: str
    record_id: str
    schema_version: str
    subject_id: str
    purpose: str
    purpose_version: int
    title: str
    sentence: str
    notice_sha256: str
    rendered_sha256: str
    language: str
    basis: str
    state: str
    event_type: str
    occurred_at: str
    valid_until: str
    given_by: str
    channel: str
    method: str
    fields: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: str
    storage_place: str
    jurisdiction: str
    authority: str
    rights_address: str
    is_special_category: bool


def receipt_code(event_id: UUID) -> str:
    """Return the code of an answer: ten letters and digits in two groups, none easily misread.

    It says nothing of State, purpose or person, and is no key: the page behind it needs a
    sign-in.
    """
    number = int(sha256_hex(f"receipt|{event_id}")[:16], 16)
    letters = "".join(_ALPHABET[(number >> (5 * place)) % 32] for place in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def same_code(typed: str, code: str) -> bool:
    """Tell whether a typed code is this one, however it was written down."""
    return plain_code(typed) == code.replace("-", "")


def plain_code(typed: str) -> str:
    """Return the ten letters of a code, however it was written down; "" for anything else."""
    letters = ascii_digits(unicodedata.normalize("NFKC", typed)).upper()
    plain = _BETWEEN.sub("", letters).translate(_MISREAD)
    return plain if len(plain) == 10 and set(plain) <= set(_ALPHABET) else ""


def subjects_of_code(code: str) -> list[UUID]:
    """Return whose answer a receipt with these ten letters is about: nobody or one, by index."""
    number = sum(_ALPHABET.index(letter) << (5 * place) for place, letter in enumerate(code))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM consent_subjects_of_receipt(%s)", [number])
        return [subject_id for (subject_id,) in cursor.fetchall()]


def receipt_of(event: ConsentEvent) -> Receipt:
    """Describe an event. Expects `purpose` and `notice` to be loaded with it."""
    purpose, notice = event.purpose, event.notice
    return Receipt(
        code=receipt_code(event.event_id),
        event_id=str(event.event_id),
        record_id=str(event.record_id),
        schema_version=event.schema_version,
        subject_id=str(event.subject_id),
        purpose=purpose.code,
        purpose_version=event.purpose_version,
        title=notice.title,
        sentence=notice.sentence,
        notice_sha256=event.notice_sha256,
        rendered_sha256=event.rendered_sha256,
        language=event.language,
        basis=event.basis,
        state=event.state,
        event_type=event.event_type,
        occurred_at=_instant(event.occurred_at),
        valid_until=_instant(event.valid_until),
        given_by=event.given_by,
        channel=event.channel,
        method=event.method,
        fields=tuple(purpose.fields),
        recipients=tuple(purpose.recipients),
        retention=purpose.retention,
        storage_place=purpose.storage_place,
        jurisdiction=purpose.jurisdiction,
        authority=purpose.authority,
        rights_address=f"{settings.SITE_ORIGIN}/my/",
        is_special_category=purpose.is_special_category,
    )


def _instant(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def as_ts27560(receipt: Receipt) -> dict[str, Any]:
    """Return the record as JSON-LD data."""
    return {
        "@context": _VOCABULARY,
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": f"ISO/IEC {receipt.schema_version.replace('TS', 'TS ')}",
        "registry:schemaVersion": receipt.schema_version,
        "dct:identifier": receipt.record_id,
        "registry:receiptCode": receipt.code,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": receipt.subject_id},
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:title": {"@value": receipt.title, "@language": receipt.language},
            "dct:description": {"@value": receipt.sentence, "@language": receipt.language},
            "registry:sha256": receipt.notice_sha256,
            "registry:renderedSha256": receipt.rendered_sha256,
        },
        "dct:language": receipt.language,
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dpv:hasPurpose": {
                "dct:identifier": receipt.purpose,
                "dct:hasVersion": receipt.purpose_version,
            },
            "dpv:hasPersonalData": list(receipt.fields),
            "dpv:hasSensitivityLevel": (
                "dpv:SpecialCategoryPersonalData" if receipt.is_special_category else None
            ),
            "dpv:hasLegalBasis": _BASIS[receipt.basis],
            "dpv:hasDataController": {
                "@type": "dpv:DataController",
                "dpv:hasName": receipt.authority,
                "dpv:hasContact": receipt.rights_address,
            },
            "dpv:hasStorageCondition": {
                "dpv:hasLocation": receipt.storage_place,
                "dpv:hasDuration": receipt.retention,
            },
            "dpv:hasJurisdiction": receipt.jurisdiction,
            "dpv:hasRecipient": list(receipt.recipients),
            "dpv:hasRight": {
                "@type": "eu-gdpr:A7-3",
                "dpv:isExercisedAt": receipt.rights_address,
            },
        },
        "dpv:hasConsentStatus": {
            "@type": _STATUS[receipt.state],
            "dct:identifier": receipt.event_id,
            "registry:eventType": receipt.event_type,
            "dct:date": receipt.occurred_at,
            "dct:valid": receipt.valid_until,
            "dpv:isIndicatedBy": receipt.given_by,
            "dpv:hasIndicationMethod": receipt.method,
            "registry:channel": receipt.channel,
        },
    }


def read_ts27560(data: Mapping[str, Any]) -> Receipt:
    """Read what `as_ts27560` wrote. Raises KeyError if something mandatory is missing."""
    notice, process = data["dpv:hasNotice"], data["dpv:hasProcess"]
    event, controller = data["dpv:hasConsentStatus"], process["dpv:hasDataController"]
    storage = process["dpv:hasStorageCondition"]
    return Receipt(
        code=data["registry:receiptCode"],
        event_id=event["dct:identifier"],
        record_id=data["dct:identifier"],
        schema_version=data["registry:schemaVersion"],
        subject_id=data["dpv:hasDataSubject"]["dct:identifier"],
        purpose=process["dpv:hasPurpose"]["dct:identifier"],
        purpose_version=process["dpv:hasPurpose"]["dct:hasVersion"],
        title=notice["dct:title"]["@value"],
        sentence=notice["dct:description"]["@value"],
        notice_sha256=notice["registry:sha256"],
        rendered_sha256=notice["registry:renderedSha256"],
        language=data["dct:language"],
        basis=_key_of(_BASIS, process["dpv:hasLegalBasis"]),
        state=_key_of(_STATUS, event["@type"]),
        event_type=event["registry:eventType"],
        occurred_at=event["dct:date"],
        valid_until=event["dct:valid"],
        given_by=event["dpv:isIndicatedBy"],
        channel=event["registry:channel"],
        method=event["dpv:hasIndicationMethod"],
        fields=tuple(process["dpv:hasPersonalData"]),
        recipients=tuple(process["dpv:hasRecipient"]),
        retention=storage["dpv:hasDuration"],
        storage_place=storage["dpv:hasLocation"],
        jurisdiction=process["dpv:hasJurisdiction"],
        authority=controller["dpv:hasName"],
        rights_address=controller["dpv:hasContact"],
        is_special_category=process["dpv:hasSensitivityLevel"] is not None,
    )


def _key_of(table: Mapping[str, str], value: str) -> str:
    for key, each in table.items():
        if each == value:
            return key
    raise KeyError(value)


# Said in Kantara's own terms; the rest travels in the extension.
_IN_KANTARA = frozenset(
    {
        "jurisdiction",
        "code",
        "language",
        "subject_id",
        "authority",
        "rights_address",
        "title",
        "purpose",
        "fields",
        "recipients",
        "retention",
        "is_special_category",
        "channel",
    }
)


def as_kantara(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as data of Kantara's consent receipt 1.1."""
    occurred = datetime.datetime.fromisoformat(receipt.occurred_at)
    rest = {key: value for key, value in asdict(receipt).items() if key not in _IN_KANTARA}
    return {
        "version": KANTARA_VERSION,
        "jurisdiction": receipt.jurisdiction,
        "consentTimestamp": int(occurred.timestamp()),
        "collectionMethod": receipt.channel,
        "consentReceiptID": receipt.code,
        "publicKey": "",
        "language": receipt.language,
        "piiPrincipalId": receipt.subject_id,
        "piiControllers": [
            {
                "piiController": receipt.authority,
                "contact": receipt.rights_address,
                "address": {},
                "email": "",
                "phone": "",
                "piiControllerUrl": receipt.rights_address,
            }
        ],
        "policyUrl": receipt.rights_address,
        "services": [
            {
                "service": receipt.title,
                "purposes": [
                    {
                        "purpose": receipt.purpose,
                        "purposeCategory": [receipt.purpose],
                        "consentType": "EXPLICIT" if receipt.event_type == "explicit" else "OTHER",
                        "piiCategory": list(receipt.fields),
                        "primaryPurpose": True,
                        "termination": receipt.retention,
                        "thirdPartyDisclosure": bool(receipt.recipients),
                        "thirdPartyName": "; ".join(receipt.recipients),
                    }
                ],
            }
        ],
        "sensitive": receipt.is_special_category,
        "spiCat": list(receipt.fields) if receipt.is_special_category else [],
        "extension": rest | {"recipients": list(receipt.recipients)},
    }


def read_kantara(data: Mapping[str, Any]) -> Receipt:
    """Read what `as_kantara` wrote. Raises KeyError if something mandatory is missing."""
    (service,) = data["services"]
    (purpose,) = service["purposes"]
    (controller,) = data["piiControllers"]
    rest = dict(data["extension"])
    return Receipt(
        code=data["consentReceiptID"],
        jurisdiction=data["jurisdiction"],
        channel=data["collectionMethod"],
        language=data["language"],
        subject_id=data["piiPrincipalId"],
        authority=controller["piiController"],
        rights_address=controller["contact"],
        title=service["service"],
        purpose=purpose["purpose"],
        fields=tuple(purpose["piiCategory"]),
        recipients=tuple(rest.pop("recipients")),
        retention=purpose["termination"],
        is_special_category=data["sensitive"],
        **rest,
    )
