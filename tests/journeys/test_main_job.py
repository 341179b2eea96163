"""The main job, end to end, in real browsers with real workers, servers and receivers.

A woman registers in Arabic on a small phone without JavaScript; an officer finds her by
a phone number written with spaces; two people of the ministry alert her area; the SMS
is in Arabic and the e-mail has one recipient; she says that she needs help, and the
board shows it. Somebody in another country gets nothing.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, StaffUser
from notifications.models import Broadcast, Dispatch, DispatchState
from registry.models import Registrant
from tests.accounts.signing_in import PASSWORD, code_of, give_app
from tests.browsing import PHONE, Pages
from tests.people import crisis, load_posts, staff

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

_CODE = re.compile(r"\d{3} \d{3} \d{4}")


def register(
    page: Page, *, country: str, area: str, phone: str, email: str, given: str, family: str
) -> None:
    """Go through both screens as somebody without JavaScript does."""
    page.goto("/")
    page.locator("main a.govuk-button").click()
    page.locator("#id_country").select_option(country)
    page.locator("[name=show_areas]").click()
    page.locator("#id_area").select_option(area)
    page.locator("label[for=id_kind_1]").click()
    page.locator("#id_phone").fill(phone)
    page.locator("#id_email").fill(email)
    page.locator("main form button[value=on]").last.click()
    page.wait_for_url("**/register/who/")
    page.locator("#id_given_names").fill(given)
    page.locator("#id_family_names").fill(family)
    for channel in ("sms", "email"):
        page.locator(f"label[for=id_consent_crisis_alert_{channel}]").click()
    page.locator("main form button[value=on]").click()
    page.wait_for_url("**/register/done/")


def sign_in(page: Page, user: StaffUser, start: str) -> None:
    """Sign a member of staff in and go where they work."""
    secret = give_app(user)
    page.goto("/staff/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("[name=code]").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()
    page.goto(start)


def write_alert(page: Page) -> None:
    """Write an alert in English and Arabic and hand it over for approval."""
    page.get_by_role("link", name="Fire in the port").first.click()
    page.get_by_role("link", name="Write an alert").click()
    for name, value in (
        ("severity", "Severe"),
        ("urgency", "Immediate"),
        ("certainty", "Observed"),
    ):
        page.locator(f"#id_{name}").select_option(value)
    page.locator("#id_expected_count").fill("1")
    page.locator("#id_fallback_language").select_option("en")
    words = {
        "en": ("Fire in the port of Beirut", "Beirut: fire in the port. Stay away.", "Stay away."),
        "ar": ("حريق في مرفأ بيروت", "بيروت: حريق في المرفأ. ابتعدوا عنه.", "ابتعدوا عن المرفأ."),
    }
    for language, (subject, sms, mail) in words.items():
        page.locator(f"#id_subject_{language}").fill(subject)
        page.locator(f"#id_sms_{language}").fill(sms)
        page.locator(f"#id_email_{language}").fill(mail)
    page.get_by_role("button", name="Save and see whom it reaches").click()
    page.get_by_role("button", name="Hand over for approval").click()


def test_from_a_strangers_phone_to_an_alert_that_is_answered(
    pages: Pages, celery, mailbox, sms_gateway
) -> None:
    load_posts()
    celery.start("crisis")
    celery.start("crisis,urgent,routine")
    celery.start_beat()

    # A woman in Beirut, on a small phone, in Arabic, without JavaScript.
    hers = pages.open(locale="ar", javascript=False, viewport=PHONE)
    register(
        hers,
        country="LB",
        area="LB-BA",
        phone="٠٣ ٩٩٩ ٨٨٨",
        email="amal@people.example",
        given="أمل",
        family="حداد",
    )
    code = _CODE.search(sms_gateway.wait_for("+9613999888").text)
    assert code is not None
    hers.locator("[name=code]").first.fill(code[0])
    hers.locator("main form button[value=on]").first.click()
    hers.wait_for_url("**/my/**")
    link = re.search(r"/c/[\w-]{22}", mailbox.wait_for("amal@people.example").text)
    assert link is not None
    hers.goto(link[0])
    hers.locator("main button").click()

    # Somebody else, in Paris.
    his = pages.open(javascript=False)
    register(
        his,
        country="FR",
        area="FR-IDF",
        phone="+33 6 12 34 56 78",
        email="paul@people.example",
        given="Paul",
        family="Morel",
    )
    sms_gateway.wait_for("+33612345678")
    mailbox.wait_for("paul@people.example")

    # An officer in Beirut finds her; her name is masked until he says why he looks.
    officer = pages.open()
    sign_in(officer, staff(Role.OFFICER, "beirut"), "/console/people/")
    officer.locator("input[type=search]").fill("+961 3 99 98 88")
    officer.get_by_role("button", name="Find").click()
    expect(officer.get_by_text("People found: 1")).to_be_visible()
    assert "حداد" not in officer.content()
    her_id = Registrant.objects.get(nationality="XM", language="ar").pk
    officer.goto(f"/console/people/{her_id}/")
    officer.get_by_text("The person asked for something").click()
    officer.get_by_role("button", name="Open the record").click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text("أمل حداد")

    # An officer in Paris does not even learn that she exists.
    stranger = pages.open()
    sign_in(stranger, staff(Role.OFFICER, "paris"), "/console/people/")
    for nobody in (her_id, "01900000-0000-7000-8000-000000000000"):
        answer = stranger.goto(f"/console/people/{nobody}/")
        assert answer is not None
        assert answer.status == 404

    # Two people of the ministry.
    author, approver = staff(Role.AUTHOR), staff(Role.APPROVER)
    crisis(opened_by=author)
    writing = pages.open()
    sign_in(writing, author, "/ministry/")
    write_alert(writing)
    broadcast = Broadcast.objects.get()
    assert broadcast.submitted_count == 1
    approving = pages.open()
    sign_in(approving, approver, f"/ministry/broadcasts/{broadcast.public_id}/approve/")
    approving.locator("main form input[inputmode=numeric]").first.fill("1")
    approving.get_by_role("button", name="Release the real message").click()
    approving.wait_for_url("**/board/**")

    # She is told in Arabic, by both ways, alone on the envelope.
    sms = sms_gateway.wait_for("+9613999888", count=2)
    assert "المرفأ" in sms.text
    mail = mailbox.wait_for("amal@people.example", count=2)
    assert mail.recipients == ("amal@people.example",)
    assert str(mail.message["To"]) == "amal@people.example"
    assert mail.message["Cc"] is None
    assert mail.message["Bcc"] is None
    assert "المرفأ" in mail.text

    # She presses "I need help", and the board shows it without being reloaded by hand.
    link = re.search(r"/a/[\w-]{22}", sms.text)
    assert link is not None
    hers.goto(link[0])
    assert hers.locator("html").get_attribute("dir") == "rtl"
    assert "حداد" not in hers.content()
    hers.locator("button[value=help]").click()
    expect(hers.locator("[role=status]")).to_be_visible()
    expect(approving.locator("#numbers")).to_contain_text(
        "0 + 1 + 0 + 0 + 0 + 0 = 1", timeout=20_000
    )

    # Nothing more went to Paris.
    assert Dispatch.objects.get(broadcast=broadcast).state == DispatchState.FINISHED
    assert [sms.recipient for sms in sms_gateway.messages].count("+33612345678") == 1
    assert [mail.recipient for mail in mailbox.messages].count("paul@people.example") == 1
