"""Names: which characters may stand in the names that become file names, job names and arguments at a site.

One alphabet for all of them, so that no name can be taken for an option, climb out of a folder or end a shell word.
"""

import re

MAX_NAME = 80
"""Characters of a name; paths at a site carry several of them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]*")
_NODES = re.compile(r"[A-Za-z0-9*?][A-Za-z0-9_.*?-]*")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MAX_EMAIL = 254

RESERVED = frozenset({"and", "or", "not", "in", "is", "null", "true", "false"})
"""Words of the selection language, which no dimension or column may bear."""


def name_fault(name: str) -> str | None:
    """What is wrong with a name (campaign, payload, pipeline, step, site, software, dataset type); None if nothing."""
    if not name:
        return "a name cannot be empty"
    if len(name) > MAX_NAME:
        return f"the name has {len(name)} characters; at most {MAX_NAME} are allowed"
    if ".." in name:
        return f"{_shown(name)} contains '..'; write one dot"
    if not _NAME.fullmatch(name):
        return f"{_shown(name)} is not a name: use letters, digits, '_', '.' and '-', and begin with a letter or digit"
    return None


def identifier_fault(name: str) -> str | None:
    """What is wrong with the name of a dimension or of a column that selections can use; None if nothing."""
    if len(name) > MAX_NAME or not _IDENTIFIER.fullmatch(name):
        return f"{_shown(name)} is not a dimension: use letters, digits and '_', and begin with a letter"
    if name.lower() in RESERVED:
        return f"{_shown(name)} is a word of the selection language; choose another"
    return None


def value_fault(value: object) -> str | None:
    """What is wrong with a value inside a data ID; None if nothing. Data IDs become file names."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return f"{_shown(value)} cannot be part of a data ID: use a whole number or a word"
    if isinstance(value, str) and (len(value) > MAX_NAME or ".." in value or not _VALUE.fullmatch(value)):
        return f"{_shown(value)} cannot be part of a data ID: use letters, digits, '_', '.', '+' and '-'"
    return None


def token_fault(text: str) -> str | None:
    """What is wrong with a word that is given to a batch system (queue, account, feature); None if nothing."""
    if len(text) > MAX_NAME or not _TOKEN.fullmatch(text):
        allowed = "use letters, digits and '_.:@+-', and begin with a letter or digit"
        return f"{_shown(text)} is not a word that a batch system understands: {allowed}"
    return None


def nodes_fault(pattern: str) -> str | None:
    """What is wrong with a node name or pattern such as `cc30*`; None if nothing."""
    if len(pattern) > MAX_NAME or not _NODES.fullmatch(pattern):
        return f"{_shown(pattern)} is not a node name or pattern: use letters, digits, '_', '.', '-', '*' and '?'"
    return None


def email_fault(address: str) -> str | None:
    """What is wrong with a mail address; None if nothing. Display names and quoted parts are not accepted."""
    if len(address) > _MAX_EMAIL or not _EMAIL.fullmatch(address):
        return f"{_shown(address)} is not a mail address such as ops@example.org"
    return None


def _shown(value: object) -> str:
    """The value in quotes, escaped and cut to a length that fits into a message."""
    text = repr(value)
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + "…"
