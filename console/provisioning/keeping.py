"""Keeps a receipt as a file of its own: new, readable by its owner alone, in the form that its name asks for."""

from __future__ import annotations

import os
from pathlib import Path

from console.provisioning.errors import PlanRefused
from console.provisioning.receipt import Receipt, ReceiptFormat, render_receipt

_FORMS: dict[str, ReceiptFormat] = {".html": "html", ".htm": "html", ".json": "json"}


def suggested(run_id: str) -> Path:
    """A name in the current folder that is not taken."""
    folder = Path.cwd()
    names = (folder / f"receipt-{run_id}{f'-{number}' if number else ''}.txt" for number in range(1000))
    return next((path for path in names if not path.exists()), folder / f"receipt-{run_id}.txt")


def keep(receipt: Receipt, path: Path) -> None:
    """Write the receipt; nothing is overwritten.

    Raises:
        PlanRefused: the file is there already.
        OSError: it cannot be written.
    """
    text = render_receipt(receipt, _FORMS.get(path.suffix.lower(), "text"))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise PlanRefused(f"{path} is there already.", remedy="Name a new file: nothing is overwritten.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text if text.endswith("\n") else text + "\n")
