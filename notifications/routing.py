"""Which way out a message takes: one kept route per channel and kind, per process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.channels.protocol import Channel as Route
from notifications.channels.routes import open_mail_route, open_sms_route, smsc_of
from notifications.channels.smpp_session import Smsc
from notifications.channels.sms_group import Member, SmsRouteGroup
from notifications.channels.weighing import Scale
from notifications.listening import keeper
from notifications.provider_names import providers
from registry.models import Channel

#: What receipts and messages of an SMSC named by SMS_URL alone are stored under.
ONLY_PROVIDER = "smsc"

# What this process has learnt of each provider outlives the routes of one turn of sending.
_SCALES: dict[tuple[str, int], Scale] = {}


class RouteBook:
    """The routes of one process. Live and exercise routes are never the same object."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, bool], Route[Any]] = {}

    def route(self, channel: int, *, is_exercise: bool) -> Route[Any]:
        """Return the kept route of a channel, live or exercise."""
        key = (channel, is_exercise)
        if key not in self._open:
            self._open[key] = self._new(channel, is_exercise)
        return self._open[key]

    @staticmethod
    def name(channel: int, *, is_exercise: bool) -> str:
        """Return the name deliveries keep of a route."""
        return f"{'exercise' if is_exercise else 'live'}-{Channel(channel).name.lower()}"

    def close(self) -> None:
        """Close every route."""
        for route in self._open.values():
            route.close()
        self._open.clear()

    @staticmethod
    def _new(channel: int, is_exercise: bool) -> Route[Any]:
        if channel == Channel.EMAIL:
            url = settings.EXERCISE_MAIL_URL if is_exercise else settings.MAIL_URL
            opener: Any = open_mail_route
        elif providers() and not is_exercise:
            return _group()
        else:
            url = settings.EXERCISE_SMS_URL if is_exercise else settings.SMS_URL
            opener = _open_only_sms_route
        if not url:
            raise ImproperlyConfigured("a route is not set; see .env.example")
        route: Route[Any] = opener(url, is_exercise=is_exercise)
        return route


@dataclass(frozen=True, slots=True)
class ListeningPost:
    """An SMSC to listen to, and under which name to store what it says."""

    provider: str
    smsc: Smsc
    ids_are_decimal: bool


def listening_posts() -> list[ListeningPost]:
    """Return the SMSCs among SMS_URL and SMS_ROUTES whose senders do not listen themselves."""
    named = [(one.name, one.url) for one in providers()] or [(ONLY_PROVIDER, settings.SMS_URL)]
    posts = []
    for name, url in named:
        if urlsplit(url).scheme in ("smpp", "smpps"):
            smsc = smsc_of(url)
            if smsc.bind == "transmitter":
                posts.append(ListeningPost(name, smsc, _ids_are_decimal(url)))
    return posts


def _open_only_sms_route(url: str, *, is_exercise: bool) -> Route[Any]:
    take = keeper(ONLY_PROVIDER, ids_are_decimal=_ids_are_decimal(url))
    return open_sms_route(url, is_exercise=is_exercise, take=take)


def _group() -> Route[Any]:
    members = [
        Member(
            one.name,
            open_sms_route(
                one.url,
                is_exercise=False,
                take=keeper(one.name, ids_are_decimal=_ids_are_decimal(one.url)),
            ),
            one.prefixes,
            _SCALES.setdefault((one.name, one.weight), Scale(one.weight)),
        )
        for one in providers()
    ]
    return SmsRouteGroup(members, is_exercise=False)


def _ids_are_decimal(url: str) -> bool:
    return parse_qs(urlsplit(url).query).get("ids", [""])[-1] == "decimal"
