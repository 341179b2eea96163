"""The list of possible duplicates: masked, of one's own district, and closed with a reason."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role
from audit.models import AuditEvent
from registry.finding.duplicates.proposing import propose_duplicates
from registry.models import DuplicateProposal, ProposalState, Registrant
from registry.pairing import open_pairs
from tests.people import register, staff
from tests.registry.consoles import officer, words_of

pytestmark = pytest.mark.django_db

PHONE = "+96170123456"


def pair(first: Registrant | None = None, second: Registrant | None = None) -> DuplicateProposal:
    """Propose two people, of Beirut unless given."""
    one, two = sorted((first or register(), second or register()), key=lambda each: each.pk)
    return DuplicateProposal.objects.create(
        first=one, second=two, reasons=["phone", "alike-name"], score=95
    )


def in_paris() -> Registrant:
    return register(country="FR", area="FR-IDF", phones=["+33612345678"])


def test_a_pair_stands_side_by_side_masked_and_with_reasons() -> None:
    register(given_names="Amal", family_names="Haddad", phones=[PHONE], birth={"year": 1990})
    again = register(given_names="Amal", family_names="Hadad", phones=[PHONE], passport="XM1234567")
    assert propose_duplicates(again.pk) == 1
    page = words_of(officer().get(reverse("console:duplicate-list")))
    assert page.count("Amal H…") >= 4
    assert "Same phone number" in page
    assert "Alike name" in page
    for value in ("Haddad", "Hadad", "70123456", "1234567"):
        assert value not in page
    event = AuditEvent.objects.get(act="registry.duplicates-listed")
    assert event.detail == {"rows": 1}
    assert len(event.revealed_ids) == 2


def test_an_officer_sees_pairs_of_which_both_are_of_the_district() -> None:
    here = pair()
    pair(second=in_paris())
    pair(in_paris(), in_paris())
    closed = pair()
    Registrant.objects.filter(pk=closed.first_id).update(restricted_at=closed.proposed_at)
    pairs, after = open_pairs(staff(Role.OFFICER, "beirut"))
    assert [each.proposal_id for each in pairs] == [here.public_id]
    assert after is None


def test_the_surest_come_first_and_the_list_goes_on() -> None:
    rows = [pair() for _ in range(12)]
    DuplicateProposal.objects.filter(pk=rows[3].pk).update(score=99)
    user = staff(Role.OFFICER, "beirut")
    first, after = open_pairs(user)
    second, end = open_pairs(user, after=after)
    shown = [each.proposal_id for each in (*first, *second)]
    assert len(first) == 10
    assert end is None
    assert shown[0] == rows[3].public_id
    assert sorted(shown) == sorted(row.public_id for row in rows)


def test_a_page_costs_the_same_for_one_pair_and_for_ten(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(10):
        pair()
    user = staff(Role.OFFICER, "beirut")
    with django_assert_max_num_queries(12):
        assert len(open_pairs(user)[0]) == 10


def test_two_people_stay_apart_for_a_reason_and_for_good() -> None:
    one = register(given_names="Amal", family_names="Haddad", phones=[PHONE])
    two = register(given_names="Amal", family_names="Haddad", phones=[PHONE])
    propose_duplicates(two.pk)
    proposal = DuplicateProposal.objects.get()
    client = officer()
    address = reverse("console:duplicate-dismiss", args=[proposal.public_id])
    assert "Choose how you know it." in words_of(client.post(address, {}))
    page = words_of(client.post(address, {"reason": "namesakes"}, follow=True))
    assert "The two records stay apart." in page
    assert "No possible duplicates" in page
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.DISMISSED
    assert proposal.close_reason == "namesakes"
    event = AuditEvent.objects.get(act="registry.duplicate-dismissed")
    assert event.reason == "namesakes"
    assert set(event.detail["people"]) == {str(one.pk), str(two.pk)}
    assert propose_duplicates(one.pk) == 0
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.DISMISSED
    # Pressed twice: done once.
    assert client.post(address, {"reason": "other"}).status_code == 302
    assert AuditEvent.objects.filter(act="registry.duplicate-dismissed").count() == 1


def test_a_pair_of_another_district_cannot_be_dismissed() -> None:
    proposal = pair(second=in_paris())
    address = reverse("console:duplicate-dismiss", args=[proposal.public_id])
    for post in ("beirut", "paris"):
        client = officer(post)
        assert client.get(address).status_code == 404
        assert client.post(address, {"reason": "other"}).status_code == 404
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OPEN


def test_the_list_takes_nonsense_calmly() -> None:
    address = reverse("console:duplicate-list")
    for query in ("after=abc", "after=", "after=019b0000-0000-7000-8000-000000000000"):
        assert officer().get(f"{address}?{query}").status_code == 200
