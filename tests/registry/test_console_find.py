"""Finding people: any spelling, the own district only, masked, and written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM
from socket import socket as UnixSocket  # noqa: N812

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role
from audit.models import AuditEvent
from consent.models import ConsentEvent
from consent.receipts import plain_code, receipt_code, subjects_of_code
from registry.looking import Place, people_in_district, search
from registry.models import Registrant
from registry.recognising import recognise
from tests.people import register, staff
from tests.registry.consoles import look_for, officer, words_of
from tests.walls.acting import acting_as
from walls.roles import DatabaseRole

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "typed",
    [
        "+96170123456",
        "+961 70 123 456",
        "+961-70-12 34 56",
        "00961 70 123456",
        "70 123 456",
        "070 123456",
        "(70) 123-456",
        "٧٠ ١٢٣ ٤٥٦",
        "+٩٦١٧٠١٢٣٤٥٦",
        "tel:+96170123456",
        "0123456",
        "012 34 56",
        "\u202a+961 70 123 456\u202c",
    ],
)
def test_a_phone_is_found_in_any_usual_spelling(typed: str) -> None:
    person = register(phones=["+96170123456"])
    register(phones=["+96170123457"])
    rows = search(staff(Role.OFFICER), typed).rows
    assert [row.person_id for row in rows] == [person.pk]


@pytest.mark.parametrize(
    "typed", ["amal@mail.example", "AMAL@mail.example", " amal@MAIL.example ", "amal@mail。example"]
)
@pytest.mark.parametrize("registered", ["amal@mail.example", "Amal@mail.example"])
def test_an_e_mail_address_is_found_in_any_usual_spelling(typed: str, registered: str) -> None:
    person = register(emails=[registered])
    assert [row.person_id for row in search(staff(Role.OFFICER), typed).rows] == [person.pk]


@pytest.mark.parametrize(
    "typed", ["XM1234567", "xm1234567", "XM 123 4567", "xm-1234567", "ＸＭ１２３４５６７"]
)
def test_a_passport_is_found_in_any_usual_spelling(typed: str) -> None:
    person = register(passport="XM1234567")
    register(passport="XM1234568")
    assert [row.person_id for row in search(staff(Role.OFFICER), typed).rows] == [person.pk]


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f" {code[:3]} {code[3:7]} - {code[7:]} ",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("-", "\u2013"),
    ],
    ids=["printed", "small", "together", "apart", "misread", "dash"],
)
def test_a_receipt_is_found_in_any_usual_spelling(spelled: Callable[[str], str]) -> None:
    person = register()
    register()
    event = ConsentEvent.objects.filter(subject_id=person.pk).latest("pk")
    rows = search(staff(Role.OFFICER), spelled(receipt_code(event.event_id))).rows
    assert [(row.person_id, str(row.why)) for row in rows] == [(person.pk, "Receipt")]
    elsewhere = search(staff(Role.OFFICER, "paris"), receipt_code(event.event_id))
    assert elsewhere.rows == []


def test_a_receipt_is_looked_up_by_an_index() -> None:
    person = register()
    event = ConsentEvent.objects.filter(subject_id=person.pk).latest("pk")
    assert subjects_of_code(plain_code(receipt_code(event.event_id))) == [person.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'consent_subjects_of_receipt'")
        (inside,) = cursor.fetchone()
        cursor.execute("SET LOCAL enable_seqscan = off")
        with acting_as(DatabaseRole.LOOKUP):
            cursor.execute("EXPLAIN " + inside.replace("= code", "= 1"))
        assert "consent_by_receipt_code" in str(cursor.fetchall())


def test_a_search_can_be_narrowed_by_area_kind_and_language() -> None:
    beirut = register(area="LB-BA", phones=["+96170123456"], language="ar")
    north = register(area="LB-AS", phones=["+96170123456"], other_languages=("ar",))
    user = staff(Role.OFFICER)

    def found(place: Place) -> set[object]:
        return {row.person_id for row in search(user, "+96170123456", place).rows}

    assert found(Place()) == {beirut.pk, north.pk}
    assert found(Place("LB", "LB-AS")) == {north.pk}
    assert found(Place(kind="study")) == set()
    assert found(Place(language="ar")) == {beirut.pk, north.pk}
    assert found(Place(language="en")) == {north.pk}
    assert found(Place(language="fr")) == set()
    detail = AuditEvent.objects.filter(act="registry.people-searched").latest("pk").detail
    assert (detail["area"], detail["language"]) == ("", "fr")


def test_a_narrowed_search_is_kept_and_stands_in_no_address() -> None:
    register(area="LB-BA", phones=["+96170123456"])
    response = officer().post(
        reverse("console:people-find"),
        {"query": "+96170123456", "country": "LB", "area": "LB-AS", "language": "ar"},
        follow=True,
    )
    assert "LB-AS" not in response.redirect_chain[0][0]
    assert "Nobody in your district matches this" in words_of(response)
    assert '<option value="LB-AS" selected' in words_of(response)


def test_everybody_who_shares_a_phone_is_found() -> None:
    people = {register(phones=["+96170123456"]).pk for _ in range(2)}
    rows = search(staff(Role.OFFICER), "+96170123456").rows
    assert {row.person_id for row in rows} == people


@pytest.mark.parametrize("typed", ["+96170123456", "amal@mail.example", "XM1234567", "0123456"])
def test_another_post_finds_nobody(typed: str) -> None:
    register(phones=["+96170123456"], emails=["amal@mail.example"], passport="XM1234567")
    assert search(staff(Role.OFFICER, "paris"), typed).rows == []


def test_a_whole_number_wins_over_an_equal_ending_and_says_why() -> None:
    other = register(phones=["+96171123456"])
    person = register(phones=["+96170123456"])
    rows = search(staff(Role.OFFICER), "+961 70 123 456").rows
    assert [(row.person_id, str(row.why)) for row in rows] == [(person.pk, "Phone number")]
    ends = search(staff(Role.OFFICER), "1123456").rows
    assert [(row.person_id, str(row.why)) for row in ends] == [
        (other.pk, "End of the phone number")
    ]


def test_the_address_of_the_results_holds_nothing_that_was_typed() -> None:
    register(phones=["+96170123456"])
    client = officer()
    response = look_for(client, "+961 70 123 456")
    (address, _status) = response.redirect_chain[0]
    assert "961" not in address
    assert "123" not in address
    # The page can be loaded again without sending anything again.
    assert "Phone number" in words_of(client.get(address))


def test_what_was_typed_is_not_in_the_session_store_and_not_in_the_audit() -> None:
    register(family_names="Zzyzx")
    look_for(officer(), "Zzyzx Quux")
    sessions = [str(row.get_decoded()) for row in Session.objects.all()]
    assert "searches" in "".join(sessions)
    assert "zzyzx" not in "".join(sessions).casefold()
    assert "zzyzx" not in str(list(AuditEvent.objects.values())).casefold()


def test_a_search_of_another_session_leads_back_to_the_box() -> None:
    register(phones=["+96170123456"])
    response = look_for(officer(), "+96170123456")
    address = response.redirect_chain[0][0]
    assert officer().get(address).url == reverse("console:people-find")  # type: ignore[attr-defined]


def test_rows_show_nothing_in_full() -> None:
    register(
        given_names="Amal",
        family_names="Haddad",
        phones=["+96170123456"],
        emails=["amal@haddad.example"],
        passport="XM1234567",
        place="Rue Gouraud 5",
        birth={"year": 1990, "month": 4, "day": 2},
    )
    page = words_of(look_for(officer(), "+96170123456"))
    assert "Amal H…" in page
    assert "+961 •••••• 56" in page
    assert "1990" in page
    page = page.replace('value="+96170123456"', "")
    for value in ("Haddad", "haddad", "70123456", "70 123", "1234567", "Gouraud", "1990-04"):
        assert value not in page


@pytest.mark.parametrize(
    ("given", "family", "alias", "shown"),
    [
        ("Amal", "Haddad", "", "Amal H…"),
        ("أمل", "حداد", "", "أمل ح…"),
        ("芳", "李", "", "芳 …"),
        ("Suharto", "", "", "S…"),
        ("", "Haddad", "", "H…"),
        ("", "", "Nightingale", "N…"),
        ("राम", "श्रीवास्तव", "", "राम श्…"),
        ("राम", "कुमार", "", "राम कु…"),
        ("", "", "X", "•••"),
    ],
)
def test_names_are_shortened_so_that_none_is_whole(
    given: str, family: str, alias: str, shown: str
) -> None:
    register(given_names=given, family_names=family, alias=alias, phones=["+96170123456"])
    (row,) = search(staff(Role.OFFICER), "+96170123456").rows
    assert row.name == shown


def test_an_e_mail_address_alone_is_masked_with_its_domain() -> None:
    register(emails=["amal@haddad.example"])
    (row,) = search(staff(Role.OFFICER), "amal@haddad.example").rows
    assert row.contact == "a••••@h••••.example"


def test_no_count_goes_beyond_ten() -> None:
    for _ in range(12):
        register(phones=["+96170123456"])
    findings = search(staff(Role.OFFICER), "+96170123456")
    assert len(findings.rows) == 12
    assert findings.count_text == "10+"


def test_no_page_has_more_than_twenty_rows() -> None:
    for _ in range(23):
        register(phones=["+96170123456"])
    findings = search(staff(Role.OFFICER), "+96170123456")
    assert len(findings.rows) == 20
    assert findings.has_more


@pytest.mark.parametrize("socket", ["", "nobody-listens", "left-behind"])
def test_without_the_finder_one_sentence_says_so_and_numbers_still_work(
    settings: Settings, tmp_path: Path, socket: str
) -> None:
    settings.FINDER_SOCKET = str(tmp_path / socket) if socket else ""
    if socket == "left-behind":
        # A finder that was killed leaves its socket file.
        with UnixSocket(AF_UNIX, SOCK_STREAM) as listener:
            listener.bind(settings.FINDER_SOCKET)
    register(phones=["+96170123456"])
    client = officer()
    page = words_of(look_for(client, "Amal Haddad"))
    assert "Names cannot be searched right now." in page
    assert "Amal H…" not in page
    event = AuditEvent.objects.get(act="registry.people-searched")
    assert event.detail["is_finder_down"]
    assert "Amal H…" in words_of(look_for(client, "+96170123456"))
    assert "Amal H…" in words_of(client.get(reverse("console:people-list")))


def test_nobody_found_says_what_to_try() -> None:
    page = words_of(look_for(officer(), "+961 70 999 999"))
    assert "Nobody in your district matches this" in page
    assert "last seven numbers" in page


@pytest.mark.parametrize("typed", ["", "   ", "a", "12", "...", "\u202e", "1234"])
def test_too_little_is_refused_and_kept_in_the_box(typed: str) -> None:
    response = officer().post(reverse("console:people-find"), {"query": typed})
    assert response.status_code == 200
    assert "There is a problem" in words_of(response)
    assert not AuditEvent.objects.filter(act="registry.people-searched").exists()


def test_every_search_is_written_down_without_the_words() -> None:
    user = staff(Role.OFFICER)
    register(phones=["+96170123456"])
    search(user, "+96170123456")
    search(user, "+96170123456")
    search(user, "+96170999999")
    events = AuditEvent.objects.filter(act="registry.people-searched", actor_id=user.pk)
    details = [event.detail for event in events.order_by("pk")]
    assert [detail["rows"] for detail in details] == [1, 1, 0]
    assert details[0]["sought"] == details[1]["sought"] != details[2]["sought"]
    assert [len(event.revealed_ids) for event in events.order_by("pk")] == [1, 1, 0]
    assert all(event.subject_id is None for event in events)
    assert "70123456" not in str(details)


def test_a_search_costs_the_same_for_one_row_and_for_twenty() -> None:
    user = staff(Role.OFFICER)
    counts = []
    for many in (1, 20):
        while Registrant.objects.count() < many:
            register(phones=["+96170123456"], emails=["shared@mail.example"])
        with CaptureQueriesContext(connection) as queries:
            assert len(search(user, "+96170123456").rows) == many
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 17


@pytest.mark.parametrize(
    ("typed", "phones", "last", "passport", "is_name"),
    [
        ("Amal Haddad", (), "", "", True),
        ("Amal 1990", (), "", "AMAL1990", True),
        ("李明", (), "", "", True),
        ("70 123 456", ("+96170123456",), "0123456", "70123456", False),
        ("1234567", ("+9611234567",), "1234567", "1234567", False),
        ("12345", (), "", "12345", True),
        ("+961 70 123 456 ext 5", (), "", "", True),
    ],
)
def test_what_was_typed_is_read_in_every_way_it_can_mean(
    typed: str, phones: tuple[str, ...], last: str, passport: str, is_name: bool
) -> None:
    sought = recognise(typed, ["LB"])
    assert sought.phones == phones
    assert sought.last_digits == last
    assert sought.passport == passport
    assert bool(sought.name) is is_name


def test_the_list_of_the_district_can_be_narrowed() -> None:
    beirut = register(area="LB-BA")
    north = register(area="LB-AS")
    register(country="FR", area="FR-IDF")
    user = staff(Role.OFFICER)

    def listed(place: Place) -> set[object]:
        return {row.person_id for row in people_in_district(user, place)[0].rows}

    assert listed(Place()) == {beirut.pk, north.pk}
    assert listed(Place("LB", "LB-AS")) == {north.pk}
    assert listed(Place("FR")) == set()
    assert listed(Place(kind="residence")) == {beirut.pk, north.pk}
    assert listed(Place(kind="study")) == set()


def test_the_list_goes_on_to_the_next_page_and_never_says_how_many() -> None:
    people = [register() for _ in range(23)]
    client = officer()
    first = client.get(reverse("console:people-list"))
    page = words_of(first)
    assert "People: 10+" in page
    assert not re.search(r"\b23\b", re.sub("<[^>]*>", " ", page.partition("<tbody")[0]))
    second = client.get(f"{reverse('console:people-list')}?{first.context['next_query']}")
    assert "next_query" not in second.context
    shown = [row.person_id for row in first.context["findings"].rows]
    shown += [row.person_id for row in second.context["findings"].rows]
    assert shown == [person.pk for person in reversed(people)]
    assert AuditEvent.objects.filter(act="registry.people-listed").count() == 2


def test_the_list_takes_nonsense_calmly() -> None:
    register()
    address = reverse("console:people-list")
    for query in ("country=ZZ", "area=XX-1", "after=abc", "kind=spy", "country=LB&area=FR-IDF"):
        assert officer().get(f"{address}?{query}").status_code == 200


def test_the_list_offers_the_countries_of_the_post_only() -> None:
    options = officer("beirut").get(reverse("console:people-list")).context["form"]
    assert [code for code, _name in options.fields["country"].choices] == ["LB"]
