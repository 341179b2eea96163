"""A form that came only in part is no form.

When a phone's line breaks, the server reads what came and the end of the connection, and the
part looks like a whole form in which the last boxes were left empty: somebody would be
registered without what they allowed, and find themselves registered when they send it again.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.errors import bad_request

_FORM = "application/x-www-form-urlencoded"


class WholeFormMiddleware:
    """Refuse a form that is shorter than its sender said."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.content_type == _FORM:
            said = int(request.META.get("CONTENT_LENGTH") or 0)
            # What is too large is refused by whoever reads it, unread.
            if said <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE and len(request.body) < said:
                return bad_request(request, ValueError("part of a form"))
        return self.get_response(request)
