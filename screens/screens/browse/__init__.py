"""Contacts and companies: live, or from a snapshot; the screen and its dialogs."""

from __future__ import annotations

from screens.screens.browse.screen import BrowseScreen

__all__ = ["BrowseScreen"]
