"""One small world in which every address has something behind it, and everybody who may knock."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.granting import ask_for_role
from accounts.models import Mandate, Role, StaffUser
from audit.recording import Actor
from crises.models import VitalInterestOverride
from crises.overriding import request_override
from disclosure.models import ListPurpose, Recipient
from disclosure.services import ask_for_list
from encryption.copies import make_recovery_key
from encryption.identifiers import new_id
from geography.models import Post
from registry.models import (
    Channel,
    Companion,
    DuplicateProposal,
    EmergencyContact,
    Oddity,
    Registrant,
    StayKind,
    UnusualReading,
)
from registry.registration import StayEntry
from registry.services.travelling import add_leg
from response.models import NextStep, Origin, Urgency
from response.services import open_case
from rights.models import Right, Way
from rights.services import ask_for_right
from tests.accounts.signing_in import PASSWORD, sign_in
from tests.crises.test_overriding import entry
from tests.people import crisis, register, released, staff, submitted
from tests.registry.consoles import open_record_of
from tests.registry.portal_visits import sign_in as sign_in_person

VISITORS = (
    *("stranger", "person", "other-person", "officer", "officer-elsewhere", "author", "approver"),
    *("data-protection", "auditor", "key-holder", "administrator"),
)
# allauth's own pages; what they let in is tested in tests/accounts.
LEFT_OUT = {"account_logout"}


@dataclass(frozen=True)
class Route:
    """One address: its name with its namespace, and the names of its parameters."""

    name: str
    parameters: tuple[str, ...]


def routes() -> list[Route]:
    """Return every address of the product."""
    return sorted(_walk(get_resolver().url_patterns, ""), key=lambda route: route.name)


def _walk(patterns: Any, space: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and f"{space}{pattern.name}" not in LEFT_OUT:
            regex = pattern.pattern.regex
            named = tuple(regex.groupindex)
            yield Route(f"{space}{pattern.name}", named or ("",) * regex.groups)


class World:
    """Rows behind every address, and a browser's cookies for each visitor."""

    def __init__(self) -> None:
        self.person = register(
            phones=["+96170990001"], emails=["owner@people.example"], passport="XM1234567"
        )
        self.other = register(phones=["+96170990002"])
        self.sought = DuplicateProposal.objects.create(
            **dict(zip(("first", "second"), sorted_people(self.person, self.other), strict=True)),
            reasons=["name"],
            score=95,
        )
        self.post = Post.objects.get(code="beirut")
        self.users = {role.value: staff(role) for role in Role}
        self.users["officer-elsewhere"] = staff(Role.OFFICER, "paris")
        self.crisis = crisis()
        self.draft = submitted(self.crisis)
        self.released = released(self.crisis)
        self.newcomer = StaffUser.objects.create_user("n@meridia.example", PASSWORD, name="N")
        asker = staff(Role.ADMINISTRATOR)
        self.asked = ask_for_role(actor=asker, user=self.newcomer, role=Role.AUTHOR)
        self.case = open_case(
            actor=self.users[Role.OFFICER.value],
            person=self.person,
            entry_id=new_id(),
            origin=Origin.CALL,
            urgency=Urgency.SOON,
            next_step=NextStep.CALL,
        )
        self.companion = Companion.objects.create(
            registrant=self.person, name="Child", relation="child"
        )
        self.relative = EmergencyContact.objects.create(
            registrant=self.person,
            name="Relative",
            relation="parent",
            channel=Channel.SMS,
            value="+96170990003",
            token=1,
        )
        today = timezone.localdate()
        self.leg = add_leg(
            actor=Actor.person(self.person.pk),
            person=self.person,
            entry=StayEntry(StayKind.TRAVEL, "TR", "TR-34", "", today, today),
        )
        self.reading = UnusualReading.objects.create(
            event_id=1,
            oddity=Oddity.SAMPLE,
            staff=self.users["officer"],
            read_at=timezone.now(),
        )
        self.list = ask_for_list(
            actor=self.users["officer"],
            crisis=self.crisis,
            post=self.post,
            recipient=Recipient.objects.create(name="R", public_key=make_recovery_key()[1]),
            purpose=ListPurpose.MEDICAL,
            hours=24,
        )
        self.request = ask_for_right(
            actor=Actor.person(self.person.pk),
            person=self.person,
            right=Right.CORRECTION,
            way=Way.WEB,
        )
        self.override: VitalInterestOverride = request_override(
            actor=self.users["author"], crisis=crisis(), entry=entry()
        )
        self.cookies = {visitor: self._cookies_of(visitor) for visitor in VISITORS}

    def browser(self, visitor: str) -> Client:
        """Return a fresh browser with a visitor's cookies."""
        client = Client(raise_request_exception=False)
        client.cookies = copy.deepcopy(self.cookies[visitor])
        return client

    def _cookies_of(self, visitor: str) -> SimpleCookie:
        client = Client()
        if visitor == "person":
            sign_in_person(client, self.person)
        elif visitor == "other-person":
            sign_in_person(client, self.other)
        elif visitor != "stranger":
            client = sign_in(self.users[visitor])
            if visitor == "officer":
                open_record_of(client, self.person)
        return client.cookies

    def arguments(self, route: Route) -> list[object]:
        """Return what stands in a route's address, for things of the person or of the crisis.

        Raises KeyError for a parameter nobody has thought of yet.
        """
        own = self.by_route()
        known = self.by_parameter()
        if route.name in own:
            return list(own[route.name])
        return [known[parameter]() for parameter in route.parameters]

    def by_route(self) -> Mapping[str, list[object]]:
        """Return arguments of routes whose parameters mean something of their own."""
        broadcast = self.released.broadcast
        assert broadcast is not None
        return {
            "geography:areas": ["LB", "en"],
            "registry:emergency-contact-remove": [self.relative.pk],
            "registry:receipt-show": ["AAAA-AAAA-AAAA"],
            "registry:receipt-file": ["AAAA-AAAA-AAAA", "iso"],
            "registry:proof-use": ["A" * 22],
            "answers:answer-give": ["A" * 22],
            "ministry:broadcast-write": [self.crisis.public_id, "alert"],
            "ministry:correction-write": [broadcast.public_id, "cancel"],
            "ministry:board-show": [broadcast.public_id],
            "ministry:board-numbers": [broadcast.public_id],
            "ministry:board-steer": [broadcast.public_id, "pause"],
            "ministry:help-list": [broadcast.public_id],
            "pages:cap": [broadcast.public_id],
            "pages:crisis-in": [self.crisis.public_id, "fr"],
            "pages:crises-in": ["fr"],
            "response:case-queue": ["all"],
            "accounts:welcome": ["AAAA", "set-password"],
            "registry:receipt-paper": ["AAAA-AAAA-AAAA"],
            "console:unusual-queue": ["open"],
            "rights:right-ask": ["restriction"],
            "rights:request-show": [self.request.pk],
            "rights:request-answer": [self.request.pk],
            "rights:request-hand-over": [self.request.pk],
            "rights:request-queue": ["locked"],
        }

    def by_parameter(self) -> Mapping[str, Callable[[], object]]:
        """Return what a parameter of this name stands for."""
        return {
            "person_id": lambda: self.person.pk,
            "contact_id": lambda: self.person.contacts.latest("pk").pk,
            "companion_id": lambda: self.companion.pk,
            "leg_id": lambda: self.leg.pk,
            "purpose_code": lambda: "crisis_alert_sms",
            "search_id": new_id,
            "reading_id": lambda: self.reading.pk,
            "list_id": lambda: self.list.pk,
            "proposal_id": lambda: self.sought.public_id,
            "crisis_id": lambda: self.crisis.public_id,
            "override_id": lambda: self.override.public_id,
            "place_id": lambda: self.crisis.areas.get().pk,
            "broadcast_id": lambda: self.draft.public_id,
            "case_id": lambda: self.case.pk,
            "user_id": lambda: self.newcomer.pk,
            "request_id": lambda: self.asked.pk,
            "mandate_id": lambda: Mandate.objects.get(user=self.users["auditor"]).pk,
            "code": lambda: "beirut",
            "provider": lambda: "demo",
        }

    def address(self, route: Route) -> str:
        """Return the address of a route in this world."""
        arguments = self.arguments(route)
        if route.parameters and all(route.parameters):
            return reverse(route.name, kwargs=dict(zip(route.parameters, arguments, strict=True)))
        return reverse(route.name, args=arguments)


def sorted_people(one: Registrant, other: Registrant) -> tuple[Registrant, Registrant]:
    """Return two people by their ids."""
    return (one, other) if one.pk < other.pk else (other, one)
