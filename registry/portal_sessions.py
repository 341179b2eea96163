"""Who is signed in in the portal: somebody who proved a contact, for half an hour at a time.

A session holds ids and times, nothing a person typed. Its cookie and its idle time
are those of the portal's realm (config.realms).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encryption.keyring import Erased, SealError
from registry import selectors
from registry.models import ContactProof, Registrant
from registry.unreadable import marked
from walls.scopes import admit

_READING = {"GET", "HEAD"}
FRESH_SECONDS = 10 * 60
# A message may be slow: the codes asked for before the last one work too.
CODES_KEPT = 3

_PERSON, _PROVED_AT, _AIM = "person_id", "proved_at", "aim"
_DRAFT, _PROOFS, _SIGN_IN = "draft_id", "proofs", "sign_in_proofs"

P = ParamSpec("P")
PersonView = Callable[Concatenate[HttpRequest, Registrant, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def open_session(request: HttpRequest, person_id: UUID) -> None:
    """Sign a person in who has just proved a contact. Everything else the session held goes."""
    admit(person_id)
    proofs, aim = request.session.get(_PROOFS, {}), request.session.get(_AIM, "")
    was = signed_in_id(request)
    request.session.flush()
    request.session[_PERSON] = str(person_id)
    request.session[_PROVED_AT] = int(time.time())
    request.session[_PROOFS] = proofs
    # Where somebody was going before they were asked for a code is theirs alone.
    if was == person_id and aim:
        request.session[_AIM] = aim


def close_session(request: HttpRequest) -> None:
    """Sign out and forget everything."""
    request.session.flush()


def signed_in_id(request: HttpRequest) -> UUID | None:
    """Return the id of the person signed in, without asking whether they still exist."""
    found = request.session.get(_PERSON)
    return UUID(found) if found else None


def signed_in_person(request: HttpRequest) -> Registrant | None:
    """Return the person signed in; None for a stranger and for somebody erased meanwhile."""
    person_id = signed_in_id(request)
    if person_id is None:
        return None
    person = selectors.person(person_id)
    if person is None:
        close_session(request)
    return person


def is_freshly_proved(request: HttpRequest) -> bool:
    """Tell whether the person typed a code within the last ten minutes."""
    return bool(time.time() - request.session.get(_PROVED_AT, 0) < FRESH_SECONDS)


def person_required(view: PersonView[P]) -> View[P]:
    """Hand the signed-in person to a view; strangers are led to the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        person = signed_in_person(request)
        if person is None:
            return HttpResponseRedirect(reverse("registry:sign-in"))
        try:
            if request.method in _READING:
                with marked():
                    return view(request, person, *args, **kwargs)
            return view(request, person, *args, **kwargs)
        except SealError:
            # Nothing was changed. Their page says which part it is.
            messages.error(
                request, _("Part of your record cannot be read. Please call your consulate.")
            )
            return HttpResponseRedirect(reverse("registry:registration-show"))
        except (Erased, Registrant.DoesNotExist):
            # Erased in another window while this page was made.
            close_session(request)
            return HttpResponseRedirect(reverse("registry:sign-in"))

    guarded.is_for_signed_in_person = True  # type: ignore[attr-defined]
    return guarded


def fresh_proof_required(view: PersonView[P]) -> PersonView[P]:
    """Ask for a new code first, unless one was typed a few minutes ago; then come back here."""

    @wraps(view)
    def guarded(
        request: HttpRequest, person: Registrant, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if is_freshly_proved(request):
            return view(request, person, *args, **kwargs)
        # A path of ours that was just routed: no open redirect, and no value of a person in it.
        request.session[_AIM] = request.path
        return HttpResponseRedirect(reverse("registry:proof-ask"))

    return guarded


def take_aim(request: HttpRequest) -> str:
    """Return the path the person was on their way to, once; else the first page of theirs."""
    return str(request.session.pop(_AIM, "") or reverse("registry:registration-show"))


# --- a registration that is not finished


def remember_draft(request: HttpRequest, draft_id: UUID) -> None:
    """Note which draft this visitor is filling in."""
    admit(draft_id)
    request.session[_DRAFT] = str(draft_id)


def draft_id(request: HttpRequest) -> UUID | None:
    """Return the id of this visitor's draft, which becomes the person's id."""
    found = request.session.get(_DRAFT)
    return UUID(found) if found else None


# --- codes that were asked for


def remember_proof(request: HttpRequest, proof: ContactProof) -> None:
    """Note a code that was sent to confirm a contact."""
    proofs: dict[str, list[int]] = request.session.get(_PROOFS, {})
    contact = str(proof.contact_point_id)
    proofs[contact] = [*(p for p in proofs.get(contact, []) if p != proof.pk), proof.pk]
    proofs[contact] = proofs[contact][-CODES_KEPT:]
    request.session[_PROOFS] = proofs


def proof_ids(request: HttpRequest, contact_id: UUID) -> Sequence[int]:
    """Return the codes asked for by this visitor for a contact, oldest first."""
    kept: list[int] = request.session.get(_PROOFS, {}).get(str(contact_id), [])
    return kept


def remember_sign_in(request: HttpRequest, proof: ContactProof, *, is_repeat: bool = False) -> None:
    """Note a code that was asked for to sign in; an earlier one stays good on a repeat."""
    earlier: list[int] = request.session.get(_SIGN_IN, []) if is_repeat else []
    request.session[_SIGN_IN] = [*earlier, proof.pk][-CODES_KEPT:]


def sign_in_proof_ids(request: HttpRequest) -> Sequence[int]:
    """Return the sign-in codes this visitor asked for, oldest first."""
    kept: list[int] = request.session.get(_SIGN_IN, [])
    return kept


def end_sessions_of(person_ids: Collection[UUID]) -> int:
    """End every portal session of these people, on whatever device; return how many."""
    wanted = {str(person_id) for person_id in person_ids}
    ended = 0
    # What a session holds is not to be searched in SQL; there are few at any time.
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        held = session.get_decoded()
        if not wanted.isdisjoint({held.get(_PERSON), held.get(_DRAFT)}):
            ended += session.delete()[0]
    return ended
