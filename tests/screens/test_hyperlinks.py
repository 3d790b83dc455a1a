"""Links of the terminal lead to HubSpot's pages of records and nowhere else, whoever made them."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from console.connector.record_links import record_url
from screens.terminal.desktop import has_desktop
from screens.terminal.gate import Gate
from screens.terminal.hyperlinks import is_ours, linked
from tests.screens.workplace import Workplace
from tests.support.simulator import start_simulator
from tests.support.terminal import Terminal

GOOD = "https://app.hubspot.com/contacts/44237313/record/0-1/171596044869"
BLACK = Color.parse("black")


def test_a_records_page_has_the_form_that_hubspot_gives() -> None:
    assert record_url(44237313, "contact", "171596044869") == GOOD
    assert record_url(7, "company", "5", "app-eu1.hubspot.com") == "https://app-eu1.hubspot.com/contacts/7/record/0-2/5"


@pytest.mark.parametrize("domain", ["evil.example", "app.hubspot.com.evil.example", "a b.hubspot.com", "hubspot.com/x"])
def test_a_domain_that_is_not_hubspots_is_not_believed(domain: str) -> None:
    assert record_url(7, "contact", "5", domain) == "https://app.hubspot.com/contacts/7/record/0-1/5"


@pytest.mark.parametrize("uid", ["", "0", "05", "-1", "5/..", "5?x", "\N{FULLWIDTH DIGIT FIVE}", "5\x1b", "1" * 21])
def test_only_a_uid_of_digits_has_a_page(uid: str) -> None:
    assert record_url(7, "contact", uid) == ""


@given(st.integers(), st.text(), st.text(), st.text())
def test_whatever_goes_in_only_ours_come_out(portal: int, cls: str, uid: str, domain: str) -> None:
    for kind in (cls, "contact"):
        url = record_url(portal, kind, uid, domain)
        assert url == "" or is_ours(url)


@given(st.text())
def test_no_other_address_is_ours(text: str) -> None:
    for foreign in (text, f"https://evil.example/{text}", f"{GOOD}{text}", f"{text}{GOOD}"):
        if foreign != GOOD and not re.fullmatch(r"[0-9]{0,8}", text, re.ASCII):
            assert not is_ours(foreign)


def test_the_gate_takes_other_links_off_and_leaves_ours() -> None:
    segments = [
        Segment("good", Style(link=GOOD, bold=True)),
        Segment("evil", Style(link="https://evil.example/", bold=True)),
        Segment("plain", None),
    ]
    out = Gate().apply(segments, BLACK)
    assert [segment.text for segment in out] == ["good", "evil", "plain"]
    assert [segment.style.link if segment.style else None for segment in out] == [GOOD, None, None]
    assert out[1].style is not None
    assert out[1].style.bold


def test_text_is_linked_only_to_ours() -> None:
    assert linked("5", GOOD).spans[-1].style.link == GOOD  # type: ignore[union-attr]
    assert linked("5", "https://evil.example/").spans == []


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a 1 b 22"}, False),
        ({"DISPLAY": "localhost:10.0", "SSH_TTY": "/dev/pts/1"}, False),
    ],
)
def test_a_browser_is_opened_on_a_desktop_only(environ: dict[str, str], wanted: bool) -> None:
    assert has_desktop(environ) is wanted


def test_what_reaches_the_terminal(tmp_path: Path) -> None:
    """A link on the uid, and the whole record by OSC 52: read from the bytes of a real terminal."""
    with start_simulator(contacts=1) as hubspot:
        uid = next(iter(hubspot.dump()))
        place = Workplace(tmp_path, hubspot, [])
        environment = {**place.environment, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
        with Terminal(place.command, columns=100, rows=30, environment=environment, cwd=tmp_path) as terminal:
            terminal.wait("connected")
            terminal.press("b")
            terminal.wait("example.com")
            terminal.press("enter")
            terminal.wait(f"Contact {uid}")
            terminal.wait("blank hidden")
            terminal.press("Y")
            terminal.wait("sent to the terminal's clipboard")
            terminal.press("o")
            terminal.wait("The address is sent to the terminal's clipboard")
            raw = bytes(terminal.raw)
    url = f"https://app.hubspot.com/contacts/{hubspot.portal_id}/record/0-1/{uid}"
    links = set(re.findall(rb"\x1b\]8;id=[0-9-]+;([^\x07\x1b]+)(?:\x07|\x1b\\)", raw))
    assert links == {url.encode()}
    copies = [base64.b64decode(found).decode() for found in re.findall(rb"\x1b\]52;c;([^\x07]+)\x07", raw)]
    assert json.loads(copies[0])["id"] == uid
    assert copies[1] == url
