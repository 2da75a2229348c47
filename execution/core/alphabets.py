"""What the words of site and software documents may consist of: they reach file names, scripts and command lines.

Each check returns the value or raises ValueError with a sentence that says what is accepted.
"""

import base64
import binascii
import math
import re

MAX_LINE = 1_000
MAX_PATH = 400
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+/-]{0,199}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}")
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_PATH = re.compile(r"(\{data\}|/)[A-Za-z0-9_.,+=@%/-]*")
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([KMGTP])i?B?", re.IGNORECASE)
_KEY_TYPES = frozenset(
    {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
)  # fmt: skip
_POWERS = {letter: 1024**power for power, letter in enumerate("KMGTP", start=1)}
_MIB = 1024**2


def name(text: str) -> str:
    """A name of a site or software version."""
    if not _NAME.fullmatch(text) or ".." in text:
        raise ValueError(
            "is not a name: use letters, digits, '_', '.' and '-', begin with a letter or digit, at most 80 characters"
        )
    return text


def word(text: str) -> str:
    """A reference such as a tag or an image name, a feature, an architecture."""
    if not _WORD.fullmatch(text) or ".." in text:
        raise ValueError("is not accepted: use letters, digits and '_.:@+/-', and begin with a letter or digit")
    return text


def host(text: str) -> str:
    """A host name or address."""
    if not _HOST.fullmatch(text):
        raise ValueError("is not a host name or address: use letters, digits, '.', ':', '_' and '-'")
    return text


def account(text: str) -> str:
    """An account at a login host."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("is not an account: use letters, digits, '_', '.' and '-', and begin with a letter or '_'")
    return text


def key_file(text: str) -> str:
    """The name of a key file in the portal's key folder; never a path, never the key itself."""
    if "PRIVATE KEY" in text:
        raise ValueError("is a private key: put it into the key folder as a file and name that file here")
    if not _NAME.fullmatch(text) or ".." in text:
        raise ValueError("names a file of the key folder: use letters, digits, '_', '.' and '-', no path")
    return text


def path(text: str) -> str:
    """An absolute folder at a site, or one below the portal's data folder written {data}/…"""
    if not _PATH.fullmatch(text) or ".." in text.split("/") or len(text) > MAX_PATH:
        raise ValueError("is not a folder: write an absolute path or {data}/…, without spaces, quotes or '..'")
    if text.startswith("{data}") and not text.startswith("{data}/"):
        raise ValueError("is not a folder: write {data}/ and the rest of the path")
    if text.strip("/") in {"", "{data}"}:
        raise ValueError("is the whole file system or data folder: name a folder below it")
    return text.rstrip("/")


def line(text: str) -> str:
    """One line of a set-up or script: no line break, no control character."""
    if not text.strip() or len(text) > MAX_LINE or not text.isprintable():
        raise ValueError(f"is not one line of 1 to {MAX_LINE} printable characters")
    return text


def host_key(text: str) -> str:
    """A public host key as in known_hosts, `ssh-ed25519 AAAA…`; a comment after it is dropped."""
    kind, _, rest = text.strip().partition(" ")
    body = rest.split(" ")[0]
    try:
        blob = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    if kind not in _KEY_TYPES or blob[4 : 4 + len(kind)] != kind.encode():
        raise ValueError(
            "is not a public host key: write its type and its base64 text, as ssh-keyscan prints them behind the host"
        )
    return f"{kind} {body}"


def mebibytes(value: object) -> int:
    """Whole MiB, or a text with a unit such as `512 GiB`, rounded up."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    return math.ceil(_bytes_of(value, "write MiB as a whole number, or a text such as 512 GiB") / _MIB)


def size_bytes(value: object) -> int:
    """Whole bytes, or a text with a unit such as `10 TiB`, rounded up."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    return math.ceil(_bytes_of(value, "write bytes as a whole number, or a text such as 10 TiB"))


def _bytes_of(value: object, accepted: str) -> float:
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"is not a size: {accepted}")
    return float(match[1]) * float(_POWERS[match[2].upper()])
