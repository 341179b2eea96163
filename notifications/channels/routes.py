"""From a URL in the settings to a way out.

smtp://user:password@host:587?starttls=1     e-mail; also ca_file=, helo=, final_timeout=,
                                             connections= (kept by each process; 1)
smtps://user:password@host:465               e-mail, encrypted from the first byte
https://:secret@host/path?connections=4      SMS gateway; also from=, ca_file=, timeout=
http://...                                   the same without encryption, for a local gateway
kannel+http://user:password@host:13013/cgi-bin/sendsms   Kannel; also connections=, from=,
                                             smsc=, receipts= (our callback address)
twilio+https://account:secret@host/2010-04-01/...   an API in Twilio's manner; the same options
smpp://system_id:password@host:2775          an operator's SMSC; also window=, tps=, from=,
                                             bind=, system_type=, timeout=, enquire=
smpps://...                                  the same, encrypted from the first byte

No error repeats the URL: it holds a secret.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.channels.dialects import Dialect
from notifications.channels.httpsms import HttpSmsRoute, SmsGateway
from notifications.channels.kannel import Kannel
from notifications.channels.protocol import Channel, OutgoingMail, OutgoingSms
from notifications.channels.smpp import SmppRoute
from notifications.channels.smpp_session import Smsc, Take
from notifications.channels.smtp import SmtpRoute
from notifications.channels.smtp_session import SmtpEndpoint
from notifications.channels.twilio import TwilioLike

_MAIL_PORTS = {"smtp": 25, "smtps": 465}
_SMS_PORTS = {"http": 80, "https": 443}
_SMPP_PORTS = {"smpp": 2775, "smpps": 3550}
_SMPP_OPTIONS = {
    "window", "tps", "from", "bind", "system_type", "timeout", "enquire", "ca_file", "ids"
}  # fmt: skip
_SMS_OPTIONS = {"connections", "from", "ca_file", "timeout", "smsc", "receipts"}
_DIALECTS = ("kannel", "twilio")
_BINDS = ("transmitter", "transceiver")


def open_route(url: str, *, is_exercise: bool) -> Channel[Any]:
    """Return the channel for `url`. It connects with its first message.

    Raises ImproperlyConfigured.
    """
    if urlsplit(url).scheme in _MAIL_PORTS:
        return open_mail_route(url, is_exercise=is_exercise)
    return open_sms_route(url, is_exercise=is_exercise)


def open_mail_route(url: str, *, is_exercise: bool) -> Channel[OutgoingMail]:
    """Return the e-mail channel for an smtp:// or smtps:// URL. Raises ImproperlyConfigured."""
    parts, host, port, options = _taken_apart(
        url, _MAIL_PORTS, {"starttls", "ca_file", "helo", "final_timeout", "connections"}
    )
    security = "implicit" if parts.scheme == "smtps" else "none"
    if options.get("starttls", "0") != "0":
        security = "starttls"
    if parts.username and security == "none" and not _is_loopback(host):
        raise ImproperlyConfigured("A mail URL with a password needs ?starttls=1 or smtps://")
    return SmtpRoute(
        SmtpEndpoint(
            host=host,
            port=port,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            security=security,
            ca_file=options.get("ca_file", ""),
            client_name=options.get("helo", ""),
            final_dot_timeout=_positive(options, "final_timeout", 60.0),
        ),
        is_exercise=is_exercise,
        connections=_whole(options, "connections", 1),
    )


def smsc_of(url: str) -> Smsc:
    """Return the SMSC an smpp:// or smpps:// URL names. Raises ImproperlyConfigured."""
    parts, host, port, options = _taken_apart(url, _SMPP_PORTS, _SMPP_OPTIONS)
    bind = options.get("bind", "transmitter")
    if bind not in _BINDS:
        raise ImproperlyConfigured(f"bind in a route URL must be {' or '.join(_BINDS)}")
    sender = options.get("from", settings.SMS_SENDER)
    if not sender.isascii() or not 0 < len(sender) <= 20:
        raise ImproperlyConfigured("from in a route URL must be 1 to 20 ASCII characters")
    return Smsc(
        host=host,
        port=port,
        system_id=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        system_type=options.get("system_type", ""),
        sender=sender,
        bind=bind,
        is_encrypted=parts.scheme == "smpps",
        ca_file=options.get("ca_file", ""),
        window=_whole(options, "window", 10),
        parts_per_second=_positive(options, "tps", 1.0) if "tps" in options else 0.0,
        answer_timeout=_positive(options, "timeout", 10.0),
        enquire_seconds=_positive(options, "enquire", 30.0),
    )


def open_sms_route(
    url: str, *, is_exercise: bool, take: Take | None = None
) -> Channel[OutgoingSms]:
    """Return the SMS channel for a URL. Raises ImproperlyConfigured.

    take: keeps what an SMSC delivers, where the URL asks for bind=transceiver.
    """
    scheme = urlsplit(url).scheme
    if scheme in _SMPP_PORTS:
        return SmppRoute(smsc_of(url), is_exercise=is_exercise, take=take)
    kind, plus, rest = url.partition("+")
    if not plus or kind not in _DIALECTS:
        kind, rest = "", url
    parts, host, port, options = _taken_apart(rest, _SMS_PORTS, _SMS_OPTIONS)
    sender = options.get("from", settings.SMS_SENDER)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    dialect: Dialect | None = None
    if kind == "kannel":
        dialect = Kannel(
            sender, username, password, options.get("smsc", ""), options.get("receipts", "")
        )
    elif kind == "twilio":
        dialect = TwilioLike(sender, username, password, options.get("receipts", ""))
    return HttpSmsRoute(
        SmsGateway(
            host=host,
            port=port,
            path=parts.path or "/",
            sender=sender,
            secret=password,
            is_encrypted=parts.scheme == "https",
            ca_file=options.get("ca_file", ""),
            connections=_whole(options, "connections", 1),
            answer_timeout=_positive(options, "timeout", 15.0),
            dialect=dialect,
        ),
        is_exercise=is_exercise,
    )


def share_an_endpoint(first_url: str, second_url: str) -> bool:
    """Whether two route URLs lead to the same host and port.

    For the deployment check: an exercise route that shares the live one's endpoint would
    reach people although every check of the kind passes.
    """
    endpoints = set()
    for url in (first_url, second_url):
        parts = urlsplit(url.removeprefix("kannel+").removeprefix("twilio+"))
        port = parts.port or {**_MAIL_PORTS, **_SMS_PORTS, **_SMPP_PORTS}.get(parts.scheme)
        endpoints.add(((parts.hostname or "").rstrip("."), port))
    return len(endpoints) == 1


def _taken_apart(
    url: str, ports: dict[str, int], known: set[str]
) -> tuple[SplitResult, str, int, dict[str, str]]:
    schemes = " or ".join(f"{scheme}://" for scheme in ports)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ports or not parts.hostname:
        raise ImproperlyConfigured(f"A route URL here starts with {schemes} and names a host")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := sorted(options.keys() - known):
        raise ImproperlyConfigured(f"Unknown options in a route URL: {', '.join(unknown)}")
    return parts, parts.hostname, port or ports[parts.scheme], options


def _positive(options: dict[str, str], name: str, default: float) -> float:
    try:
        value = float(options.get(name, default))
    except ValueError:
        value = 0.0
    if not 0 < value < 3600:
        raise ImproperlyConfigured(f"{name} in a route URL must be a positive number")
    return value


def _whole(options: dict[str, str], name: str, default: int) -> int:
    value = options.get(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= 64:
        raise ImproperlyConfigured(f"{name} in a route URL must be a whole number from 1 to 64")
    return int(value)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
