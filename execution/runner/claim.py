"""The claim of an attempt: whoever makes its folder may run it, nobody else ever."""

import os


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
