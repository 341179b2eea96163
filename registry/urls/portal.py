"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from registry.views import (
    portal_confirming,
    portal_consents,
    portal_contacts,
    portal_family,
    portal_my_registration,
    portal_registering,
    portal_signing_in,
    portal_travelling,
)

app_name = "registry"

urlpatterns = [
    path("", portal_registering.home, name="home"),
    path("register/", portal_registering.start, name="registration-start"),
    path("register/who/", portal_registering.finish, name="registration-finish"),
    path("register/done/", portal_confirming.done, name="registration-done"),
    path(
        "register/done/<uuid:contact_id>/",
        portal_confirming.mistyped,
        name="registration-contact-correct",
    ),
    path("c/<slug:reference>", portal_confirming.link, name="proof-use"),
    path("my/", portal_my_registration.show, name="registration-show"),
    path("my/sign-in/", portal_signing_in.sign_in, name="sign-in"),
    path("my/sign-in/code/", portal_signing_in.code, name="sign-in-code"),
    path("my/new-code/", portal_signing_in.prove, name="proof-ask"),
    path("my/sign-out/", portal_signing_in.sign_out, name="sign-out"),
    path("my/still-here/", portal_my_registration.still_here, name="stay-confirm"),
    path("my/moved/", portal_my_registration.move, name="stay-move"),
    path("my/gone-home/", portal_my_registration.gone_home, name="stay-end"),
    path("my/trips/add/", portal_travelling.add, name="leg-add"),
    path("my/trips/<uuid:leg_id>/remove/", portal_travelling.remove, name="leg-remove"),
    path("my/details/", portal_my_registration.correct, name="person-correct"),
    path("my/looks/", portal_my_registration.looks, name="look-list"),
    path("my/erase/", portal_my_registration.erase, name="person-erase"),
    path("my/contacts/add/", portal_contacts.add, name="contact-add"),
    path(
        "my/contacts/<uuid:contact_id>/code/",
        portal_confirming.contact_code,
        name="contact-confirm",
    ),
    path("my/contacts/undo/", portal_contacts.undo, name="contact-undo"),
    path("my/contacts/<uuid:contact_id>/remove/", portal_contacts.remove, name="contact-remove"),
    path("my/companions/add/", portal_family.companion_add, name="companion-add"),
    path(
        "my/companions/<uuid:companion_id>/remove/",
        portal_family.companion_remove,
        name="companion-remove",
    ),
    path(
        "my/emergency-contacts/add/",
        portal_family.emergency_contact_add,
        name="emergency-contact-add",
    ),
    path(
        "my/emergency-contacts/<uuid:contact_id>/remove/",
        portal_family.emergency_contact_remove,
        name="emergency-contact-remove",
    ),
    path("my/choices/", portal_consents.history, name="consent-history"),
    path("my/choices/receipts/<slug:code>/", portal_consents.receipt, name="receipt-show"),
    path(
        "my/choices/receipts/<slug:code>/<slug:form>.json",
        portal_consents.receipt_file,
        name="receipt-file",
    ),
    path(
        "my/choices/receipts/<slug:code>.pdf",
        portal_consents.receipt_paper,
        name="receipt-paper",
    ),
    path("my/choices/<slug:purpose_code>/", portal_consents.switch, name="consent-switch"),
    path("leave/", portal_signing_in.leave, name="leave"),
    path("calendar/", portal_signing_in.calendar, name="calendar"),
]
