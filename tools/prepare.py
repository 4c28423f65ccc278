"""Makes .venv and installs the pinned requirements in it, only when they changed; runs on a bare Python."""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed-requirements"
OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("requirements", help="the file to install from")
    arguments.add_argument("--browser", action="store_true", help="see that there is a Chromium for the browser tests")
    wanted = arguments.parse_args()
    os.chdir(ROOT)
    require_python()
    make_venv()
    install(wanted.requirements)
    if wanted.browser:
        offer_browser()


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
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


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
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--no-cache-dir", "-r", requirements])  # no cache: nothing stays outside the folder
    if done.returncode:
        sys.exit(f"{requirements} could not be installed; what pip says of it stands above.")
    # The larger set holds the smaller, so after it both count as installed.
    done_now = [wanted, fingerprint("requirements.txt")] if requirements != "requirements.txt" else [wanted]
    kept = [line for line in installed if line == fingerprint("requirements-dev.txt")]
    INSTALLED.write_text("\n".join([*kept, *done_now]) + "\n")


def fingerprint(requirements: str) -> str:
    pinned = ("requirements.txt", "constraints.txt", requirements)
    return hashlib.sha256(b"\0".join(Path(name).read_bytes() for name in pinned)).hexdigest()


def offer_browser() -> None:
    """See that there is a Chromium, by Debian's own package where that may be done unasked; else say what to do.

    Nothing fails here: the browser tests themselves are then skipped, or fail with CI=true, and say so at the end.
    """
    if os.environ.get("CHROMIUM") or any(shutil.which(name) for name in BROWSERS):
        return
    # Ubuntu's package of that name only points to a snap, which can't see this folder's temporary files.
    if "ID=debian" in os_release() and apt_install("chromium"):
        return
    say("no Chromium here, so the browser tests will not run. On Debian: sudo apt install chromium")
    say("elsewhere install Chromium or Google Chrome, and name it where it is not on the PATH: CHROMIUM=/path/to/it")


def os_release() -> list:
    path = Path("/etc/os-release")
    return path.read_text().split() if path.exists() else []


def apt_install(package: str) -> bool:
    """Install a package of the system, only where that needs no password."""
    if shutil.which("apt-get") is None:
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and (
        shutil.which("sudo") is None or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
    ):
        return False
    say(f"installing the system's package {package}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "--yes"]
    get = [*apt, "install", "--no-install-recommends", package]
    if subprocess.run(get, capture_output=True).returncode == 0:
        return True
    subprocess.run([*apt, "update"], capture_output=True)  # a machine fresh from its image has no lists yet
    done = subprocess.run(get, capture_output=True, text=True)
    if done.returncode:
        say(f"apt-get could not install {package}: {done.stderr.strip()[-300:]}")
    return done.returncode == 0


def sudo_asks_nothing() -> bool:
    return (
        shutil.which("sudo") is not None and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
    )


def say(words: str) -> None:
    print(f"hitrate: {words}", flush=True)


if __name__ == "__main__":
    main()
