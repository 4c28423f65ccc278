"""Starts both apps as the Procfile lists them, and prints their addresses once both answer."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
FIRST_PORT = 8000
STEP = 100  # honcho gives each line of the Procfile the next hundred
STOPPED_BY_US = {0, -signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT, 128 + signal.SIGTERM}


def main() -> None:
    settings = read_settings()
    port = read_port(settings)
    host = settings.get("HOST", "127.0.0.1")
    reached = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    addresses = {"Image service": f"http://{reached}:{port}", "Manager": f"http://{reached}:{port + STEP}"}
    if reached == host:  # where it listens on every address, only who runs it knows how browsers reach it
        settings.setdefault("IMAGE_SERVICE_URL", addresses["Image service"])
    sys.exit(run(settings, port, addresses))


def read_settings() -> dict[str, str]:
    """The environment over .env, as both apps read them."""
    from_file = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    return {**from_file, **os.environ}


def read_port(settings: Mapping[str, str]) -> int:
    port = settings.get("PORT", str(FIRST_PORT))
    if not port.isdigit() or not 0 < int(port) <= 65_535 - STEP:
        sys.exit(f"PORT must be a number from 1 to {65_535 - STEP}, not {port!r}")
    return int(port)


def run(settings: Mapping[str, str], port: int, addresses: Mapping[str, str]) -> int:
    bin_folder = Path(sys.executable).parent
    environment = {**settings, "PATH": f"{bin_folder}{os.pathsep}{settings.get('PATH', os.defpath)}"}
    # .env is merged above; honcho's own reading of it would let it win over the environment.
    command = [sys.executable, "-m", "honcho", "--env", os.devnull, "start", "--port", str(port)]
    # A closed terminal must not kill honcho before it has ended the apps: it inherits that it ignores this one.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    processes = subprocess.Popen(command, cwd=ROOT, env=environment)
    # Ctrl-C reaches honcho by itself, from the terminal; it ends both apps, and this waits for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for ended in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ended, lambda number, frame: processes.terminate())
    threading.Thread(target=announce, args=(processes, addresses), daemon=True).start()
    code = processes.wait()
    return 0 if code in STOPPED_BY_US else code


def announce(processes: subprocess.Popen, addresses: Mapping[str, str]) -> None:
    while not all(answers(address) for address in addresses.values()):
        if processes.poll() is not None:
            return
        time.sleep(0.2)
    lines = [f"  {name:<14} {address}" for name, address in addresses.items()]
    print("\n" + "\n".join([*lines, "  Ctrl-C ends both."]) + "\n", flush=True)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    main()
