"""What the commands for records share: the classes of records, and lists of properties."""

from __future__ import annotations

CLASSES = ("contact", "company")
DEFAULT_FIELDS = {
    "contact": ("email", "firstname", "lastname", "phone", "jobtitle", "company"),
    "company": ("name", "domain", "city", "country", "phone"),
}


def names_of(text: str | None) -> tuple[str, ...]:
    """The properties that a list with commas names."""
    return tuple(dict.fromkeys(name for part in (text or "").split(",") if (name := part.strip())))
