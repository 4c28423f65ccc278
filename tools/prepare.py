"""Makes .venv and installs the pinned requirements in it, only when they changed; runs on a bare Python.

For the tests also what no requirements file can bring: a browser, a database, and an AWS emulator in a venv of its own.
"""

from __future__ import annotations  # an older Python must get as far as being told that it is too old

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed-requirements"
OLDEST_PYTHON = (3, 11)
SERVER_FOLDERS = ("/usr/local/sbin", "/usr/sbin")  # not on the PATH of people, on Debian
# Its botocore is another one than ours.
MINISTACK = ROOT / ".cache" / "ministack"
MINISTACK_REQUIREMENTS = ROOT / "tests" / "ministack-requirements.txt"


@dataclass(frozen=True)
class Program:
    """What the tests start and no package of Python brings; ``variable`` names it where it is not on the PATH."""

    name: str
    commands: tuple[str, ...]
    variable: str
    packages: tuple[str, ...]
    systems: tuple[str, ...]
    elsewhere: str


CHROMIUM = Program(
    "Chromium",
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "CHROMIUM",
    ("chromium",),
    ("debian",),  # Ubuntu's package of that name points to a snap, which can't see this folder's temporary files
    "install Chromium or Google Chrome",
)
MARIADB = Program(
    "MariaDB",
    ("mariadbd",),
    "MARIADBD",
    ("mariadb-server-core", "mariadb-client-core"),  # mariadb-server would start a server for the whole machine
    ("debian", "ubuntu"),
    "install MariaDB's server",
)
REDIS = Program(
    "Redis",
    ("redis-server", "valkey-server", "redis-check-rdb"),
    "REDIS_SERVER",
    ("redis-tools",),  # redis-server would start a server for the whole machine; this has the same program in it
    ("debian", "ubuntu"),
    "install the server of Redis or Valkey",
)
SYSTEMD = Program(
    "systemd-analyze",
    ("systemd-analyze",),
    "SYSTEMD_ANALYZE",
    ("systemd",),
    ("debian", "ubuntu"),
    "install systemd, on Linux",
)
PROGRAMS = (CHROMIUM, MARIADB, REDIS, SYSTEMD)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("requirements", help="the file to install from")
    arguments.add_argument("--tests", action="store_true", help="see that there is what the tests start besides")
    wanted = arguments.parse_args()
    os.chdir(ROOT)
    require_python()
    make_venv()
    install(wanted.requirements)
    if wanted.tests:
        for program in PROGRAMS:
            offer(program)
        install_ministack()


def require_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"Hitrate needs Python {'.'.join(map(str, OLDEST_PYTHON))} or later; {sys.executable} is "
            f"{sys.version.split()[0]}.\nName a later one: make run PYTHON=python3.12"
        )


def make_venv() -> None:
    if works(VENV / "bin" / "python"):
        return
    if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu ship it apart from Python
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not apt_install(package):
            sys.exit(f"Python's venv module is missing. Install it, then try again:\n  sudo apt install {package}")
    say("making .venv")
    make_afresh(VENV)


def make_afresh(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)


def works(python: Path) -> bool:
    """Whether the venv can run: its Python may have been upgraded away, or the folder moved."""
    try:
        return subprocess.run([python, "-c", "import pip"], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def install(requirements: str) -> None:
    wanted = fingerprint(requirements)
    installed = INSTALLED.read_text().split() if INSTALLED.exists() else []
    if wanted in installed:
        return
    say(f"installing {requirements} (the first time takes a minute or two)")
    if not pip_install(VENV, requirements):
        sys.exit(f"{requirements} could not be installed; what pip says of it stands above.")
    # The larger set holds the smaller, so after it both count as installed.
    done_now = [wanted, fingerprint("requirements.txt")] if requirements != "requirements.txt" else [wanted]
    kept = [line for line in installed if line == fingerprint("requirements-dev.txt")]
    INSTALLED.write_text("\n".join([*kept, *done_now]) + "\n")


def fingerprint(requirements: str) -> str:
    pinned = ("requirements.txt", "constraints.txt", requirements)
    return hashlib.sha256(b"\0".join(Path(name).read_bytes() for name in pinned)).hexdigest()


def pip_install(venv: Path, requirements: str | Path) -> bool:
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # No cache: nothing stays outside the folder.
    return subprocess.run([*pip, "--no-cache-dir", "-r", str(requirements)]).returncode == 0


def install_ministack() -> None:
    """MiniStack where the tests look for it. Where that fails its tests can't run, and say so at the end."""
    wanted = MINISTACK_REQUIREMENTS.read_text()
    installed = MINISTACK / "installed-requirements"
    if installed.exists() and installed.read_text() == wanted and works(MINISTACK / "bin" / "python"):
        return
    say("installing MiniStack, an AWS emulator, for the tests")
    make_afresh(MINISTACK)
    if pip_install(MINISTACK, MINISTACK_REQUIREMENTS):
        installed.write_text(wanted)
    else:
        say("MiniStack could not be installed, so its tests will not run; what pip says of it stands above")


def offer(program: Program) -> None:
    """See that a program is there, by the system's own package where that may be done unasked; else say what to do.

    Nothing fails here: the tests that need it are then skipped, or fail with CI=true, and say so at the end.
    """
    if find(program) or (set(os_release()) & {f"ID={system}" for system in program.systems} and bring(program)):
        return
    say(f"tests will not run: {how_to_install(program)}")


def how_to_install(program: Program) -> str:
    packages = " ".join(program.packages)
    return (
        f"{program.name} is missing. On Debian: sudo apt install {packages}. Elsewhere {program.elsewhere}, "
        f"and name it where it is not on the PATH: {program.variable}=/path/to/it"
    )


def find(program: Program) -> str | None:
    """Where it is, if anywhere."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SERVER_FOLDERS])
    named = os.environ.get(program.variable)
    return named or next(filter(None, (shutil.which(name, path=path) for name in program.commands)), None)


def bring(program: Program) -> bool:
    return apt_install(*program.packages) and find(program) is not None


def os_release() -> list:
    path = Path("/etc/os-release")
    return path.read_text().split() if path.exists() else []


def apt_install(*packages: str) -> bool:
    """Install packages of the system, only where that needs no password."""
    if shutil.which("apt-get") is None:
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (
        shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
    ):
        return False
    say(f"installing the system's packages {' '.join(packages)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "--yes"]
    get = [*apt, "install", "--no-install-recommends", *packages]
    if subprocess.run(get, capture_output=True).returncode == 0:
        return True
    subprocess.run([*apt, "update"], capture_output=True)  # a machine fresh from its image has no lists yet
    done = subprocess.run(get, capture_output=True, text=True)
    if done.returncode:
        say(f"apt-get could not install {' '.join(packages)}: {done.stderr.strip()[-300:]}")
    return done.returncode == 0


def say(words: str) -> None:
    print(f"hitrate: {words}", flush=True)


if __name__ == "__main__":
    main()
