"""The blind index tokens of contact points and passports.

While the index keys are being turned (registry.reindexing) two versions are loaded, and each
value has its token under one of them, in every column alike. The functions without a version
then answer with the token that the register holds, so that looking up and writing go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection

from encryption.indexes import blind_index
from encryption.keyring import keyring
from registry.models import Channel, ContactPoint, Registrant

LAST_DIGITS = 7
# Shared by whoever writes a token in a transaction, held alone while tokens are replaced.
LOCK = 0x5265_6769_7374_6572


def contact_token(channel: Channel, value: str) -> int:
    """Return the token of a normalised phone number (E.164) or e-mail address.

    Capitals in an address do not count: phones put them where nobody meant them. A
    message still goes to the address as its owner wrote it.
    """
    found = _held(
        lambda version: contact_token_of(channel, value, version),
        lambda tokens: ContactPoint.objects.filter(token__in=tokens).values_list(  # type: ignore[arg-type,return-value]
            "token", flat=True
        ),
    )
    assert found is not None
    return found


def last_digits_token(channel: Channel, value: str) -> int | None:
    """Return the token of a phone number's last seven digits; None for e-mail."""
    return _held(
        lambda version: last_digits_token_of(channel, value, version),
        lambda tokens: ContactPoint.objects.filter(last_digits_token__in=tokens).values_list(  # type: ignore[arg-type,return-value]
            "last_digits_token", flat=True
        ),
    )


def passport_token(number: str) -> int | None:
    """Return the token of a normalised passport number; None when there is none."""
    return _held(
        lambda version: passport_token_of(number, version),
        lambda tokens: Registrant.objects.filter(passport_token__in=tokens).values_list(  # type: ignore[arg-type,return-value]
            "passport_token", flat=True
        ),
    )


def contact_token_of(channel: Channel, value: str, version: int) -> int:
    """Return a contact's token under one version of the index keys."""
    if channel == Channel.SMS:
        return blind_index("phone", value, version)
    return blind_index("email", value.lower(), version)


def last_digits_token_of(channel: Channel, value: str, version: int) -> int | None:
    """Return the token of a phone's last digits under one version; None for e-mail."""
    if channel != Channel.SMS:
        return None
    return blind_index("phone-last7", value[-LAST_DIGITS:], version)


def passport_token_of(number: str, version: int) -> int | None:
    """Return a passport's token under one version; None when there is no number."""
    return blind_index("passport", number, version) if number else None


def _held(
    token: Callable[[int], int | None],
    rows_with: Callable[[list[int]], Sequence[int | None]],
) -> int | None:
    """Return the token that the register holds of a value, else the one of the active version."""
    active, *others = keyring().index_versions
    newest = token(active)
    if not others or newest is None:
        return newest
    if connection.in_atomic_block:
        # No token changes between this look and what the caller writes.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
    older = [found for version in others if (found := token(version)) is not None]
    for held in rows_with([newest, *older])[:1]:
        return held
    return newest
