"""What Linux says of processes: their relations, memory, I/O and whether the kernel killed for want of memory."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TOO_LITTLE = 24
"""Fields of /proc/<pid>/stat that we need; see proc(5)."""


class Process:
    """One line of /proc/<pid>/stat. `start` counts clock ticks since boot and tells a reused pid apart."""

    __slots__ = ("group", "parent", "pid", "rss_bytes", "session", "start", "state")

    def __init__(self, pid: int, fields: "list[bytes]") -> None:
        self.pid = pid
        self.state = fields[0].decode("ascii", "replace")
        self.parent = int(fields[1])
        self.group = int(fields[2])
        self.session = int(fields[3])
        self.start = int(fields[19])
        self.rss_bytes = int(fields[21]) * _PAGE_BYTES


def process(pid: int) -> "Process | None":
    """What runs under `pid` now; None when nothing does (a zombie is still something)."""
    try:
        with open(f"/proc/{pid}/stat", "rb", 0) as source:
            text = source.read(4096)
    except OSError:
        return None
    fields = text[text.rfind(b")") + 2 :].split()
    return Process(pid, fields) if len(fields) >= _TOO_LITTLE else None


def processes() -> "list[Process]":
    """Every process of this host that we may see."""
    found = (process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [each for each in found if each is not None]


def family(pid: int, everyone: "Iterable[Process]") -> "list[Process]":
    """The process `pid`, its group and all descendants that still have their parents, whatever group they moved to."""
    known = {pid}
    members = {}
    rest = list(everyone)
    grown = True
    while grown:
        grown = False
        for each in rest:
            if each.pid not in members and (each.pid in known or each.group == pid or each.parent in known):
                members[each.pid] = each
                known.add(each.pid)
                grown = True
    return list(members.values())


def memory_bytes(members: "Iterable[Process]") -> int:
    """Memory of these processes together, shared pages counted once where the kernel tells (PSS, Linux 4.14)."""
    return sum(_proportional_bytes(each) for each in members)


def _proportional_bytes(each: Process) -> int:
    try:
        with open(f"/proc/{each.pid}/smaps_rollup", "rb", 0) as source:
            for line in source.read(4096).splitlines():
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return each.rss_bytes


def traffic(pid: int) -> "tuple[int, int] | None":
    """Bytes that `pid` and the children it waited for read and wrote by system calls, cached or not (rchar, wchar).

    Readable until the process is reaped, so also of a zombie; None where the kernel keeps no such account.
    """
    try:
        with open(f"/proc/{pid}/io", "rb", 0) as source:
            lines = source.read(1024).splitlines()
        values = dict(line.split(b": ", 1) for line in lines)
        return int(values[b"rchar"]), int(values[b"wchar"])
    except (OSError, ValueError, KeyError):
        return None


def oom_kills() -> "int | None":
    """How often the kernel killed in our own memory cgroup (v2, else v1); None where it does not say."""
    for path in _cgroup_files():
        try:
            with open(path, "rb", 0) as source:
                for line in source.read(4096).splitlines():
                    if line.startswith(b"oom_kill "):
                        return int(line.split()[1])
        except (OSError, ValueError):
            continue
    return None


def _cgroup_files() -> "list[str]":
    try:
        with open("/proc/self/cgroup") as source:
            entries = [line.rstrip("\n").partition(":")[2].partition(":") for line in source]
    except (OSError, ValueError):
        return []
    paths = []
    for controllers, _, group in entries:
        if not controllers:
            paths.append(f"/sys/fs/cgroup{group}/memory.events")
        elif "memory" in controllers.split(","):
            paths.append(f"/sys/fs/cgroup/memory{group}/memory.oom_control")
    return paths
