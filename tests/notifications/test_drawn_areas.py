"""Who is in a drawn area: exactly, vaguely, and when nobody can say."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Role
from audit.recording import Actor
from crises.models import AffectedArea, Crisis
from crises.services import NotAllowed, draw_shape, remove_place
from geography.drawing import shape_from_data
from geography.shapes import Circle, Shape
from notifications import addressing
from notifications.audiences import AudienceRule, reachable_sql, rule_for
from notifications.counting import AudiencePreview, preview
from notifications.drawn_areas import laid_out
from notifications.models import AudienceMember
from registry.finding.choosing import finder
from registry.finding.points_cells import fill_cells
from registry.finding.process import Finder
from registry.models import Stay, StayKind
from registry.registration import StayEntry
from registry.services.keeping import move_person
from tests.accounts.signing_in import sign_in
from tests.people import crisis, register, released, staff, submitted

pytestmark = pytest.mark.django_db

HAMRA = "33.8960, 35.4830"
JOUNIEH = "33.9810, 35.6170"
HAMRA_CIRCLE = Circle(35.483, 33.896, 2)


@pytest.fixture
def cells(settings: Any) -> None:
    """The engine in SQL, ready."""
    settings.PLACE_SEARCH = "cells"
    for _ in fill_cells():
        pass


def people(*shapes: Shape, rule: AudienceRule | None = None) -> set[UUID]:
    """Return whom a rule reaches now."""
    rule = rule or AudienceRule(shapes=shapes)
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        laid_out(cursor.cursor, rule.shapes, rule.out_shapes) as drawn,
    ):
        sql, parameters = reachable_sql(rule, is_exact=drawn is None or drawn.is_exact)
        parameters |= {"first": None, "end": None, "languages": ["en"], "fallback": "en"}
        cursor.execute(sql, parameters)
        return {row[0] for row in cursor.fetchall()}


def counted(rule: AudienceRule) -> AudiencePreview:
    with transaction.atomic(), connection.cursor() as cursor:
        return preview(cursor.cursor, rule, ["en"], "en")


def test_a_circle_reaches_exactly_who_is_in_it(cells: None) -> None:
    here = register(place=HAMRA)
    register(place=JOUNIEH, area="LB-JL")
    register(place="41.01, 28.97", country="TR", area="TR-34")
    assert people(HAMRA_CIRCLE) == {here.pk}
    assert counted(AudienceRule(shapes=(HAMRA_CIRCLE,))).vague == 0


def test_who_named_only_an_area_or_country_it_touches_is_reached_and_counted_as_vague(
    cells: None,
) -> None:
    here = register(place=HAMRA)
    area, country = register(area="LB-BA"), register(area=None)
    register(area="LB-JA")
    register(country="TR", area=None)
    assert people(HAMRA_CIRCLE) == {here.pk, area.pk, country.pk}
    found = counted(AudienceRule(shapes=(HAMRA_CIRCLE,)))
    assert (found.placed, found.reachable, found.vague) == (3, 3, 2)
    assert not found.is_widened


def test_who_named_a_town_is_reached_as_far_as_the_town_reaches(cells: None) -> None:
    town = register(place="Beirut")
    assert people(HAMRA_CIRCLE) == {town.pk}
    assert counted(AudienceRule(shapes=(HAMRA_CIRCLE,))).vague == 1
    assert people(Circle(35.6171, 34.1211, 2)) == set()


def test_a_hole_and_a_shape_left_out_take_people_away(cells: None) -> None:
    here, near = register(place=HAMRA), register(place="33.8880, 35.5200")
    wide = Circle(35.49, 33.89, 10)
    assert people(wide) == {here.pk, near.pk}
    rule = AudienceRule(shapes=(wide,), out_shapes=(HAMRA_CIRCLE,))
    assert people(rule=rule) == {near.pk}
    named = AudienceRule(included=(("LB", None),), out_shapes=(HAMRA_CIRCLE,))
    vague = register(area=None)
    assert people(rule=named) == {near.pk, vague.pk}
    ring = [[35.0, 33.5], [36.0, 33.5], [36.0, 34.2], [35.0, 34.2], [35.0, 33.5]]
    hole = [[35.47, 33.89], [35.49, 33.89], [35.49, 33.90], [35.47, 33.90], [35.47, 33.89]]
    holed = shape_from_data({"type": "Polygon", "coordinates": [ring, hole]})
    assert people(holed) == {near.pk, vague.pk}


def test_a_shape_and_a_place_add_up(cells: None) -> None:
    here, there = register(place=HAMRA), register(area="LB-JA", place="33.2733, 35.1939")
    rule = AudienceRule(included=(("LB", "LB-JA"),), shapes=(HAMRA_CIRCLE,))
    assert people(rule=rule) == {here.pk, there.pk}
    assert counted(rule).vague == 0


def test_when_positions_are_not_known_everybody_of_the_areas_touched_is_reached(
    settings: Any,
) -> None:
    settings.FINDER_SOCKET = ""
    here, other = register(place=HAMRA), register(place="33.8700, 35.5300")
    register(area="LB-JA", place="33.2733, 35.1939")
    assert people(HAMRA_CIRCLE) == {here.pk, other.pk}
    found = counted(AudienceRule(shapes=(HAMRA_CIRCLE,)))
    assert (found.is_widened, found.placed, found.vague) == (True, 2, 2)


def test_a_position_nobody_can_read_counts_as_none(cells: None) -> None:
    person = register(place=JOUNIEH, area="LB-BA")
    assert people(HAMRA_CIRCLE) == set()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_stay SET position = position || '\\x00'::bytea")
    assert people(HAMRA_CIRCLE) == {person.pk}


def test_the_rule_with_shapes_is_kept_as_data(cells: None) -> None:
    found = crisis(("LB", "LB-JA"))
    AffectedArea.objects.create(crisis=found, shape=HAMRA_CIRCLE.as_data())
    AffectedArea.objects.create(
        crisis=found, shape=Circle(35.48, 33.89, 1).as_data(), is_excluded=True
    )
    rule = rule_for(found)
    assert rule.shapes == (HAMRA_CIRCLE,)
    assert AudienceRule.from_data(rule.as_data()) == rule


# --- the freeze, with a real finder ---------------------------------------------


def drawn_crisis() -> Crisis:
    found = crisis(("TR", "TR-34"))
    draw_shape(actor=staff(Role.AUTHOR), crisis=found, shape=HAMRA_CIRCLE, is_excluded=False)
    return found


@pytest.mark.django_db(transaction=True)
def test_the_freeze_reaches_who_is_in_it_also_those_the_finder_does_not_know_yet(
    tmp_path: Path, settings: Any
) -> None:
    settings.FINDER_SOCKET = str(tmp_path / "socket")
    here, moved = register(place=HAMRA), register(place=HAMRA)
    register(place=JOUNIEH, area="LB-JL")
    process = Finder(settings.FINDER_SOCKET, every=3600)
    thread = threading.Thread(target=process.run)
    thread.start()
    try:
        dispatch = released(drawn_crisis())
        # After the finder's only look.
        late = register(place="33.8965, 35.4835")
        stay = Stay.objects.get(registrant=moved)
        move_person(
            actor=Actor.person(moved.pk),
            person=moved,
            entry=StayEntry(StayKind(stay.kind), "LB", "LB-JL", JOUNIEH, stay.from_on, None),
        )
        addressing.freeze(dispatch.pk)
    finally:
        finder().close()
        process.stop()
        thread.join(20)
    members = AudienceMember.objects.filter(dispatch=dispatch)
    assert set(members.values_list("registrant_id", flat=True)) == {here.pk, late.pk}


# --- the ministry's page ---------------------------------------------------------


def test_a_shape_is_drawn_left_out_and_removed_by_authors_only() -> None:
    found, author = crisis(), staff(Role.AUTHOR)
    with pytest.raises(NotAllowed):
        draw_shape(actor=staff(Role.APPROVER), crisis=found, shape=HAMRA_CIRCLE, is_excluded=False)
    draw_shape(actor=author, crisis=found, shape=HAMRA_CIRCLE, is_excluded=True)
    row = found.areas.get(shape__isnull=False)
    assert row.drawn == HAMRA_CIRCLE
    assert row.is_excluded
    remove_place(actor=author, crisis=found, place_id=row.pk)
    assert not found.areas.filter(shape__isnull=False).exists()


PLACES_PAGE = "ministry:crisis-places"
TRIANGLE = (
    '{"type": "Polygon", "coordinates": [[[35, 33.5], [36, 33.5], [35.5, 34.5], [35, 33.5]]]}'
)


def test_a_circle_and_a_pasted_area_are_added_on_the_page(cells: None) -> None:
    found, author = crisis(), sign_in(staff(Role.AUTHOR))
    address = reverse(PLACES_PAGE, args=[found.public_id])
    circle = {"which": "circle", "circle-centre": HAMRA, "circle-radius": "2.5"}
    assert author.post(address, circle | {"circle-side": "affected"}).status_code == 302
    drawn = {"which": "polygon", "drawn-polygon": TRIANGLE, "drawn-side": "left-out"}
    assert author.post(address, drawn).status_code == 302
    shapes = found.areas.filter(shape__isnull=False).order_by("pk")
    assert [row.is_excluded for row in shapes] == [False, True]
    assert shapes[0].drawn == Circle(35.483, 33.896, 2.5)
    page = author.get(address).content.decode()
    assert "2.5 km around 33.8960, 35.4830" in page
    assert "Drawn area with 3 corners" in page


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"which": "circle", "circle-centre": "here", "circle-radius": "5"}, "in degrees"),
        ({"which": "circle", "circle-centre": HAMRA, "circle-radius": "9999"}, "at most 3000 km"),
        ({"which": "circle", "circle-centre": HAMRA, "circle-radius": "nan"}, "Type a number"),
        ({"which": "polygon", "drawn-polygon": "{"}, "This is not GeoJSON"),
        (
            {
                "which": "polygon",
                "drawn-polygon": '{"type": "Polygon", "coordinates": '
                "[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}",
            },
            "crosses itself",
        ),
    ],
)
def test_what_is_no_area_is_refused_beside_its_field(data: dict[str, str], said: str) -> None:
    found, author = crisis(), sign_in(staff(Role.AUTHOR))
    sides = {"circle-side": "affected", "drawn-side": "affected"}
    page = author.post(reverse(PLACES_PAGE, args=[found.public_id]), data | sides)
    assert said in page.content.decode()
    assert found.areas.count() == 1


def test_a_shape_that_touches_nothing_affected_cannot_be_left_out() -> None:
    found = crisis()
    with pytest.raises(ValidationError):
        draw_shape(
            actor=staff(Role.AUTHOR), crisis=found, shape=Circle(2.35, 48.86, 5), is_excluded=True
        )


def test_the_approver_is_told_when_a_drawn_area_had_to_be_widened(settings: Any) -> None:
    settings.FINDER_SOCKET = ""
    register(place=HAMRA)
    broadcast = submitted(drawn_crisis())
    page = sign_in(staff(Role.APPROVER)).get(
        reverse("ministry:broadcast-show", args=[broadcast.public_id])
    )
    assert "Exact positions cannot be looked up just now" in page.content.decode()
