"""The desk's HTML, written out by hand: every value goes through `escape`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from demo.totp import SignInCode

_LINK = re.compile(r"https?://[^\s<>\"']+")
_KINDS = {"mail": "E-mail", "sms": "SMS", "reply": "SMS sent back"}


@dataclass(frozen=True)
class Item:
    """One captured message; `kind` is mail, sms or reply (a phone's answer to us)."""

    kind: str
    at: datetime
    recipient: str
    sender: str
    title: str
    text: str
    number: int
    place: int
    is_exercise: bool


def page(
    items: Sequence[Item],
    *,
    count: int,
    wanted: str,
    codes: Sequence[SignInCode],
    site: str,
    token: str,
) -> str:
    """Return the whole page."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outside: captured mail and SMS</title>
<link rel="stylesheet" href="/desk.css">
</head>
<body>
<header>
<h1>Outside</h1>
<p>Nothing leaves this machine. What the register sends ends up here.
<a href="{escape(site)}/">The register</a></p>
</header>
<main>
{_codes(codes)}
<section aria-labelledby="messages">
<h2 id="messages">Messages, newest first</h2>
<form method="get" action="/" class="find">
<label for="to">Only to (part of an address or number)</label>
<input id="to" name="to" value="{escape(wanted)}" dir="ltr">
<button>Show</button> <a href="/">Show all, with what is new</a>
</form>
<p>{len(items)} of {count} shown.</p>
{_messages(items, token)}
</section>
</main>
</body>
</html>
"""


def _codes(codes: Sequence[SignInCode]) -> str:
    if not codes:
        return ""
    rows = "\n".join(
        f'<tr><td>{escape(code.email)}</td><td class="code">{escape(code.code)}</td>'
        f"<td>{code.seconds_left} s</td></tr>"
        for code in codes
    )
    return f"""<section aria-labelledby="codes">
<h2 id="codes">Sign-in codes</h2>
<p>What the invented staff's phones show now. <a href="/">New codes</a></p>
<table>
<thead>
<tr><th scope="col">Who</th><th scope="col">Code</th><th scope="col">Good for</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</section>"""


def _messages(items: Sequence[Item], token: str) -> str:
    if not items:
        return "<p>Nothing has arrived yet.</p>"
    answered: set[tuple[int, str]] = set()
    parts = []
    for item in items:
        phone = (item.place, item.recipient)
        # One box per phone is enough, at the newest SMS it got.
        may_answer = item.kind == "sms" and phone not in answered
        if may_answer:
            answered.add(phone)
        parts.append(_message(item, _answer_box(item, token) if may_answer else ""))
    return "\n".join(parts)


def _message(item: Item, box: str) -> str:
    exercise = ' <strong class="exercise">Exercise</strong>' if item.is_exercise else ""
    title = f'<p class="title" dir="auto">{escape(item.title)}</p>' if item.title else ""
    raw = (
        f'<p><a href="/mail/{item.place}/{item.number}">As it came over the wire</a></p>'
        if item.kind == "mail"
        else ""
    )
    instant = item.at.astimezone()
    return f"""<article class="{item.kind}">
<h3>{_KINDS[item.kind]} to <bdi>{escape(item.recipient)}</bdi>{exercise}</h3>
<p class="from">from <bdi>{escape(item.sender)}</bdi>,
<time datetime="{instant.isoformat()}">{instant:%H:%M:%S}</time></p>
{title}
<pre dir="auto">{_with_links(item.text)}</pre>
{raw}{box}
</article>"""


def _answer_box(item: Item, token: str) -> str:
    name = f"answer-{item.place}-{item.number}"
    return f"""<form method="post" action="/reply">
<input type="hidden" name="token" value="{escape(token)}">
<input type="hidden" name="place" value="{item.place}">
<input type="hidden" name="phone" value="{escape(item.recipient)}">
<label for="{name}">Answer as this phone</label>
<input id="{name}" name="text" required maxlength="480" dir="auto">
<button>Send</button>
</form>"""


def _with_links(text: str) -> str:
    parts = []
    end = 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        parts.append(escape(text[end : match.start()]))
        parts.append(f'<a href="{escape(address)}">{escape(address)}</a>')
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return "".join(parts)
