"""Proving that a contact is one's own: by the code in the message, or by its link."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from audit.recording import Actor
from registry import languages, portal_proofs, portal_sessions, selectors, throttling
from registry.forms.portal_keeping import TOO_MANY_TRIES, CodeForm, MistypedContactForm
from registry.indexing import contact_token
from registry.masking import masked_contact
from registry.models import Channel, ContactPoint, ProofPurpose, Registrant
from registry.services.checking import use_one_of
from registry.services.mistyping import AlreadyConfirmed, replace_mistyped_contact
from registry.services.proving import ask_for_proof, proof_by_link, use_link

GO, RESEND = "go", "resend"


@dataclass(frozen=True)
class CodeBox:
    """One contact that waits for its code."""

    contact: ContactPoint
    masked: str
    is_phone: bool
    form: CodeForm


@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def done(request: HttpRequest) -> HttpResponse:
    """You are registered; please confirm. One box for each contact."""
    person_id = portal_sessions.draft_id(request)
    person = selectors.person(person_id) if person_id else None
    if person is None:
        return HttpResponseRedirect(reverse("registry:sign-in"))
    contacts = selectors.contacts_of(person)
    if request.method != "POST":
        return _done_page(request, contacts, None)
    contact = _named(contacts, request.POST.get("contact", ""))
    if request.POST.get(GO) == RESEND:
        send_again(request, contact)
        return HttpResponseRedirect(reverse("registry:registration-done"))
    form = CodeForm(request.POST, auto_id=f"id_{contact.pk}_%s")
    point = check(request, form, portal_sessions.proof_ids(request, contact.pk))
    if point is None:
        return _done_page(request, contacts, CodeBox(contact, "", is_phone=False, form=form))
    return signed_in(request, point, says_so=True)


@require_http_methods(["GET", "HEAD", "POST"])
def mistyped(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    """The number or address was mistyped: type it again, as long as nobody confirmed anything.

    Whoever has just registered is still here; the message went to somebody else.
    """
    person_id = portal_sessions.draft_id(request)
    person = selectors.person(person_id) if person_id else None
    contact = selectors.contact_of(person, contact_id) if person else None
    if person is None or contact is None:
        raise Http404
    form = MistypedContactForm(request.POST or None, channel=contact.channel)
    if request.method == "POST" and form.is_valid():
        entry = form.contact_entry()
        if throttling.may_ask(request, contact_token(entry.channel, entry.value)):
            try:
                proof = replace_mistyped_contact(
                    actor=Actor.person(person.pk),
                    person=person,
                    wrong=contact,
                    entry=entry,
                    language=get_language() or "en",
                )
            except AlreadyConfirmed:
                return HttpResponseRedirect(reverse("registry:sign-in"))
            portal_sessions.remember_proof(request, proof)
            return HttpResponseRedirect(reverse("registry:registration-done"))
        form.add_error("contact", TOO_MANY_TRIES)
    return render(request, "registry/mistyped.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, reference: str) -> HttpResponse:
    """A link from a message. Mail scanners open links: nothing happens before the button."""
    proof = proof_by_link(reference)
    language = languages.chosen(request) or (proof.language if proof else None) or get_language()
    if request.method == "POST":
        point = use_link(reference=reference)
        if point is not None:
            is_confirmation = proof is not None and proof.purpose == ProofPurpose.CONFIRM
            return signed_in(request, point, says_so=is_confirmation)
        proof = None
    if proof is None:
        return languages.speak(
            language or "en", lambda: render(request, "registry/link_gone.html", status=410)
        )
    context = {"is_sign_in": proof.purpose == ProofPurpose.SIGN_IN}
    return languages.speak(language or "en", lambda: render(request, "registry/link.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@portal_sessions.person_required
def contact_code(request: HttpRequest, person: Registrant, contact_id: UUID) -> HttpResponse:
    """Type the code of a contact that was added, or ask for one."""
    contact = selectors.contact_of(person, contact_id)
    if contact is None:
        raise Http404
    if contact.confirmed_at is not None:
        return HttpResponseRedirect(reverse("registry:registration-show"))
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        if request.POST.get(GO) == RESEND:
            send_again(request, contact)
            return HttpResponseRedirect(request.path)
        point = check(request, form, portal_sessions.proof_ids(request, contact.pk))
        if point is not None:
            return signed_in(request, point, says_so=True)
    box = CodeBox(
        contact,
        masked_contact(contact.channel, contact.value),
        is_phone=contact.channel == Channel.SMS,
        form=form,
    )
    is_asked = bool(portal_sessions.proof_ids(request, contact.pk))
    context = {"box": box, "form": form, "is_asked": is_asked}
    return render(request, "registry/contact_code.html", context)


def check(request: HttpRequest, form: CodeForm, proof_ids: Sequence[int]) -> ContactPoint | None:
    """Return the contact a typed code proves; None, with the reason in the form, otherwise."""
    if not form.is_valid():
        return None
    if not throttling.may_try(request):
        form.add_error("code", TOO_MANY_TRIES)
        return None
    point = use_one_of(proof_ids=proof_ids, code=form.cleaned_data["code"])
    if point is None:
        form.refuse()
    return point


def send_again(request: HttpRequest, contact: ContactPoint) -> None:
    """Ask for another code for a contact that is not confirmed, and say so."""
    if contact.confirmed_at is not None:
        return
    if not throttling.may_ask(request, contact.token):
        messages.warning(request, TOO_MANY_TRIES)
        return
    proof = ask_for_proof(
        purpose=ProofPurpose.CONFIRM,
        channel=Channel(contact.channel),
        token=contact.token,
        language=get_language() or "en",
        contact_point=contact,
    )
    portal_sessions.remember_proof(request, proof)
    messages.success(request, _("We are sending a new code. It can take a few minutes."))


def signed_in(request: HttpRequest, point: ContactPoint, *, says_so: bool = False) -> HttpResponse:
    """Open the session of whoever proved a contact, and lead them to where they were going."""
    if point.held_until is not None and point.is_held:
        return _held(request, point, point.held_until)
    portal_sessions.open_session(request, point.registrant_id)
    portal_proofs.remember(request, point)
    if says_so and point.channel == Channel.SMS:
        messages.success(request, _("Your phone number is confirmed."))
    elif says_so:
        messages.success(request, _("Your e-mail address is confirmed."))
    return HttpResponseRedirect(portal_sessions.take_aim(request))


def _held(request: HttpRequest, point: ContactPoint, until: datetime.datetime) -> HttpResponse:
    """Say when a new contact begins to let its owner in; it makes no session any fresher."""
    messages.success(
        request,
        _("It is confirmed. You can sign in with it from %(day)s on.")
        % {"day": date_format(until, "DATETIME_FORMAT")},
    )
    is_theirs = portal_sessions.signed_in_id(request) == point.registrant_id
    return HttpResponseRedirect(
        reverse("registry:registration-show" if is_theirs else "registry:sign-in")
    )


def _done_page(
    request: HttpRequest, contacts: list[ContactPoint], tried: CodeBox | None
) -> HttpResponse:
    boxes = [
        CodeBox(
            contact,
            masked_contact(contact.channel, contact.value),
            is_phone=contact.channel == Channel.SMS,
            form=tried.form
            if tried and tried.contact.pk == contact.pk
            else CodeForm(auto_id=f"id_{contact.pk}_%s"),
        )
        for contact in contacts
        if contact.confirmed_at is None
    ]
    context = {
        "boxes": boxes,
        "form": tried.form if tried else None,
        "may_correct": len(boxes) == len(contacts),
    }
    return render(request, "registry/done.html", context)


def _named(contacts: list[ContactPoint], contact_id: str) -> ContactPoint:
    for contact in contacts:
        if str(contact.pk) == contact_id:
            return contact
    raise Http404
