"""What the setup knows so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class SetupState:
    """Filled step by step. `kind` is demo, token or oauth."""

    kind: str = ""
    source: str = ""
    mapping: str = ""
    plan_id: str = ""
