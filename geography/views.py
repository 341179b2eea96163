"""A country's areas as JSON, for the list that follows the country."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from geography.forms import area_choices

_DAY = 24 * 60 * 60


@require_safe
@cache_control(public=True, max_age=_DAY)
def areas(request: HttpRequest, country_code: str, language: str) -> JsonResponse:
    """Return {"groups": [{"label": "" or a name, "options": [[code, name], …]}, …]}.

    The same lists in the same order as the form's. Public: it says nothing about whoever asks.
    """
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        choices = area_choices(country_code, language)
    groups: list[dict[str, Any]] = []
    for is_group, members in groupby(choices, key=lambda choice: isinstance(choice[1], list)):
        if is_group:
            groups += [{"label": label, "options": options} for label, options in members]
        else:
            groups.append({"label": "", "options": list(members)})
    return JsonResponse(
        {"groups": groups}, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")}
    )
