"""At most one process of a name on a machine."""

import fcntl
import hashlib
import socket
import sys
import tempfile
from pathlib import Path


class InstanceTaken(Exception):
    """Another process of this name is running; the message says so."""


def lock_instance(name: str) -> object:
    """Hold the name until every process that inherited the returned lock has ended; InstanceTaken where one has it.

    On Linux the lock is a socket in the abstract namespace: it leaves no file behind, and frees itself when its last
    holder dies, however it dies. Elsewhere it is a locked file in the folder for temporary files.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    try:
        return _bind(f"\0hitrate/{digest}") if sys.platform == "linux" else _lock_file(f"hitrate-{digest}.lock")
    except OSError:
        raise InstanceTaken(
            f"An instance called {name!r} is running on this machine already. Give this one another name in INSTANCE."
        ) from None


def _bind(address: str) -> socket.socket:
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(address)
    except OSError:
        lock.close()
        raise
    return lock


def _lock_file(name: str) -> object:
    file = open(Path(tempfile.gettempdir()) / name, "w")  # noqa: SIM115 - open for as long as the process lives
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file
