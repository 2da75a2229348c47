"""The secret key: from the environment, or from the data folder of an installation that made its own."""

import os
import secrets
from pathlib import Path

FILE_NAME = "secret-key"


def secret_key(given: str, data: Path, *, embedded: bool) -> str:
    """Return the key to sign with, or "" when there is none: a system check then says what to do.

    Only an embedded installation (`BPS_EMBEDDED=1`, as `make demo` sets) makes a key of its own, once, readable by
    its owner alone.
    """
    if given:
        return given
    path = data / FILE_NAME
    if embedded and not path.exists():
        _write_once(path, secrets.token_urlsafe(64))
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def _write_once(path: Path, text: str) -> None:
    """Make the file complete and for its owner only; of two processes that start at once one wins and both read the
    same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
