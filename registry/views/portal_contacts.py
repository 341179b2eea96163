"""My contacts: adding one, removing one. Their codes are portal_confirming's."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.recording import Actor
from registry import portal_sessions, selectors, throttling
from registry.forms.portal_keeping import TOO_MANY_TRIES, ContactForm
from registry.indexing import contact_token
from registry.masking import masked_contact
from registry.models import Registrant
from registry.services.keeping import LastContact, add_contact, remove_contact


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
def add(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Name another phone or e-mail address; a code goes to it."""
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entry = form.contact_entry()
        if throttling.may_ask(request, contact_token(entry.channel, entry.value)):
            point, proof = add_contact(
                actor=Actor.person(person.pk),
                person=person,
                entry=entry,
                language=get_language() or "en",
            )
            portal_sessions.remember_proof(request, proof)
            return HttpResponseRedirect(reverse("registry:contact-confirm", args=[point.pk]))
        form.add_error("contact", TOO_MANY_TRIES)
    return render(request, "registry/contact_add.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
@portal_sessions.fresh_proof_required
def remove(request: HttpRequest, person: Registrant, contact_id: UUID) -> HttpResponse:
    """Stop using a contact. The last confirmed one stays: it is the way back in."""
    contact = selectors.contact_of(person, contact_id)
    if contact is None:
        raise Http404
    if request.method != "POST":
        context = {"masked": masked_contact(contact.channel, contact.value)}
        return render(request, "registry/contact_remove.html", context)
    try:
        remove_contact(actor=Actor.person(person.pk), person=person, point=contact)
        messages.success(request, _("The contact is removed."))
    except LastContact:
        messages.warning(
            request,
            _(
                "This is your only confirmed contact. Without it you could not come back to your "
                "registration. Add and confirm another one first."
            ),
        )
    return HttpResponseRedirect(reverse("registry:registration-show"))
