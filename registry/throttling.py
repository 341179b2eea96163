"""How often something may be tried, counted by names that tell nobody who it was.

Counters live in the cache under keyed digests. When the cache does not answer
nobody is held up: a brake that fails must not lock people out of help. Three
hundred people behind one address are a consulate's waiting room, not an attack,
so the limits per address are far above what a room full of people needs.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from encryption.digests import keyed_hex

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in a window of so many seconds."""

    name: str
    most: int
    seconds: int


HOUR = 3600
ASKING_PER_CONTACT = Limit("ask-contact", 6, HOUR)
ASKING_PER_SESSION = Limit("ask-session", 20, HOUR)
ASKING_PER_SOURCE = Limit("ask-source", 5_000, HOUR)
TRYING_PER_SESSION = Limit("try-session", 40, HOUR)
TRYING_PER_SOURCE = Limit("try-source", 10_000, HOUR)
REGISTERING_PER_SESSION = Limit("register-session", 120, HOUR)
REGISTERING_PER_SOURCE = Limit("register-source", 5_000, HOUR)
ANSWERING_PER_LINK = Limit("answer-link", 60, HOUR)
CHECKING_PER_SOURCE = Limit("check-source", 5_000, HOUR)


def may_ask(request: HttpRequest, token: int) -> bool:
    """Tell whether one more code may be asked for, for a contact known by its token."""
    return all(
        [
            is_within(ASKING_PER_CONTACT, str(token)),
            _session_is_within(ASKING_PER_SESSION, request),
            is_within(ASKING_PER_SOURCE, source_of(request)),
        ]
    )


def may_check(request: HttpRequest) -> bool:
    """Tell whether one more code of a message may be looked up."""
    return is_within(CHECKING_PER_SOURCE, source_of(request))


def may_try(request: HttpRequest) -> bool:
    """Tell whether one more code may be tried."""
    return all(
        [
            _session_is_within(TRYING_PER_SESSION, request),
            is_within(TRYING_PER_SOURCE, source_of(request)),
        ]
    )


def may_register(request: HttpRequest) -> bool:
    """Tell whether one more screen of a registration may be sent."""
    return all(
        [
            _session_is_within(REGISTERING_PER_SESSION, request),
            is_within(REGISTERING_PER_SOURCE, source_of(request)),
        ]
    )


def is_within(limit: Limit, subject: str) -> bool:
    """Count one more for the subject and tell whether the limit still holds."""
    window = int(time.time()) // limit.seconds
    key = f"throttle:{limit.name}:{window}:{keyed_hex('throttle', f'{limit.name}|{subject}')}"
    try:
        cache.add(key, 0, timeout=limit.seconds)
        return cache.incr(key) <= limit.most
    except (RedisError, OSError, ValueError) as trouble:
        logger.warning("throttle not counted limit=%s error=%s", limit.name, type(trouble).__name__)
        return True


def source_of(request: HttpRequest) -> str:
    """Return the network a request came from: an IPv4 address or an IPv6 /64. Never stored.

    A request from a private address came through a proxy of ours, which put the
    address it saw at the end of X-Forwarded-For.
    """
    address = _address(request.META.get("REMOTE_ADDR", ""))
    if address is not None and address.is_private:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
        address = _address(forwarded) or address
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def _session_is_within(limit: Limit, request: HttpRequest) -> bool:
    # A first visit has no session yet; whoever throws the cookie away meets the other limits.
    key = request.session.session_key
    return key is None or is_within(limit, key)
