"""Coming back to one's registration, and leaving it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry import portal_sessions, selectors, throttling
from registry.calendars import month_of_today
from registry.forms.portal_keeping import (
    TOO_MANY_TRIES,
    CodeForm,
    ContactForm,
    ProofForm,
)
from registry.indexing import contact_token
from registry.masking import masked_contact
from registry.models import Channel, ProofPurpose, Registrant
from registry.services.proving import ask_for_proof
from registry.services.registering import drop_draft
from registry.views.portal_confirming import GO, RESEND, check, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a code. The answer is the same whether or not the contact is known."""
    if portal_sessions.signed_in_person(request) is not None:
        return HttpResponseRedirect(reverse("registry:registration-show"))
    form = ContactForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _sign_in_page(request, form)
    entry = form.contact_entry()
    token = contact_token(entry.channel, entry.value)
    if not throttling.may_ask(request, token):
        form.add_error("contact", TOO_MANY_TRIES)
        return _sign_in_page(request, form, status=429)
    proof = ask_for_proof(
        purpose=ProofPurpose.SIGN_IN,
        channel=entry.channel,
        token=token,
        language=get_language() or "en",
    )
    portal_sessions.remember_sign_in(request, proof)
    return HttpResponseRedirect(reverse("registry:sign-in-code"))


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Type the code that was sent, if one was."""
    proof_ids = portal_sessions.sign_in_proof_ids(request)
    if not proof_ids:
        return HttpResponseRedirect(reverse("registry:sign-in"))
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        if request.POST.get(GO) == RESEND:
            return _send_again(request, proof_ids[-1])
        point = check(request, form, proof_ids)
        if point is not None:
            return signed_in(request, point)
    context = {"form": form, "is_signed_in": portal_sessions.signed_in_id(request) is not None}
    return render(request, "registry/sign_in_code.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
def prove(request: HttpRequest, person: Registrant) -> HttpResponse:
    """Ask for a new code before something that cannot be undone."""
    contacts = [
        contact
        for contact in selectors.contacts_of(person)
        if contact.confirmed_at is not None and not contact.is_held
    ]
    by_id = {str(contact.pk): contact for contact in contacts}
    form = ProofForm(
        request.POST or None,
        contacts=[
            # Left to right in a label, whatever the page's direction.
            (key, f"\u2066{masked_contact(contact.channel, contact.value)}\u2069")
            for key, contact in by_id.items()
        ],
    )
    if request.method == "POST" and form.is_valid():
        contact = by_id[form.cleaned_data["contact"]]
        if throttling.may_ask(request, contact.token):
            proof = ask_for_proof(
                purpose=ProofPurpose.SIGN_IN,
                channel=Channel(contact.channel),
                token=contact.token,
                language=get_language() or "en",
                contact_point=contact,
            )
            portal_sessions.remember_sign_in(request, proof)
            return HttpResponseRedirect(reverse("registry:sign-in-code"))
        form.add_error("contact", TOO_MANY_TRIES)
    return render(request, "registry/prove.html", {"form": form})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    portal_sessions.close_session(request)
    messages.success(request, _("You are signed out."))
    return HttpResponseRedirect(reverse("registry:home"))


@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Leave at once: nothing of the visit stays in the browser, as far as a browser obeys.

    A link and no form: it must work from any page in one press.
    """
    draft_id = portal_sessions.draft_id(request)
    draft = selectors.draft(draft_id) if draft_id else None
    if draft is not None:
        drop_draft(draft=draft)
    portal_sessions.close_session(request)
    page = HttpResponseRedirect(reverse("registry:calendar"))
    page.status_code = 303
    page["Clear-Site-Data"] = '"cookies", "storage"'
    return page


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A page that anybody might have open: this month. It names nothing and leads nowhere."""
    return render(request, "registry/calendar.html", {"month": month_of_today()})


def _sign_in_page(request: HttpRequest, form: ContactForm, status: int = 200) -> HttpResponse:
    return render(request, "registry/sign_in.html", {"form": form}, status=status)


def _send_again(request: HttpRequest, proof_id: int) -> HttpResponse:
    if portal_sessions.signed_in_id(request) is not None:
        return HttpResponseRedirect(reverse("registry:proof-ask"))
    earlier = selectors.proof(proof_id)
    if earlier is None:
        return HttpResponseRedirect(reverse("registry:sign-in"))
    if throttling.may_ask(request, earlier.token):
        proof = ask_for_proof(
            purpose=ProofPurpose.SIGN_IN,
            channel=Channel(earlier.channel),
            token=earlier.token,
            language=get_language() or "en",
        )
        portal_sessions.remember_sign_in(request, proof, is_repeat=True)
        messages.success(request, _("We are sending a new code. It can take a few minutes."))
    else:
        messages.warning(request, TOO_MANY_TRIES)
    return HttpResponseRedirect(reverse("registry:sign-in-code"))
