from __future__ import annotations

import pytest
from django.core.management import call_command

from geography.apps import restore_places
from geography.loading import load_places, rows_of
from geography.models import Area, Country
from geography.selectors import areas_of

pytestmark = pytest.mark.django_db


def _everything() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    return list(Country.objects.order_by("pk").values_list()), list(
        Area.objects.order_by("pk").values_list()
    )


def test_a_fresh_database_holds_every_place() -> None:
    assert set(Country.objects.values_list("code", flat=True)) == {
        row["code"] for row in rows_of("countries")
    }
    assert dict(Area.objects.values_list("code", "parent_id")) == {
        row["code"]: row["parent"] or None for row in rows_of("areas")
    }
    assert Country.objects.get(code="LB").names == {
        "en": "Lebanon",
        "fr": "Liban",
        "es": "Líbano",
        "ar": "لبنان",
    }


def test_loading_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = _everything()
    call_command("load_geography")
    assert _everything() == before
    assert "250 countries, 5016 areas; 0 no longer" in capsys.readouterr().out


def test_loading_mends_what_was_changed() -> None:
    before = _everything()
    Area.objects.filter(code="LB-AK").update(names={"en": "Elsewhere"}, is_current=False)
    Country.objects.filter(code="LB").update(dialling_code="+1")
    load_places(Country, Area, "default")
    assert _everything() == before


def test_an_area_that_left_the_standard_is_kept_but_not_offered() -> None:
    Area.objects.create(code="LB-OLD", country_id="LB", category="district", names={"en": "Old"})
    assert load_places(Country, Area, "default").withdrawn == 1
    assert not Area.objects.get(code="LB-OLD").is_current
    assert "LB-OLD" not in [area.code for area in areas_of("LB", "en")]


def test_a_country_of_the_deployments_own_survives_loading() -> None:
    Country.objects.create(code="XM", names={"en": "Meridia"})
    assert load_places(Country, Area, "default").withdrawn == 0
    assert Country.objects.get(code="XM").is_current


def test_an_emptied_database_is_filled_again() -> None:
    before = _everything()
    Area.objects.all()._raw_delete("default")
    Country.objects.all()._raw_delete("default")
    assert _everything() == ([], [])
    restore_places(using="default")
    assert _everything() == before


def test_a_filled_database_is_not_touched_after_migrations() -> None:
    Country.objects.filter(code="LB").update(names={"en": "The Lebanon"})
    restore_places(using="default")
    assert Country.objects.get(code="LB").names == {"en": "The Lebanon"}
