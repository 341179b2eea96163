"""My contacts: adding one, removing one, undoing it. Their codes are portal_confirming's."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.recording import Actor
from registry import portal_proofs, portal_sessions, selectors, throttling
from registry.forms.portal_keeping import TOO_MANY_TRIES, ContactForm
from registry.indexing import contact_token
from registry.masking import masked_contact
from registry.models import Registrant
from registry.services.holding import (
    LastContact,
    ProofTooFresh,
    leave_contact,
    may_remove_at_once,
    remove_contact,
    undo_changes,
)
from registry.services.keeping import add_contact

NOW = "now"


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
    """Stop using a contact, in three days or at once. The last confirmed one stays."""
    contact = selectors.contact_of(person, contact_id)
    if contact is None:
        raise Http404
    proved_by = portal_proofs.proved_by(request, person)
    is_way_in = contact.confirmed_at is not None and not contact.is_held
    if request.method != "POST":
        context = {
            "masked": masked_contact(contact.channel, contact.value),
            "may_at_once": may_remove_at_once(contact, proved_by),
            "is_way_in": is_way_in,
        }
        return render(request, "registry/contact_remove.html", context)
    actor = Actor.person(person.pk)
    try:
        if request.POST.get("when") == NOW or not is_way_in:
            remove_contact(actor=actor, person=person, point=contact, proved_by=proved_by)
            messages.success(request, _("The contact is removed."))
        else:
            leave_contact(actor=actor, person=person, point=contact)
            messages.success(request, _("The contact will be removed in three days."))
    except ProofTooFresh:
        messages.warning(request, _("This contact can only be removed in three days."))
    except LastContact:
        messages.warning(
            request,
            _(
                "This is your only confirmed contact. Without it you could not come back to your "
                "registration. Add and confirm another one first."
            ),
        )
    return HttpResponseRedirect(reverse("registry:registration-show"))


@require_POST
@portal_sessions.person_required
def undo(request: HttpRequest, person: Registrant) -> HttpResponse:
    """It was not me: take the changes of the last days back, and sign everybody else out."""
    if undo_changes(actor=Actor.person(person.pk), person=person):
        portal_proofs.end_other_sessions(request, person)
        messages.success(
            request, _("The changes are undone, and every other device is signed out.")
        )
    else:
        messages.warning(request, _("There is nothing left to undo."))
    return HttpResponseRedirect(reverse("registry:registration-show"))
