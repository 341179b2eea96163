"""Which way out a message takes: one kept route per channel and kind, per process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.channels.protocol import Channel as Route
from notifications.channels.routes import open_mail_route, open_sms_route
from registry.models import Channel


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
        else:
            url = settings.EXERCISE_SMS_URL if is_exercise else settings.SMS_URL
            opener = open_sms_route
        if not url:
            raise ImproperlyConfigured("a route is not set; see .env.example")
        route: Route[Any] = opener(url, is_exercise=is_exercise)
        return route
