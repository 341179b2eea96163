"""What every page may show of the site itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_info

from config.navigation import NavigationItem, navigation_for


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the site: its code, its name in itself, and how it is written."""

    code: str
    name: str
    is_rtl: bool
    is_chosen: bool

    @property
    def direction(self) -> str:
        return "rtl" if self.is_rtl else "ltr"


@dataclass(frozen=True, slots=True)
class Site:
    """Name, address and languages of the site, as `site` in every template."""

    name: str
    origin: str
    home_state: str
    languages: tuple[Language, ...]
    request: HttpRequest

    @property
    def language(self) -> Language:
        """The language of this page."""
        return next((language for language in self.languages if language.is_chosen), _ENGLISH)

    @property
    def is_rtl(self) -> bool:
        return self.language.is_rtl

    @property
    def navigation(self) -> list[NavigationItem]:
        """The staff menu. Asked for by the consoles' pages only, so that no other page pays."""
        return navigation_for(self.request)


_ENGLISH = Language("en", "English", is_rtl=False, is_chosen=True)


def site(request: HttpRequest) -> dict[str, Site]:
    """Context processor: `site`."""
    chosen = get_language() or settings.LANGUAGE_CODE
    languages = tuple(
        Language(code, str(name), get_language_info(code)["bidi"], code == chosen)
        for code, name in settings.LANGUAGES
    )
    return {
        "site": Site(
            settings.SITE_NAME, settings.SITE_ORIGIN, settings.HOME_STATE_NAME, languages, request
        )
    }
