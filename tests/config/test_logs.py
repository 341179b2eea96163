"""Log lines hold ids, codes and durations; nothing about a person gets through."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import ResolverMatch
from hypothesis import given
from hypothesis import strategies as st

from config.logs import LineFormatter, SilentFilter, mask, mask_path

MAIL = "amal.haddad@post.example"
PHONE = "+961 3 123 456"
REFERENCE = UUID("0d9f8a34-5b12-4c3e-9a77-123456789012")


class Log:
    """A logger written to text as the product's handlers write."""

    def __init__(self, name: str) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(LineFormatter())
        handler.addFilter(SilentFilter())
        # Not one of the process's own: nothing else may listen to it.
        self.logger = logging.Logger(name)  # noqa: LOG001
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def log() -> Log:
    return Log("registry.services")


def test_a_line_has_instant_level_logger_message_and_ids(log: Log) -> None:
    log.logger.info("chunk handed over", extra={"chunk_id": 7, "sent_count": 12, "took_ms": 3.5})
    instant, level, name, rest = log.text.split(" ", 3)
    assert instant.endswith("Z")
    assert (level, name) == ("INFO", "registry.services")
    assert rest == "chunk handed over chunk_id=7 sent_count=12 took_ms=3.500\n"


def test_only_names_that_stand_for_ids_and_codes_are_printed(log: Log) -> None:
    log.logger.info("found", extra={"given_name": "Amal", "phone": PHONE, "person_id": REFERENCE})
    assert log.text.endswith(f"found person_id={REFERENCE}\n")


@pytest.mark.parametrize("value", ["Amal Haddad", MAIL, PHONE, "961312345678", ["a"], {"a": 1}])
def test_a_value_that_is_no_code_is_left_out(log: Log, value: object) -> None:
    log.logger.info("refused", extra={"error_code": value})
    assert log.text.endswith("refused\n")


@pytest.mark.parametrize(
    "value",
    [
        *("amal@post.example", "Amal.Haddad+x@post.example", "أمل@بريد.example", "root@localhost"),
        *("+9613123456", "+961 3 123 456", "00961-3-123456", "(03) 123 456", "03.12.34.56"),
        *("0612345678", "٠٦١٢٣٤٥٦٧٨", "1987-04-12", "12/04/1987", "+1 (415) 555-0132"),
    ],
)
def test_what_looks_like_an_address_a_number_or_a_date_is_hidden(log: Log, value: str) -> None:
    log.logger.error("cannot reach %s today", value)
    log.logger.error(f"cannot reach {value}, today")
    log.logger.error("cannot reach <%s>", value)
    assert value not in log.text
    assert log.text.count("…") == 3


@pytest.mark.parametrize(
    "text", ["dispatch 7 chunk 12 of 200", "took 0.532 s", "HTTP 503", f"person {REFERENCE}"]
)
def test_ids_codes_and_durations_stay(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="0123456789", min_size=7, max_size=15), st.sampled_from(" .-/"))
def test_no_long_number_survives_however_it_is_written(digits: str, between: str) -> None:
    for written in (digits, between.join(digits), f"+{digits}", f"({digits[:2]}) {digits[2:]}"):
        shown = "".join(char for char in mask(f"sent to {written}.") if char.isdigit())
        assert not shown


def test_an_exception_shows_its_class_and_place_and_none_of_its_words(log: Log) -> None:
    try:
        try:
            raise KeyError(MAIL)
        except KeyError as error:
            raise ValueError(f"Failing row contains (Amal, {PHONE})") from error
    except ValueError:
        log.logger.exception("could not register")
    assert "could not register failure=ValueError at tests/config/test_logs.py:" in log.text
    assert "<- KeyError at" in log.text
    assert not any(word in log.text for word in ("Amal", "961", "Failing", MAIL))
    assert log.text.count("\n") == 1


def test_a_logged_exception_object_in_the_arguments_is_masked(log: Log) -> None:
    log.logger.error("provider said %s", ValueError(f"no such user {MAIL}"))
    assert MAIL not in log.text


def test_a_traceback_that_a_library_put_into_its_message_is_cut_off(log: Log) -> None:
    log.logger.error("lost\nTraceback (most recent call last):\n  File x\nValueError: Amal")
    assert log.text.endswith("lost\n")


def test_a_message_stays_on_one_line(log: Log) -> None:
    log.logger.warning("first\nsecond\r\n2026 ERROR forged")
    assert log.text.count("\n") == 1


def test_arguments_that_do_not_fit_lose_the_arguments_not_the_line(log: Log) -> None:
    log.logger.error("sent %d to %d", MAIL)
    assert "sent %d to %d" in log.text
    assert MAIL not in log.text


def test_celery_s_failures_lose_their_arguments() -> None:
    log = Log("celery.app.trace")
    log.logger.error(
        "Task %(name)s[%(id)s] %(description)s: %(exc)s",
        {
            "name": "registry.tasks.expire",
            "id": str(REFERENCE),
            "description": "raised unexpected",
            "exc": f"ValueError('{MAIL}')",
            "args": f"({MAIL!r},)",
            "kwargs": "{}",
            "traceback": "Amal",
        },
    )
    assert log.text.endswith(f"Task registry.tasks.expire[{REFERENCE}] raised unexpected\n")


def test_a_failed_request_is_named_by_its_route_not_its_address() -> None:
    log = Log("django.request")
    request = RequestFactory().get("/m/s3cretT0ken/", {"q": MAIL})
    request.resolver_match = ResolverMatch(lambda: None, (), {}, route="m/<str:token>/")
    log.logger.error(
        "Internal Server Error: %s", request.path, extra={"request": request, "status_code": 500}
    )
    assert "500 at /m/<str:token>/" in log.text
    assert "s3cretT0ken" not in log.text
    assert MAIL not in log.text


def test_an_address_without_a_route_loses_query_and_token(log: Log) -> None:
    assert mask_path("Not Found: /m/s3cretT0kenXYZ/?q=amal") == "Not Found: /m/…/"
    assert mask_path(f"/people/{REFERENCE}/") == f"/people/{REFERENCE}/"
    assert mask_path("/console/people/") == "/console/people/"


def test_gunicorn_s_failing_addresses_are_hidden_too() -> None:
    log = Log("gunicorn.error")
    log.logger.error("Error handling request /m/s3cretT0kenXYZ/?q=amal")
    assert log.text.endswith("Error handling request /m/…/\n")


def test_a_record_is_made_safe_for_every_later_handler() -> None:
    log = Log("registry")
    other = io.StringIO()
    log.logger.addHandler(logging.StreamHandler(other))
    try:
        raise ValueError(MAIL)
    except ValueError:
        log.logger.exception("failed for %s", PHONE)
    assert MAIL not in other.getvalue()
    assert PHONE not in other.getvalue()


@pytest.mark.django_db
def test_the_site_s_own_failures_are_silent(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/no-such-page/s3cretT0kenXYZ/", {"q": MAIL})
    records = [record for record in caplog.records if record.name == "django.request"]
    assert records
    lines = [LineFormatter().format(record) for record in records]
    assert not any(part in line for line in lines for part in ("s3cret", MAIL, "q="))


def test_what_ends_a_process_is_one_silent_line() -> None:
    script = (
        "import logging.config, sys; from config.logs import log_uncaught;"
        "from config.settings import offline;"
        "logging.config.dictConfig(offline.LOGGING); sys.excepthook = log_uncaught;"
        f"raise ValueError({MAIL!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "process ended failure=ValueError" in done.stderr
    assert MAIL not in done.stderr
    assert "Traceback" not in done.stderr
