"""Where things lie: outputs inside an attempt, datasets in the backbone, logs in the data folder."""

import secrets
import string
from collections.abc import Callable

ALPHABET = string.ascii_lowercase + string.digits


def new_token(choose: Callable[[str], str] = secrets.choice) -> str:
    """A name for an attempt that no other attempt has: a letter and nineteen letters or digits."""
    return choose(string.ascii_lowercase) + "".join(choose(ALPHABET) for _ in range(19))


def attempt_directory(workdir: str, token: str) -> str:
    """The attempt's folder at its site; two levels, since a million folders in one are slow everywhere."""
    return f"{workdir}/attempts/{token[:2]}/{token}"


def output_path(kind: str, data_id: str, suffix: str) -> str:
    """An output below the attempt's folder."""
    return f"out/{kind}/{data_id or 'all'}{suffix}"


def many_directory(kind: str, data_id: str) -> str:
    """Folder below the attempt's, for outputs whose number only the run will tell."""
    return f"out/{kind}/{data_id or 'all'}"


def backbone_path(place: tuple[str, int, str], kind: str, data_id: str, suffix: str) -> str:
    """A dataset below the backbone's root; `place` is campaign, run, payload."""
    campaign, run, payload = place
    return f"{campaign}/r{run}/{payload}/{kind}/{data_id or 'all'}{suffix}"


def log_path(campaign: str, run: int, token: str) -> str:
    """The bundle of an attempt's streams below the log folder."""
    return f"{campaign}/r{run}/{token[:2]}/{token}.log"
