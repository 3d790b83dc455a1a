"""One person from end to end."""

from screens.screens.person.screen import PersonScreen

__all__ = ["PersonScreen"]
