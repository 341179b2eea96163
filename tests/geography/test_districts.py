"""Every place has exactly one post, whatever the districts look like."""

from __future__ import annotations

import pytest
from django.db.models import CharField, QuerySet, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geography.loading import rows_of
from geography.models import Area, Country, District, Post
from geography.selectors import district_filter, post_for

Place = tuple[str, str | None]

# Two levels, one level, no areas, and a country nobody names.
COUNTRIES = ("BE", "LB", "VA", "CY")
PARENTS = {
    row["code"]: row["parent"] or None
    for row in rows_of("areas")
    if row["code"].startswith(COUNTRIES)
}
PLACES: list[Place] = [
    *((country, None) for country in COUNTRIES),
    *((code[:2], code) for code in PARENTS),
]
NAMED = [place for place in PLACES if place[0] != "CY"]
FALLBACK = "desk"
CODES = ("north", "south", "east", "west")

layouts = st.fixed_dictionaries(
    {
        "holders": st.dictionaries(st.sampled_from(NAMED), st.sampled_from((*CODES, FALLBACK))),
        "closed": st.sets(st.sampled_from(CODES)),
    }
)


def expected_post(place: Place, holders: dict[Place, str], closed: set[str]) -> str:
    """The rule in plain words: walk outwards until an open post holds the place."""
    country, area = place
    while True:
        holder = holders.get((country, area))
        if holder is not None and holder not in closed:
            return holder
        if area is None:
            return FALLBACK
        area = PARENTS[area]


def places_of(post: Post) -> set[Place]:
    """What the database says the post looks after, asked once with and once without areas."""
    areas = Area.objects.filter(country__in=COUNTRIES)
    whole: QuerySet[Country] = Country.objects.filter(code__in=COUNTRIES).annotate(
        no_area=Value(None, output_field=CharField(null=True))
    )
    found: set[Place] = set(
        areas.filter(district_filter(post, area="code")).values_list("country_id", "code")
    )
    return found | {
        (code, None)
        for code in whole.filter(district_filter(post, country="code", area="no_area")).values_list(
            "code", flat=True
        )
    }


@pytest.fixture
def five_posts(db: None) -> dict[str, Post]:
    return {
        code: Post.objects.create(
            code=code,
            country_id="LB",
            names={"en": code},
            kind="embassy",
            is_fallback=code == FALLBACK,
            time_zone="UTC",
        )
        for code in (*CODES, FALLBACK)
    }


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(layout=layouts)
def test_every_place_has_exactly_one_post(
    five_posts: dict[str, Post], layout: dict[str, object]
) -> None:
    holders: dict[Place, str] = layout["holders"]  # type: ignore[assignment]
    closed: set[str] = layout["closed"]  # type: ignore[assignment]
    District.objects.all().delete()
    District.objects.bulk_create(
        District(post=five_posts[code], country_id=country, area_id=area)
        for (country, area), code in holders.items()
    )
    for code, post in five_posts.items():
        post.is_open = code not in closed
        post.save()

    held = {code: places_of(post) for code, post in five_posts.items()}

    expected = {place: expected_post(place, holders, closed) for place in PLACES}
    assert held == {
        code: {place for place in PLACES if expected[place] == code} for code in five_posts
    }
    for place in PLACES[:: len(PLACES) // 8]:
        assert post_for(*place).code == expected[place]


def test_the_example_posts_share_out_the_whole_world(posts: dict[str, Post]) -> None:
    areas = [
        code
        for post in posts.values()
        for code in Area.objects.filter(district_filter(post, area="code")).values_list(
            "code", flat=True
        )
    ]
    assert sorted(areas) == sorted(Area.objects.values_list("code", flat=True))
    holders = {
        post.code
        for post in posts.values()
        if Area.objects.filter(district_filter(post, area="code")).exists()
    }
    assert holders == set(posts)
