"""The claim of an attempt: whoever makes its folder may run it, nobody else ever."""

import os

_TOKEN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_TOKEN_LENGTH = 20


def is_token(text: str) -> bool:
    """Whether `text` has the form of an attempt's token: 20 of a-z and 0-9, a letter first."""
    return len(text) == _TOKEN_LENGTH and text[0].isalpha() and _TOKEN_CHARACTERS.issuperset(text)


def claim(workdir: str, token: str) -> bool:
    """Make `claims/<token>` by one atomic mkdir; False when another runner was first."""
    path = os.path.join(workdir, "claims", token)
    try:
        os.mkdir(path)
    except FileExistsError:
        return False
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return claim(workdir, token)
    return True


def is_claimed(workdir: str, token: str) -> bool:
    """Whether a runner has ever started on the attempt."""
    return os.path.isdir(os.path.join(workdir, "claims", token))
