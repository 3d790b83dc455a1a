"""What the setup knows so far, and where it was left."""

from __future__ import annotations

from console.settings.unfinished import Unfinished

SetupState = Unfinished
"""Filled step by step, kept in a private file at each of them."""
