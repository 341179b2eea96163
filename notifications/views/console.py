"""Inside the posts' console: writing to one person, and what was sent to them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import role_required, staff
from accounts.models import Role
from encryption.keyring import Erased
from notifications.forms.console import MessageForm
from notifications.sent import messages_to
from notifications.services.writing import (
    Unreachable,
    as_sent,
    parts_of,
    usable_contacts,
    write_to_person,
)
from registry.access import person_visible_to
from registry.console_sessions import is_open, may_still_send
from registry.masking import masked_contact
from registry.models import Channel, ContactPoint
from registry.views.console_records import opened_too_long_ago


@role_required(Role.OFFICER)
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Write one message: shown as it will arrive first if wanted, then sent."""
    user = staff(request)
    person = person_visible_to(user, person_id)
    is_fresh = is_open(request.session, person_id)
    if request.method == "GET" and not is_fresh:
        return redirect("console:record-show", person_id)
    try:
        points = {point.pk: point for point in usable_contacts(person)}
        labels = [(point.pk, _label(point, is_whole=is_fresh)) for point in points.values()]
    except Erased:
        raise Http404 from None
    context = {"person_id": person_id, "form": MessageForm(contacts=labels)}
    if request.method == "GET":
        return render(request, "registry/console/write.html", context)
    form = context["form"] = MessageForm(request.POST, contacts=labels)
    if not may_still_send(request.session, person_id):
        form.add_error(None, opened_too_long_ago())
    if not form.is_valid() or "look" in request.POST:
        return render(request, "registry/console/write.html", {**context, **_preview(form, points)})
    try:
        write_to_person(
            actor=user,
            person=person,
            point=points[form.cleaned_data["contact"]],
            text=form.cleaned_data["text"],
            message_id=form.cleaned_data["message"],
        )
    except Unreachable:
        form.add_error("contact", _("This contact is not in use any more. Choose another one."))
        return render(request, "registry/console/write.html", context)
    messages.success(request, _("The message is on its way."))
    return redirect("console:record-show", person_id)


@role_required(Role.OFFICER)
@require_GET
def sent(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """List what was sent to the person and what became of it."""
    person = person_visible_to(staff(request), person_id)
    if not is_open(request.session, person_id):
        return redirect("console:record-show", person_id)
    context = {"person_id": person_id, "entries": messages_to(person.pk)}
    return render(request, "registry/console/messages.html", context)


def _label(point: ContactPoint, *, is_whole: bool) -> str:
    value = point.value if is_whole else masked_contact(point.channel, point.value)
    return f"{Channel(point.channel).label}: \u2068{value}\u2069"


def _preview(form: MessageForm, points: dict[UUID, ContactPoint]) -> dict[str, object]:
    """Return the words as they will arrive, and the SMS parts they take."""
    text = form.cleaned_data.get("text")
    if not text:
        return {}
    point = points.get(form.cleaned_data.get("contact"))  # type: ignore[arg-type]
    is_sms = point is not None and point.channel == Channel.SMS
    return {"preview": as_sent(text), "parts": len(parts_of(text).parts) if is_sms else 0}
