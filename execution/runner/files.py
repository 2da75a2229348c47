"""Writing, reading and removing files so that nobody ever sees half of one."""

import contextlib
import os
import stat

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def write_atomically(path: str, data: bytes) -> None:
    """Put `data` under a hidden name in the same folder, then rename it; no fsync, the note only has to survive us."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        with open(temporary, "wb", 0) as target:
            view = memoryview(data)
            while view:
                view = view[target.write(view) :]
        os.rename(temporary, path)
    except OSError:
        remove(temporary)
        raise


def read_regular(path: str, limit: int) -> bytes:
    """Bytes of a regular file of at most `limit` bytes; OSError for a link, a pipe, a folder or a larger file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _NO_FOLLOW)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a regular file")
        if found.st_size > limit:
            raise OSError(f"{found.st_size} bytes, more than the {limit} allowed")
        parts: list[bytes] = []
        while True:
            part = os.read(descriptor, found.st_size + 1)
            if not part:
                return b"".join(parts)
            parts.append(part)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Delete a file; gone already is fine, and so is what cannot be deleted."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def fresh_folder(path: str) -> str:
    """`path` as an empty folder, or the first of path-2, path-3, … when something in it cannot be deleted.

    An emptied folder is used again because removing one makes us wait for the kernel (milliseconds on Linux 6).
    """
    number = 1
    folder = path
    while True:
        try:
            os.mkdir(folder)
            return folder
        except FileExistsError:
            if not os.listdir(folder):
                return folder
        number += 1
        folder = f"{path}-{number}"


def remove_tree(path: str) -> None:
    """Delete a folder with all that is in it, never following a link out of it; what cannot be deleted stays."""
    empty(path)
    _ignoring(os.rmdir, path, None)


def empty(path: str) -> None:
    """Delete all that is in a folder, never following a link out of it; what cannot be deleted stays."""
    if os.path.islink(path):
        return
    with contextlib.suppress(OSError):
        for _, folders, names, descriptor in os.fwalk(path, topdown=False, follow_symlinks=False):
            for name in names:
                _ignoring(os.unlink, name, descriptor)
            for name in folders:
                if not _ignoring(os.rmdir, name, descriptor):
                    _ignoring(os.unlink, name, descriptor)


def _ignoring(action: "object", name: str, descriptor: "int | None") -> bool:
    try:
        action(name, dir_fd=descriptor)  # type: ignore[operator]
    except OSError:
        return False
    return True


def is_inside(root: str, path: str) -> bool:
    """Whether `path`, all links resolved, lies below `root` (itself already resolved)."""
    return os.path.realpath(path).startswith(root.rstrip("/") + "/")
