"""The main menu of the consoles: what a member of staff may go to, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import roles_of
from accounts.models import Role


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the menu."""

    label: str | Promise
    url: str
    is_current: bool


# Address name, label, roles it is open to. Whoever adds a page that staff go to adds it here.
_ENTRIES: tuple[tuple[str, str | Promise, frozenset[Role]], ...] = (
    ("console:people-find", _("Find people"), frozenset({Role.OFFICER})),
    ("console:people-list", _("People in your district"), frozenset({Role.OFFICER})),
    ("response:case-list", _("Cases"), frozenset({Role.OFFICER})),
    ("disclosure:list-list", _("Lists of people"), frozenset({Role.OFFICER, Role.APPROVER})),
    (
        "rights:request-list",
        _("Requests about data"),
        frozenset({Role.OFFICER, Role.DATA_PROTECTION}),
    ),
    ("console:duplicate-list", _("Possible duplicates"), frozenset({Role.OFFICER})),
    ("ministry:crisis-list", _("Crises"), frozenset({Role.AUTHOR, Role.APPROVER})),
    ("ministry:approval-list", _("Waiting for approval"), frozenset({Role.AUTHOR, Role.APPROVER})),
    (
        "ministry:override-list",
        _("Alerts without consent"),
        frozenset({Role.AUTHOR, Role.APPROVER, Role.DATA_PROTECTION}),
    ),
    (
        "ministry:engine-show",
        _("How sending fares"),
        frozenset({Role.AUTHOR, Role.APPROVER, Role.ADMINISTRATOR}),
    ),
    ("console:looks-list", _("Who looked"), frozenset({Role.DATA_PROTECTION, Role.AUDITOR})),
    (
        "console:unusual-list",
        _("Unusual readings"),
        frozenset({Role.DATA_PROTECTION, Role.AUDITOR}),
    ),
    (
        "console:retention-show",
        _("How long things are kept"),
        frozenset({Role.DATA_PROTECTION, Role.AUDITOR}),
    ),
    ("accounts:colleague-list", _("Colleagues"), frozenset({Role.ADMINISTRATOR})),
    ("accounts:post-list", _("Posts"), frozenset({Role.ADMINISTRATOR, Role.DATA_PROTECTION})),
    ("mfa_index", _("Your sign-in"), frozenset(Role)),
)


def navigation_for(request: HttpRequest) -> list[NavigationItem]:
    """Return the entries open to the request's user; one query, none for a stranger."""
    if not request.user.is_authenticated:
        return []
    roles = roles_of(request.user)
    addresses = [(reverse(name), label) for name, label, allowed in _ENTRIES if roles & allowed]
    # Of addresses that begin alike, the longest is the page's own.
    fitting = [url for url, _label in addresses if request.path.startswith(url)]
    current = max(fitting, key=len, default=None)
    return [NavigationItem(label, url, url == current) for url, label in addresses]
