"""How the mapping editor says what it shows: tabs, the person, one value from its fields to HubSpot, one setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from console.provisioning.mapping_preview import FATES, Fate, PersonPreview, ValuePreview
from screens import words
from screens.literal import hanging, lines, literal, row, stack
from screens.widgets.paged_rows import Row

if TYPE_CHECKING:
    from console.journal.model import Change
    from console.provisioning.explain import Explanation
    from console.provisioning.mapping import MappingRow
    from console.provisioning.mapping_settings import Setting

SIGNS: dict[Fate, tuple[str, str]] = {
    "sent": ("●", "$success"),
    "kept": ("○", "$muted"),
    "cleared": ("✗", "$error"),
    "created": ("◐", "$primary"),
    "filled": ("◐", "$primary"),
    "skipped": ("·", "$muted"),
    "draft": ("·", "$muted"),
    "key": ("∞", "$secondary"),
    "wrong": ("✗", "$error"),
}
WORDS: dict[Fate, str] = {
    "sent": "sent",
    "kept": "blank, kept",
    "cleared": "clears",
    "created": "if created",
    "filled": "if empty",
    "skipped": "condition",
    "draft": "draft",
    "key": "key",
    "wrong": "wrong",
}


def tabs(at: int, rows: int, settings: int) -> Content:
    """The three views with their keys; the one that is shown stands out."""
    parts = []
    for number, (name, many) in enumerate((("Properties", rows), ("Settings", settings), ("Text", 0)), start=1):
        here = number == at
        style = "$primary bold" if here else "$muted"
        parts.append(
            row((f"{'▸' if here else ' '}{number} ", "$accent bold"), (f"{name}{f' {many}' if many else ''}", style))
        )
    return row("   ").join(parts)


def standing(changed: bool, problems: int | None) -> Content:
    """Whether it is saved, and whether it can be used; None where nobody looked yet."""
    saved = row(("● not saved", "$warning bold")) if changed else row(("✓ saved", "$success"))
    if problems is None:
        return saved
    told = (f"✗ {words.counted(problems, 'problem')}", "$error bold") if problems else ("✓ no problems", "$success")
    return row(saved, ("   ", ""), told)


def person_line(person: PersonPreview | None, index: int, known: tuple[int, bool], nobody: str) -> Content:
    """Who the values are of, whether they are in scope, and which of how many."""
    if person is None:
        return literal(nobody, "$muted")
    many, complete = known
    inside = ("✓ in scope", "$success") if person.in_scope else ("✗ out of scope", "$warning bold")
    if person.problem is not None:
        inside = ("✗ the row cannot be read", "$error bold")
    elif person.in_scope and not person.valid:
        inside = ("✗ cannot be sent", "$error bold")
    place = f"person {words.number(index + 1)}{f' of {words.number(many)}' if complete else ''}"
    return row(
        ("▸ ", "$accent bold"),
        (person.label, "bold"),
        (f"  {person.source_id}" if person.source_id and person.source_id != person.label else "", "$muted"),
        ("   ", ""),
        inside,
        (f"   {place}, line {words.number(person.line)}", "$muted"),
    )


def scope_rows(person: PersonPreview) -> list[Content]:
    """Every clause of the scope, with whether this person fulfils it."""
    return [
        row(
            ("✓ " if clause.holds else "✗ ", "$success" if clause.holds else "$warning"),
            ("  " * clause.depth + clause.text, "" if clause.holds else "bold"),
            (f"   {clause.found}" if clause.found else "", "$muted"),
        )
        for clause in person.clauses
    ]


def value_row(mapped: MappingRow, value: ValuePreview | None) -> Row:
    """One property as a line of the table."""
    expression = " ".join(mapped.value.split())
    if value is None:
        return Row((mapped.name, expression, "", ""), "" if mapped.state == "active" else "muted")
    sign = SIGNS[value.fate][0]
    text = value.canonical or value.result
    if value.problem is not None:
        text = value.problem.message.partition("\n")[0]
    tone = {"wrong": "error", "cleared": "error", "draft": "muted", "skipped": "muted", "kept": "muted"}.get(
        value.fate, ""
    )
    return Row((mapped.name, expression, text, f"{sign} {WORDS[value.fate]}"), tone)


def value_rows(
    mapped: MappingRow | None, value: ValuePreview | None, width: int, compared: Explanation | None, *, typing: bool
) -> Content:
    """One value in full: the expression, what it reads, what comes out, how HubSpot keeps it, what becomes of it."""
    rows: list[Content] = []
    if mapped is not None and not typing:
        rows += [_pair("expression", " ".join(mapped.value.split()) if mapped.value.count("\n") < 1 else mapped.value)]
        options = _options(mapped)
        rows += [_pair("options", options)] if options else []
    if value is None:
        return stack(*rows) if rows else literal("")
    for name, told in value.inputs[:6]:
        rows.append(row(("reads       ", "$muted"), (name, "$secondary"), (" = ", "$muted"), (told, "")))
    if value.problem is not None:
        rows += _problem_rows(value, width)
        return stack(*rows)
    if value.fate != "skipped":
        rows.append(row(("gives       ", "$muted"), (value.result or "nothing", ""), (f"   {value.kind}", "$muted")))
        if value.canonical != value.result:
            rows.append(_pair("HubSpot's", value.canonical or "blank"))
    sign, style = SIGNS[value.fate]
    rows.append(row(("then        ", "$muted"), (f"{sign} ", style), (FATES[value.fate], "")))
    if compared is not None:
        rows.append(_compared(value, compared))
    return stack(*rows)


def _options(mapped: MappingRow) -> str:
    told = [f"write {mapped.write}"] if mapped.write != "always" else []
    told += ["empty clear"] if mapped.empty != "keep" else []
    told += [f"when {mapped.when}"] if mapped.when else []
    return "   ".join(told + ([f"state {mapped.state}"] if mapped.state != "active" else []))


def _problem_rows(value: ValuePreview, width: int) -> list[Content]:
    assert value.problem is not None
    message, _, caret = value.problem.message.partition("\n")
    found = hanging("✗ ", message, width, "$error")
    if caret:
        found.append(lines(f"  {caret}".replace("\n", "\n  "), "$muted"))
    return [*found, *(hanging("→ ", value.problem.remedy, width) if value.problem.remedy else [])]


def _compared(value: ValuePreview, compared: Explanation) -> Content:
    """What HubSpot has now, beside what would be sent."""
    change: Change | None = next((one for one in compared.changes if one.name == value.name), None)
    lead = ("HubSpot now ", "$muted")
    if not compared.uid:
        return row(lead, ("no record yet", "$muted"), (f"   {compared.action.lower()}", ""))
    if change is None:
        return row(lead, ("the same, nothing is sent", "$muted"))
    after = "✗ cleared" if change.clears else change.after or ""
    return row(lead, (change.before or "(blank)", ""), (" → ", "$muted"), (after, "$success"))


def setting_row(setting: Setting) -> Row:
    """A setting as a line of the table; what the file does not say is muted."""
    return Row((setting.group, setting.title, setting.shown, setting.help), "" if setting.value else "muted")


def setting_rows(setting: Setting, person: PersonPreview | None, width: int) -> Content:
    """A setting in full: what it is, what it may be, what holds; for the scope, what it says of the person."""
    rows = hanging("", setting.help, width)
    if setting.choices:
        rows += hanging("one of      ", ", ".join(choice for choice in setting.choices if choice), width, "")
    said = setting.value or f"{setting.default or 'nothing'} (the file does not say)"
    rows += hanging("now         ", said, width)
    if setting.path == ("scope",) and person is not None and person.clauses:
        verdict = "is in" if person.in_scope else "is out"
        rows += [literal(f"{person.label} {verdict}:", "bold"), *scope_rows(person)]
    return stack(*rows)


def _pair(name: str, value: str) -> Content:
    return row((f"{name:<12}", "$muted"), lines(value))
