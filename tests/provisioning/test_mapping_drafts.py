"""A mapping file that is edited key by key: what is not touched stays byte for byte, and others' changes are never lost."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from console.provisioning.errors import MappingError
from console.provisioning.mapping_draft import ChangedOnDisk, Draft, NotChanged
from console.provisioning.mapping_settings import settings, value_of
from console.provisioning.toml_lines import NotEditable, drop, put
from console.settings.errors import SettingsError

TEXT = """\
# Ours; ask HR before you change it.
version = 1
name = "people"   # the identity of its links

source = "people.csv"
source_id = "id"
correlate = [
  "email",  # the first
]

[types]
active = "bool"

[properties]
# the address
email   = 'source.mail'  # as HR has it
phone = { value = 'e164(source.tel, "LK")', when = 'has(source.tel)' }  # since May
about = '''
source.a
  + source.b'''

# not yet: fax

[[associate]]
class = "company"
key = 'domain(source.mail)'
"""


def lost(before: str, after: str) -> int:
    """How many lines of the text before are not in the one after."""
    return sum(line.startswith("- ") for line in difflib.ndiff(before.split("\n"), after.split("\n")))


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("properties", "email"), "source.mail.trim()", "email   = 'source.mail.trim()'  # as HR has it"),
        (("properties", "city"), "source.city", "city = 'source.city'"),
        (
            ("properties", "phone", "write"),
            "create",
            "phone = { value = 'e164(source.tel, \"LK\")', when = 'has(source.tel)', write = \"create\" }  # since May",
        ),
        (("scope",), 'active eq true and a eq "b"', "scope = 'active eq true and a eq \"b\"'"),
        (("correlate",), ["email", "id"], 'correlate = ["email", "id"]'),
        (("policy", "ABSENT"), "REPORT", 'ABSENT = "REPORT"'),
        (("types", "n"), "int", 'n = "int"'),
        (("allow_unkeyed_creates",), True, "allow_unkeyed_creates = true"),
    ],
)
def test_one_key_is_written_and_the_rest_stays(path: tuple[str, ...], value: object, line: str) -> None:
    for end in ("\n", "\r\n"):
        before = TEXT.replace("\n", end)
        after = put(before, path, value)  # type: ignore[arg-type]
        assert f"{line}{end}" in after
        assert after.count("\r\n") in (0, after.count("\n"))
        assert lost(before, after) <= (3 if path == ("correlate",) else 1)


def test_what_is_put_is_dropped_again_without_a_trace() -> None:
    for path, value in ((("properties", "city"), "source.city"), (("scope",), "a eq 1"), (("types", "n"), "int")):
        assert drop(put(TEXT, path, value), path) == TEXT
    assert drop(put(TEXT, ("properties", "phone", "write"), "create"), ("properties", "phone", "write")) == TEXT
    assert drop(put(TEXT, ("policy", "ABSENT"), "REPORT"), ("policy",)).rstrip() == TEXT.rstrip()
    assert "domain(" not in drop(TEXT, ("associate", "0"))
    with pytest.raises(NotEditable):
        drop(TEXT, ("properties", "nothing"))


@settings_(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip() == text and "\r" not in text))
def test_any_text_comes_back_as_it_went_in(text: str) -> None:
    for path in (("properties", "email"), ("properties", "new"), ("scope",), ("properties", "phone", "when")):
        after = put(TEXT, path, text)
        found: Any = tomllib.loads(after)
        for step in path:
            found = found[step]
        assert found == text
        assert "# not yet: fax" in after


def test_changes_are_taken_back_and_done_again(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_text(TEXT)
    draft = Draft.open(path)
    draft.set_row("city", "source.city", write="create")
    draft.set(("scope",), "active eq true")
    assert (draft.undoable, draft.changed) == ("scope changed", True)
    assert [draft.undo(), draft.undo(), draft.undo()] == ["scope changed", "city added", ""]
    assert (draft.text, draft.changed) == (TEXT, False)
    assert draft.redo() == "city added"
    assert draft.mapping().rows[-1].write == "create"
    draft.set_row("city", "source.town")
    assert "city = 'source.town'" in draft.text
    assert draft.redoable == ""


def test_what_would_be_no_mapping_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_text(TEXT)
    draft = Draft.open(path)
    for where, value in ((("scope",), "active is"), (("policy", "ABSENT"), "DELETE"), (("guard", "deletes"), "many")):
        with pytest.raises(MappingError):
            draft.set(where, value)
    with pytest.raises(MappingError, match="email"):
        draft.set(("properties", "email"), None)
    draft.write("not toml at all", "typed")
    with pytest.raises(NotChanged, match="not changed"):
        draft.set(("scope",), "a eq 1")
    with pytest.raises(MappingError):
        draft.save()
    assert path.read_text() == TEXT


def test_a_file_that_somebody_else_changed_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    draft = Draft.open(path)
    draft.set(("scope",), "active eq true")
    theirs = TEXT.replace("since May", "since June")
    path.write_text(theirs)
    with pytest.raises(ChangedOnDisk, match="changed by somebody else"):
        draft.save()
    assert path.read_text() == theirs
    draft.save_as(tmp_path / "mine.toml", "mine")
    assert (tmp_path / "mine.toml").read_bytes().startswith(b"\xef\xbb\xbf# Ours")
    assert draft.mapping().name == "mine"
    path.unlink()
    again = Draft(path, TEXT.encode())
    again.write(TEXT + "\n", "typed")
    with pytest.raises(ChangedOnDisk, match="removed"):
        again.save()
    assert not path.exists()


def test_settings_say_what_holds_and_what_is_allowed(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "people.toml", TEXT.encode())
    found = {setting.path: setting for setting in settings(draft.data)}
    assert found["policy", "ABSENT"].choices == ("CREATE", "EXCEPTION", "IGNORE", "REPORT")
    assert found["guard", "deletes"].default == "5% or 50"
    assert found["deletion", "how"].choices == ("archive", "gdpr_delete", "nothing")
    assert found["associate", "0", "key"].value == "domain(source.mail)"
    assert found[("correlate",)].value == "email"
    assert value_of(found[("correlate",)], "email, id") == ["email", "id"]
    assert value_of(found["policy", "ABSENT"], "") is None
    for setting in found.values():
        value = value_of(setting, setting.value)
        if value is not None:
            draft.set(setting.path, value)
    assert draft.text == TEXT


@pytest.mark.parametrize(
    "text", ["[[associate", "associate = 3", "associate = [1]", '[[associate]]\nclass = "company"']
)
def test_settings_are_told_of_a_text_that_is_no_mapping_yet(text: str) -> None:
    draft = Draft(Path("people.toml"), text.encode())
    found = settings(draft.data)
    assert [one.title for one in found][:2] == ["source", "source id"]
    assert {one.value for one in found if one.path[0] == "associate"} <= {"", "company"}


def test_a_draft_that_could_not_be_written_elsewhere_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_text(TEXT)
    draft = Draft.open(path)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError):
        draft.save_as(tmp_path / "file" / "mine.toml", "mine")
    assert draft.path == path
    draft.save()  # under its own name it goes on
    assert 'name = "mine"' in path.read_text()
