from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from geography.loading import load_posts
from geography.models import Country, District, Post
from geography.posts_file import PostsFileError, read_posts
from geography.selectors import post_for
from geography.signals import districts_changed

pytestmark = pytest.mark.django_db

Data = dict[str, Any]


@pytest.fixture
def data(example_file: Path) -> Data:
    """The example file as data, to be spoilt."""
    return tomllib.loads(example_file.read_text(encoding="utf-8"))


@pytest.fixture
def saved(data: Data, tmp_path: Path) -> Callable[[], Path]:
    """Write `data` as JSON and return the path."""

    def write() -> Path:
        path = tmp_path / "posts.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    return write


def rows() -> list[tuple[Any, ...]]:
    return [
        *Country.objects.user_assigned().order_by("code").values_list(),
        *Post.objects.values_list(),
        *District.objects.order_by("country_id", "area_id").values_list(
            "post__code", "country_id", "area_id"
        ),
    ]


def test_the_example_names_every_kind_of_post(posts: dict[str, Post]) -> None:
    assert {post.kind for post in posts.values()} == {"embassy", "consulate", "ministry"}
    assert [post.code for post in posts.values() if post.is_fallback] == ["ministry"]
    assert posts["beirut"].name_in("ar") == "السفارة في بيروت"
    assert Country.objects.get(code="XM").name_in("fr") == "Méridie"


def test_loading_twice_is_loading_once(
    example_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("load_posts", example_file)
    before = rows()
    call_command("load_posts", example_file)
    assert rows() == before
    assert "16 posts" in capsys.readouterr().out


def test_json_says_the_same_as_toml(example_file: Path, saved: Callable[[], Path]) -> None:
    assert read_posts(saved()) == read_posts(example_file)


def test_a_post_that_is_left_out_is_closed_not_deleted(
    posts: dict[str, Post], data: Data, saved: Callable[[], Path]
) -> None:
    data["posts"] = [post for post in data["posts"] if post["code"] != "marseille"]
    assert load_posts(read_posts(saved())).closed == ("marseille",)
    assert not Post.objects.get(code="marseille").is_open
    assert post_for("FR", "FR-13") == posts["paris"]


def test_the_fallback_can_move_to_another_post(
    posts: dict[str, Post], data: Data, saved: Callable[[], Path]
) -> None:
    for post in data["posts"]:
        post["is_fallback"] = post["code"] == "paris"
    load_posts(read_posts(saved()))
    assert post_for("JP", None) == posts["paris"]


def test_whoever_keeps_posts_hears_of_new_districts(
    example_file: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[object] = []

    def listen(sender: object, **kwargs: object) -> None:
        heard.append(sender)

    districts_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            load_posts(read_posts(example_file))
            assert heard == []
    finally:
        districts_changed.disconnect(listen)
    assert heard == [Post]


def _post(data: Data, code: str) -> Data:
    found: Data = next(post for post in data["posts"] if post["code"] == code)
    return found


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda d: d.update(embassies=[]), "unknown part: embassies"),
        (lambda d: d.update(posts={}), "posts must be a list of tables"),
        (lambda d: d.update(posts=["beirut"]), "posts must be a list of tables"),
        (lambda d: d.update(posts=[]), "Exactly one post must have is_fallback = true; 0 have it"),
        (lambda d: _post(d, "paris").update(is_fallback=True), "2 have it"),
        (lambda d: _post(d, "ministry").update(is_open=False), "the fallback must be open"),
        (lambda d: d["posts"].append(_post(d, "paris")), "The code paris is used more than once"),
        (lambda d: _post(d, "paris").pop("time_zone"), "time_zone is missing"),
        (lambda d: _post(d, "paris").update(fax="+33"), "fax is not a known setting"),
        (lambda d: _post(d, "paris").update(code="Paris!"), "the code must be small letters"),
        (lambda d: _post(d, "paris").update(code=7), "code must be text in quotes"),
        (lambda d: _post(d, "paris").update(kind="palace"), "the kind must be one of"),
        (lambda d: _post(d, "paris").update(country="QQ"), "there is no country QQ"),
        (lambda d: _post(d, "paris").update(time_zone="Europe/Lutetia"), "the time zone"),
        (lambda d: _post(d, "paris").update(time_zone="../../etc/passwd"), "the time zone"),
        (lambda d: _post(d, "paris").update(phone="call us"), "the phone number may hold only"),
        (lambda d: _post(d, "paris").update(email="paris"), "the e-mail address is not valid"),
        (lambda d: _post(d, "paris").update(names="Paris"), "names must be a table"),
        (lambda d: _post(d, "paris")["names"].pop("ar"), "the name in ar is missing"),
        (lambda d: _post(d, "paris")["names"].update(en="A\u202eb"), "the name in en is missing"),
        (lambda d: _post(d, "paris").update(is_open="yes"), "is_open must be true or false"),
        (lambda d: _post(d, "paris").update(district="FR"), "district must be a list of codes"),
        (lambda d: _post(d, "paris").update(district=[]), "the district names no place"),
        (lambda d: _post(d, "paris").update(district=["FR-QQQ"]), "no country or area FR-QQQ"),
        (lambda d: _post(d, "paris").update(district=[7]), "no country or area 7"),
        (lambda d: _post(d, "paris")["district"].append("LB"), "LB is in more than one district"),
        (lambda d: d["countries"][0].update(code="FR"), "the code must be one ISO 3166-1 leaves"),
        (lambda d: d["countries"][0].update(dialling_code="999"), "the dialling code must look"),
        (lambda d: d["countries"].append(d["countries"][0]), "The code XM is used more than once"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason_and_changes_nothing(
    posts: dict[str, Post],
    data: Data,
    saved: Callable[[], Path],
    spoil: Callable[[Data], Any],
    problem: str,
) -> None:
    before = rows()
    spoil(data)
    with pytest.raises(CommandError) as refusal:
        call_command("load_posts", saved())
    assert problem in str(refusal.value)
    assert "Nothing was changed" in str(refusal.value)
    assert rows() == before


def test_every_problem_is_named_at_once(data: Data, saved: Callable[[], Path]) -> None:
    _post(data, "paris").update(kind="palace", email="paris")
    _post(data, "beirut").update(country="QQ")
    with pytest.raises(PostsFileError) as refusal:
        read_posts(saved())
    assert len(refusal.value.problems) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [("posts.toml", "posts = ["), ("posts.json", "{"), ("posts.json", "[]"), ("posts.toml", None)],
)
def test_an_unreadable_file_is_refused(tmp_path: Path, name: str, content: str | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(PostsFileError):
        read_posts(path)
