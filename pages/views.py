"""Public pages that need no registration."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from consent.models import Basis
from consent.services import choices_for
from consent.wording import field_words, words_of
from pages.inventory import GROUPS, NEVER, OPEN
from registry.retaining import RULES


@require_safe
@gzip_page
def inventory(request: HttpRequest) -> HttpResponse:
    """What we hold and who may see it."""
    purposes = [
        {
            "title": choice.notice.title,
            "sentence": choice.notice.sentence,
            "fields": field_words(choice.purpose.fields),
            "recipients": [words_of(each) for each in choice.purpose.recipients],
            "retention": words_of(choice.purpose.retention),
            "basis": Basis(choice.purpose.basis).label,
        }
        for choice in choices_for(get_language() or "en")
    ]
    context = {
        "groups": GROUPS,
        "open": OPEN,
        "never": NEVER,
        "purposes": purposes,
        "rules": [{"what": rule.what, "days": rule.after.days} for rule in RULES],
    }
    return render(request, "pages/inventory.html", context)
