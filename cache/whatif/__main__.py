"""The replay as a process of its own: records come in on standard input, a line of JSON goes out for each minute."""

import gc
import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from cache.whatif.records import RECORD_BYTES, numbers
from cache.whatif.shadows import Shadows
from cache.whatif.sizes import SIZES

NICER = 5
"""Requests come first where both want the same core."""
A_READ = 1 << 16


def main() -> None:
    os.nice(NICER)
    gc.disable()  # nothing here goes in circles, and looking for that takes long
    since = int(time.time())
    shadows = Shadows(int(sys.argv[1]), size_of=SIZES[sys.argv[2]])
    ours = socket.socket(fileno=0)
    rest = b""
    while data := ours.recv(A_READ):  # nothing comes once the service has ended, however it did
        data = rest + data
        whole = len(data) // RECORD_BYTES * RECORD_BYTES
        rest = data[whole:]
        for told in shadows.play(numbers(data[:whole])):
            told |= {"since": since, "memory_bytes": resident_bytes() or shadows.sampling.memory_bytes()}
            ours.sendall(json.dumps(told, separators=(",", ":")).encode() + b"\n")


def resident_bytes() -> int:
    """What the process takes up; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    with suppress(BrokenPipeError, ConnectionResetError):  # the service ended first
        main()
