"""Which processes the portal consists of, and how one knows that they are ready."""

import http.client
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from bpsportal import broker
from bpsportal.processes import Part

QUEUE_SHORT, QUEUE_LONG = "celery", "long"
WEB_THREADS = 8
_ACCESS = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms request=%({x-request-id}o)s'
_TRIES = 100


def parts(data: Path, *, listener: socket.socket, workers: int, web_workers: int, embedded_broker: bool) -> list[Part]:
    """Return the portal's processes in the order of their start: broker, workers, clock, web."""
    celery = (sys.executable, "-m", "celery", "-A", "bpsportal")
    worker = (*celery, "worker", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO")
    found = [
        Part("worker", (*worker, "-n", "worker@%h", "-Q", QUEUE_SHORT, "-c", str(workers)), grace_s=20.0),
        Part("planner", (*worker, "-n", "planner@%h", "-Q", QUEUE_LONG, "-c", "2"), grace_s=20.0),
        Part("clock", (*celery, "beat", "-l", "INFO")),
        Part("web", _web(data, listener, web_workers), fds=(listener.fileno(),), grace_s=15.0),
    ]
    if embedded_broker:
        found.insert(0, Part("broker", tuple(broker.command(data)), leaned_on=True))
    return found


def _web(data: Path, listener: socket.socket, web_workers: int) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "gunicorn", "bpsportal.wsgi"),
        *("--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread"),
        *("--workers", str(web_workers), "--threads", str(WEB_THREADS), "--timeout", "120", "--graceful-timeout", "10"),
        *("--worker-tmp-dir", str(data / "run"), "--no-control-socket"),
        *("--access-logfile", "-", "--access-logformat", _ACCESS),
    )


def listen(host: str, port: int, *, exact: bool) -> socket.socket:
    """Return a listening socket; the next free port when `port` is taken and nobody asked for exactly it, else
    OSError.
    """
    for candidate in range(port, port + (1 if exact else _TRIES)):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError:
            listener.close()
            continue
        listener.listen(1024)
        listener.set_inheritable(True)
        return listener
    raise OSError(f"Port {port} of {host} is taken; choose another with PORT=… or --port.")


def readiness(data: Path, host: str, port: int) -> dict[str, Callable[[], bool]]:
    """Return by part name how to ask whether it is ready."""
    return {"broker": lambda: _broker_answers(data), "web": lambda: _web_answers(host, port)}


def _broker_answers(data: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(os.fspath(broker.socket_path(data)))
            client.sendall(b"PING\r\n")
            return client.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def _web_answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
