"""What a driver is given to submit: a batch of jobs alike in shape, and the place they go to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchJob:
    """One attempt as a batch system sees it.

    token: the attempt's, used as the job's name. directory: absolute, at the site. priority: higher goes first;
    rank: lower goes first among equal priorities. Empty queue and account mean the site's defaults.
    """

    token: str
    directory: str
    priority: int = 0
    rank: int = 0
    cpus: int = 1
    memory_mb: int = 0
    disk_mb: int = 0
    walltime_s: int = 0
    queue: str = ""
    account: str = ""
    avoid_nodes: tuple[str, ...] = ()
    only_nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs of one shape (needs, queue, account, nodes), submitted by one command: one job, or an array."""

    jobs: tuple[BatchJob, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A site as its driver sees it.

    workdir: the site work directory, absolute. runner: path of the runner's archive there. python: the interpreter that
    runs it. directives: lines the site's administrator wants in every script. slots: cpus that `local` may use at once.
    user: whose jobs are ours, for batch systems that are asked by user.
    """

    workdir: str
    runner: str
    python: str = "python3"
    directives: tuple[str, ...] = ()
    slots: int = 1
    user: str = ""
