"""Which finder holds whom: FINDER_SOCKET, taken apart.

/run/finder/socket                          one finder for everybody
/run/finder/a,/run/finder/b                 two that both hold everybody
beirut+amman=/run/finder/east;/run/finder/rest
                                            one for two posts, one for all the others
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from geography.models import Post


@dataclass(frozen=True)
class Share:
    """The posts whose people one finder holds, by their ids.

    only: these and no others; without: all but these, people without a post among them.
    """

    only: frozenset[int] = frozenset()
    without: frozenset[int] = frozenset()

    @property
    def label(self) -> str:
        """What a snapshot goes by, so that it is not opened by a finder of other posts."""
        if self.only:
            return "+".join(map(str, sorted(self.only)))
        return "-".join(["", *map(str, sorted(self.without))])

    def holds(self, post_ids: Collection[int]) -> bool:
        """Whether people of these posts belong to it."""
        if self.only:
            return not self.only.isdisjoint(post_ids)
        return not post_ids or not self.without.issuperset(post_ids)


EVERYBODY = Share()


@dataclass(frozen=True)
class Group:
    """The sockets of finders that hold the same people, and the codes of their posts.

    No code means the people whom no other group names.
    """

    sockets: tuple[str, ...]
    codes: frozenset[str] = frozenset()


def groups(setting: str) -> tuple[Group, ...]:
    """Return the groups in a FINDER_SOCKET setting, none for "".

    Raises ImproperlyConfigured when two groups claim a socket, a post, or all the others.
    """
    found = tuple(_group(part) for part in setting.split(";") if part.strip())
    sockets = [path for group in found for path in group.sockets]
    codes = [code for group in found for code in group.codes or {""}]
    if len(set(sockets)) < len(sockets) or len(set(codes)) < len(codes):
        raise ImproperlyConfigured("FINDER_SOCKET names a socket or a post twice")
    return found


def _group(text: str) -> Group:
    codes, separator, paths = text.rpartition("=")
    named = frozenset(code.strip() for code in codes.split("+") if code.strip())
    sockets = tuple(path.strip() for path in paths.split(",") if path.strip())
    if not sockets or bool(separator) is not bool(named):
        raise ImproperlyConfigured("FINDER_SOCKET is not of the form posts=socket,socket;socket")
    return Group(sockets, named)


def shares(found: Collection[Group]) -> dict[Group, Share]:
    """Return the share of each group. Raises ImproperlyConfigured for a post there is not."""
    wanted = {code for group in found for code in group.codes}
    if not wanted:
        return dict.fromkeys(found, EVERYBODY)
    ids = dict(Post.objects.filter(code__in=wanted).values_list("code", "pk"))
    if len(ids) < len(wanted):
        raise ImproperlyConfigured("FINDER_SOCKET names a post there is not")
    named = frozenset(ids.values())
    return {
        group: Share(only=frozenset(ids[code] for code in group.codes))
        if group.codes
        else Share(without=named)
        for group in found
    }
