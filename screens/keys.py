"""Which key performs which action of the registry, and on which screens.

Keys that only move within a widget (arrows, Tab, Enter in a field) belong to the widget.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType

EVERYWHERE = "*"
INNER = "inner"
"""Every screen but Home."""


class Key(NamedTuple):
    """One key. `where` names screens; `label` is the word in the footer, "" keeps it off the footer."""

    action: str
    key: str
    label: str
    where: tuple[str, ...]
    display: str = ""


_ALL = (
    Key("back", "escape", "Back", (INNER,), "esc"),
    Key("setup", "s", "Setup", ("home",)),
    Key("test", "t", "Test", ("home", "credentials")),
    Key("test", "f5", "Test", ("connector",), "F5"),
    Key("browse_contacts", "b", "Contacts", ("home",)),
    Key("browse_companies", "o", "Companies", ("home",)),
    Key("plan", "p", "Plan", ("home", "history", "mapping")),
    Key("diff", "l", "Plans", ("home",)),
    Key("run_watch", "r", "Run", ("home",)),
    Key("history", "h", "History", ("home", "run")),
    Key("mapping_check", "m", "Mappings", ("home",)),
    Key("connector", "c", "Connector", ("home",)),
    Key("credentials", "v", "", ("home",)),
    Key("credentials", "f7", "Credentials", ("connector",), "F7"),
    Key("login", "l", "Log in", ("credentials",)),
    Key("revoke", "r", "Revoke", ("credentials",)),
    Key("accept_certificate", "f8", "Accept certificate", ("test", "connector", "setup"), "F8"),
    Key("profile_switch", "w", "", ("home",)),
    Key("profile_switch", "f10", "Profiles", ("connector", "credentials"), "F10"),
    Key("profile_rename", "e", "Rename", ("profiles",)),
    Key("profile_import", "i", "Import", ("profiles",)),
    Key("profile_import", "f4", "Import", ("connector",), "F4"),
    Key("profile_export", "f6", "Export", ("connector",), "F6"),
    Key("doctor", "d", "", ("home",)),
    Key("log", "L", "", ("home",), "L"),
    Key("log", "f9", "Log", ("test", "run", "doctor"), "F9"),
    Key("bundle", "B", "", ("home",), "B"),
    Key("bundle", "b", "Support bundle", ("log", "doctor")),
    Key("test", "t", "Test", ("log",)),
    Key("provision", "P", "", ("home", "mapping"), "P"),
    Key("mapping_check", "f6", "Check", ("mapping",), "F6"),
    Key("mapping_suggest", "n", "Suggest new", ("mapping",)),
    Key("source_preview", "v", "Preview source", ("mapping",)),
    Key("mapping_edit", "enter", "", ("mapping",), "⏎"),
    Key("mapping_import", "i", "Import", ("mapping",)),
    Key("mapping_rename", "r", "Rename", ("mapping",)),
    Key("mapping_save", "ctrl+s", "Save", ("mapping_edit",), "^s"),
    Key("mapping_rows", "s", "Suggest", ("mapping_edit",)),
    Key("mapping_check", "f6", "Check", ("mapping_edit",), "F6"),
    Key("source_preview", "v", "", ("mapping_edit",)),
    Key("plan", "p", "Plan", ("mapping_edit", "person")),
    Key("provision", "P", "", ("mapping_edit",), "P"),
    Key("person", "e", "Person", ("home",)),
    Key("person", "w", "Why?", ("mapping", "mapping_edit")),
    Key("person_provision", "a", "Provision now", ("person",)),
    Key("mapping_edit", "m", "Mapping", ("person",)),
    Key("sources", "u", "Sources", ("home",)),
    Key("source_add", "a", "Add", ("sources",)),
    Key("source_test", "t", "Test", ("sources",)),
    Key("source_preview", "v", "Look at it", ("sources",)),
    Key("mapping_suggest", "n", "Suggest mapping", ("sources",)),
    Key("people", "i", "", ("home",)),
    Key("people_edit", "enter", "", ("people",), "⏎"),
    Key("people_add", "n", "New", ("people",)),
    Key("people_deactivate", "x", "(De)activate", ("people",)),
    Key("people_remove", "delete", "Remove", ("people",), "del"),
    Key("people_provision", "a", "Provision now", ("people",)),
    Key("gateway", "ctrl+g", "", ("home",), "^g"),
    Key("gateway_client_edit", "enter", "", ("gateway",), "⏎"),
    Key("gateway_client_add", "n", "New client", ("gateway",)),
    Key("gateway_client_secret", "s", "New secret", ("gateway",)),
    Key("gateway_client_remove", "delete", "Remove", ("gateway",), "del"),
    Key("gateway_stop", "x", "Stop", ("gateway",)),
    Key("search", "slash", "Find", ("people",), "/"),
    Key("search", "slash", "Search", ("browse", "plan"), "/"),
    Key("record", "enter", "", ("browse",), "⏎"),
    Key("columns", "c", "Columns", ("browse",)),
    Key("sort", "s", "Sort", ("browse",)),
    Key("views", "v", "Views", ("browse",)),
    Key("snapshot", "l", "Snapshot", ("browse",)),
    Key("export", "e", "Export", ("browse",)),
    Key("record_archive", "x", "Archive", ("browse",)),
    Key("search", "slash", "Find", ("record", "schema"), "/"),
    Key("record_edit", "enter", "", ("record", "record_create"), "⏎"),
    Key("record_edit", "e", "", ("record",)),
    Key("record_history", "h", "History", ("record",)),
    Key("record_associations", "a", "Linked", ("record",)),
    Key("record_copy", "y", "Copy", ("record", "versions", "linked", "schema")),
    Key("record_copy_all", "Y", "Copy all", ("record",), "Y"),
    Key("record_open", "o", "HubSpot", ("record",)),
    Key("record_create", "n", "New", ("browse", "record")),
    Key("record_create", "f9", "Create", ("record_create",), "F9"),
    Key("record_merge", "m", "Merge", ("record",)),
    Key("record_archive", "x", "Archive", ("record",)),
    Key("record_erase", "X", "Erase", ("record",), "X"),
    Key("record_link", "n", "Associate", ("linked",)),
    Key("record_unlink", "d", "Separate", ("linked",)),
    Key("record", "enter", "", ("linked",), "⏎"),
    Key("schema", "S", "", ("home", "browse", "record", "record_create"), "S"),
    Key("browse_contacts", "1", "Contacts", ("browse",)),
    Key("browse_companies", "2", "Companies", ("browse",)),
    Key("apply", "a", "Approve", ("plan",)),
    Key("apply_first", "c", "First ten", ("plan",)),
    Key("apply_first", "f4", "First ten", ("approve",), "F4"),
    Key("plan_exclude", "x", "Leave out", ("plan", "entry")),
    Key("plan_decide", "d", "Choose", ("plan", "entry")),
    Key("person", "w", "Why", ("plan", "entry")),
    Key("plan_about", "i", "About", ("plan",)),
    Key("plan_export", "e", "Export", ("plan",)),
    Key("plan", "p", "Plan again", ("plan",)),
    Key("run_pause", "p", "Pause", ("run",)),
    Key("run_resume", "r", "Resume", ("run",)),
    Key("run_cancel", "x", "Cancel run", ("run",)),
    Key("run_retry", "t", "Retry failed", ("run", "cause")),
    Key("run_retry", "t", "Retry", ("dead_letters",)),
    Key("dead_letters", "d", "Dead letters", ("run", "history", "cause", "report", "gateway")),
    Key("dead_letter_edit", "e", "Edit value", ("dead_letters",)),
    Key("dead_letter_discard", "x", "Discard", ("dead_letters",)),
    Key("report", "v", "Report", ("run", "history")),
    Key("search", "slash", "Find", ("history",), "/"),
    Key("receipt", "c", "Receipt", ("run", "history", "report")),
    Key("receipt_save", "s", "Save", ("receipt",)),
    Key("run_undo", "u", "Undo", ("run", "history", "report")),
    Key("journal_verify", "y", "Verify", ("history",)),
    Key("journal_export", "e", "Export", ("history",)),
    Key("theme", "f2", "", (EVERYWHERE,), "F2"),
    Key("suspend", "ctrl+z", "", (EVERYWHERE,), "^z"),
    Key("palette", "ctrl+p", "", (EVERYWHERE,), "^p"),
    Key("home", "f3", "", (INNER,), "F3"),
    Key("help", "question_mark", "Help", (EVERYWHERE,), "?"),
    Key("help", "f1", "", (EVERYWHERE,), "F1"),
    Key("quit", "q", "Quit", ("home",)),
)


def keys_of(screen: str) -> list[Key]:
    """The keys that work on a screen, in the order of its footer."""
    return [
        key
        for key in _ALL
        if screen in key.where or EVERYWHERE in key.where or (INNER in key.where and screen != "home")
    ]


def keys_for(action: str) -> list[Key]:
    """Every key of an action."""
    return [key for key in _ALL if key.action == action]


def shown(key: Key) -> str:
    """How the footer writes a key."""
    return key.display or key.key


def bindings(screen: str) -> list[BindingType]:
    """The bindings of one screen: each performs its action through the app."""
    return [
        Binding(
            key.key,
            f"app.perform('{key.action}')",
            key.label or key.action,
            show=bool(key.label),
            key_display=shown(key),
        )
        for key in keys_of(screen)
    ]
