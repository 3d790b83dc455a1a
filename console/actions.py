"""Everything an operator can do: one registry for keys, help, the command palette and the command line.

A leaf: it imports nothing of Hubspoke. Screens give each action a key, the command line gives
it a twin; a test walks the registry and fails when an action lacks one of the two.
"""

from __future__ import annotations

from typing import NamedTuple

GROUPS = ("Go to", "Profile", "Find", "Records", "Provision", "Runs", "Console")


class Action(NamedTuple):
    """One thing an operator can do.

    `cli` is its twin on the command line, "" where a terminal of one's own has none (a theme, a way
    back). `screen` is the screen that the action opens, None for one that acts where it stands.
    """

    name: str
    title: str
    description: str
    group: str
    cli: str = ""
    screen: str | None = None


_ALL = (
    Action("home", "Home", "Portal, allowance, last runs and what needs attention.", "Go to", "runs list", "home"),
    Action("browse_contacts", "Contacts", "Browse and search HubSpot's contacts.", "Go to", "search contact", "browse"),
    Action(
        "browse_companies", "Companies", "Browse and search HubSpot's companies.", "Go to", "search company", "browse"
    ),
    Action("history", "History", "Plans and runs, newest first.", "Go to", "runs list", "history"),
    Action("setup", "Guided setup", "From nothing to a first plan, step by step.", "Profile", "profile add", "setup"),
    Action(
        "connector",
        "Connector",
        "Every setting of this profile, checked as you type.",
        "Profile",
        "profile set",
        "connector",
    ),
    Action(
        "profile_switch", "Switch profile", "Work with another HubSpot account.", "Profile", "profile use", "profiles"
    ),
    Action("profile_rename", "Rename profile", "Another name; its secrets come along.", "Profile", "profile rename"),
    Action(
        "profile_import", "Import profile", "From an identity server's provisioner file.", "Profile", "profile import"
    ),
    Action(
        "profile_export",
        "Export profile",
        "As a provisioner file for an identity server, without secrets.",
        "Profile",
        "profile export",
    ),
    Action(
        "credentials",
        "Credentials",
        "Store a secret in the vault, or see where each one lives.",
        "Profile",
        "credentials set",
        "credentials",
    ),
    Action(
        "login",
        "Log in by OAuth",
        "Grant the profile's app access to an account, in a browser.",
        "Profile",
        "credentials login",
        "login",
    ),
    Action(
        "revoke",
        "Revoke access",
        "Give the OAuth access back to HubSpot and forget it.",
        "Profile",
        "credentials revoke",
    ),
    Action(
        "accept_certificate",
        "Accept certificate",
        "Show the server's certificate and take it, and no other, from now on.",
        "Profile",
        "test",
    ),
    Action(
        "test", "Test connection", "Check the way to HubSpot stage by stage, with advice.", "Profile", "test", "test"
    ),
    Action("doctor", "Doctor", "What this terminal, vault and machine can do.", "Profile", "doctor", "doctor"),
    Action("log", "Log", "Every request to HubSpot as it happens, without a value in it.", "Profile", "log", "log"),
    Action(
        "bundle",
        "Support bundle",
        "What helps to understand a problem, listed before it is written.",
        "Profile",
        "bundle",
        "bundle",
    ),
    Action("search", "Search", "Find records by words or by a query filter.", "Find", "search"),
    Action("columns", "Columns", "Which properties are shown, in which order; remembered.", "Find", "search"),
    Action("sort", "Sort", "By the chosen column: up, down, not at all.", "Find", "search"),
    Action("views", "Saved views", "Open, keep or forget a filter with its columns and order.", "Find", "views list"),
    Action("export", "Export", "What is marked, or all that match, as CSV or JSON lines.", "Find", "search"),
    Action(
        "snapshot",
        "Snapshot",
        "All records in a sealed local file: instant, as old as it says.",
        "Find",
        "snapshot take",
    ),
    Action("record", "Show record", "One record, read live, with every property.", "Find", "get", "record"),
    Action(
        "schema", "Schema", "The properties that each class has: types, flags, options.", "Find", "schema", "schema"
    ),
    Action(
        "record_edit",
        "Edit property",
        "Another value for the property, checked, shown and confirmed.",
        "Records",
        "update",
    ),
    Action(
        "record_history", "Property history", "Every value that it had: when, whence, by whom.", "Records", "versions"
    ),
    Action(
        "record_associations",
        "Associations",
        "The companies of a contact, the contacts of a company, with labels.",
        "Records",
        "associate",
    ),
    Action("record_copy", "Copy value", "The exact value to the clipboard, also over SSH.", "Records", "get"),
    Action("record_copy_all", "Copy record", "The whole record as JSON to the clipboard.", "Records", "get"),
    Action(
        "record_open", "Open in HubSpot", "The record on HubSpot's own pages, or the address of it.", "Records", "url"
    ),
    Action("record_create", "New record", "Create a contact or a company, its key checked first.", "Records", "create"),
    Action(
        "record_merge", "Merge record", "Make another record and this one a single one, for good.", "Records", "merge"
    ),
    Action("record_archive", "Archive", "To HubSpot's recycle bin, for 90 days.", "Records", "delete"),
    Action(
        "record_erase",
        "Erase for good",
        "Erase a contact as the GDPR asks; nothing undoes it.",
        "Records",
        "gdpr-delete",
    ),
    Action("record_link", "Associate", "Associate the record with another one, with a label.", "Records", "associate"),
    Action("record_unlink", "Separate", "Take the association away, or one label off.", "Records", "associate"),
    Action(
        "source_preview", "Preview source", "The first rows of a source, with statistics.", "Find", "sources preview"
    ),
    Action(
        "mapping_check", "Check mapping", "Find mistakes in a mapping before it is used.", "Provision", "mapping check"
    ),
    Action(
        "mapping_suggest",
        "Suggest mapping",
        "A first mapping for a source, to be edited.",
        "Provision",
        "mapping suggest",
    ),
    Action(
        "mapping_edit",
        "Edit mapping",
        "Rows, settings and text of a mapping, tried on a real person as you type.",
        "Provision",
        "mapping edit",
    ),
    Action(
        "mapping_save",
        "Save mapping",
        "Write the edited mapping; never over another's change.",
        "Provision",
        "mapping edit",
    ),
    Action(
        "mapping_rows",
        "Suggest rows",
        "Rows for properties that the mapping does not fill yet.",
        "Provision",
        "mapping suggest",
    ),
    Action(
        "mapping_import", "Import mapping", "Carry a mapping over from IDM's sync.json.", "Provision", "mapping import"
    ),
    Action("mapping_rename", "Rename mapping", "Another name; its links go along.", "Provision", "mapping rename"),
    Action(
        "person",
        "Person",
        "Why one person is there or not, step by step, and provision them now.",
        "Provision",
        "explain",
        "person",
    ),
    Action(
        "person_provision", "Provision person", "Plan, approve and write just this person.", "Provision", "plan --only"
    ),
    Action(
        "sources",
        "Sources",
        "Where people come from: add, test, look at, store credentials.",
        "Find",
        "sources test",
        "sources",
    ),
    Action(
        "source_test", "Test source", "Stage by stage: address, credentials, reading, people.", "Find", "sources test"
    ),
    Action(
        "people", "People", "The managed repository: add, edit, deactivate, remove.", "Find", "people list", "people"
    ),
    Action("people_add", "Add person", "A new person in the managed repository.", "Find", "people add"),
    Action("people_edit", "Edit person", "Other values for somebody in the repository.", "Find", "people edit"),
    Action(
        "people_deactivate",
        "Deactivate person",
        "Inactive, or active again; the mapping says what that means.",
        "Find",
        "people deactivate",
    ),
    Action("people_remove", "Remove person", "Take somebody out of the repository.", "Find", "people remove"),
    Action(
        "people_provision",
        "Provision this person",
        "Plan, approve and write this one person, step by step.",
        "Provision",
        "plan --only",
    ),
    Action(
        "gateway",
        "Gateway",
        "SCIM and REST for identity servers: clients, what waits, live requests.",
        "Provision",
        "gateway status",
        "gateway",
    ),
    Action("gateway_client_add", "Add client", "Somebody who may call the gateway.", "Provision", "gateway client"),
    Action("gateway_client_edit", "Edit client", "Its rights, mapping, scope.", "Provision", "gateway client"),
    Action("gateway_client_secret", "New secret", "Another one, shown this once.", "Provision", "gateway client"),
    Action("gateway_client_remove", "Remove client", "It may no longer call.", "Provision", "gateway remove"),
    Action("gateway_stop", "Stop gateway", "Finish what is under way, and end it.", "Provision", "gateway stop"),
    Action("source_add", "Add source", "Name a file or a URL that people can be read from.", "Find", "sources preview"),
    Action("plan", "New plan", "Compare a source with HubSpot; nothing is written.", "Provision", "plan", "plan"),
    Action("diff", "Review plan", "Every record of a plan, before and after.", "Provision", "diff", "plan"),
    Action(
        "apply", "Approve and apply", "Approve exactly this plan and write it to HubSpot.", "Provision", "apply", "run"
    ),
    Action("apply_first", "Approve the first ten", "Write ten records, then pause.", "Provision", "apply", "run"),
    Action(
        "plan_exclude", "Leave out", "Leave this entry out of the plan, or take it in again.", "Provision", "revise"
    ),
    Action(
        "plan_decide", "Choose record", "Say which of several records is this person's.", "Provision", "mapping link"
    ),
    Action("plan_about", "About this plan", "Its source, cost, guards, hash and age.", "Provision", "plan"),
    Action("plan_export", "Export plan", "Every entry as CSV, JSON lines or an HTML page.", "Provision", "diff"),
    Action("provision", "Plan and apply", "Plan, and apply at once when no guard holds.", "Provision", "provision"),
    Action("run_watch", "Watch run", "Progress, throughput and failures as they come.", "Runs", "runs watch", "run"),
    Action("run_pause", "Pause run", "Finish what is under way, then wait.", "Runs", "runs pause"),
    Action("run_resume", "Resume run", "Go on where the run stopped.", "Runs", "runs resume"),
    Action("run_cancel", "Cancel run", "Finish what is under way and stop for good.", "Runs", "runs cancel"),
    Action("run_retry", "Retry failed", "Send what failed once more, look up what is uncertain.", "Runs", "runs retry"),
    Action(
        "dead_letters",
        "Dead letters",
        "What a run left behind: why, and retry, edit or discard.",
        "Runs",
        "runs dead-letters",
        "dead_letters",
    ),
    Action(
        "dead_letter_edit", "Edit a value", "Send a dead letter with another value, as a plan.", "Runs", "runs edit"
    ),
    Action("dead_letter_discard", "Discard", "Give a dead letter up; it counts as skipped.", "Runs", "runs discard"),
    Action("run_undo", "Undo run", "A plan that takes back what a run did.", "Runs", "runs undo", "undo"),
    Action("receipt", "Receipt", "One run on one page: who approved what, who steered it.", "Runs", "runs receipt"),
    Action("receipt_save", "Save receipt", "Write the page to a private file, to be printed.", "Runs", "runs receipt"),
    Action("journal_verify", "Verify journal", "Is all that was recorded still as it was.", "Runs", "journal verify"),
    Action(
        "journal_export", "Export journal", "The journal as JSON lines in a private file.", "Runs", "journal export"
    ),
    Action("report", "Report", "What a run did, what failed and why.", "Runs", "runs report", "report"),
    Action("theme", "Theme", "Dark, light, high contrast, monochrome, or your own.", "Console"),
    Action("suspend", "Suspend", "Back to the shell; there fg brings the console back.", "Console"),
    Action("palette", "Command palette", "Find any action by its name.", "Console", "--help"),
    Action("help", "Help", "Keys and actions of this screen.", "Console", "--help", "help"),
    Action("back", "Back", "To the screen before.", "Console"),
    Action("quit", "Quit", "Leave the console; runs go on without it.", "Console"),
)

ACTIONS: dict[str, Action] = {action.name: action for action in _ALL}


def grouped() -> dict[str, list[Action]]:
    """Actions by group, both in the order in which people should meet them."""
    return {group: [action for action in _ALL if action.group == group] for group in GROUPS}
