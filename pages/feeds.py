"""The Atom feed of released messages, each with its CAP document."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed, Enclosure
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from notifications.publishing import PublicMessage, public_message, released_broadcasts
from pages.crisis_pages import CACHE_SECONDS


class MessagesFeed(Feed):  # type: ignore[type-arg]
    """The newest messages of every real crisis, newest first."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        patch_cache_control(response, public=True, max_age=CACHE_SECONDS)
        return response

    def title(self) -> str:
        return settings.SITE_NAME

    def link(self) -> str:
        return reverse("pages:crises")

    def items(self) -> list[PublicMessage]:
        language = get_language() or settings.LANGUAGE_CODE
        return [public_message(broadcast, language) for broadcast in released_broadcasts()]

    def item_title(self, item: PublicMessage) -> str:
        return item.subject

    def item_description(self, item: PublicMessage) -> str:
        return item.text

    def item_link(self, item: PublicMessage) -> str:
        return reverse("pages:crisis", args=[item.crisis.public_id])

    def item_guid(self, item: PublicMessage) -> str:
        return f"urn:uuid:{item.id}"

    def item_pubdate(self, item: PublicMessage) -> datetime.datetime:
        return item.released_at

    def item_updateddate(self, item: PublicMessage) -> datetime.datetime:
        return item.released_at

    def item_enclosures(self, item: PublicMessage) -> list[Enclosure]:
        address = settings.SITE_ORIGIN + reverse("pages:cap", args=[item.id])
        return [Enclosure(url=address, length="", mime_type="application/cap+xml")]


messages_feed = require_safe(MessagesFeed())
