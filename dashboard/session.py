"""The session cookie: signed, kept out of scripts and of other sites, and worth nothing once the password changes."""

import hashlib
import hmac
import os
import secrets
import threading
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

from web.clients import scheme_of

LIFETIME = timedelta(hours=12)
KEY_FILE = "secret_key"
KEY_BYTES = 32
ENDED_KEPT = 10_000


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        return scheme_of(request.environ) == "https"


class Ended:
    """The sessions that were ended by hand: a copy of their cookie must not open anything again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: OrderedDict[str, None] = OrderedDict()

    def add(self, session_id: str) -> None:
        with self._lock:
            self._ids[session_id] = None
            if len(self._ids) > ENDED_KEPT:
                self._ids.popitem(last=False)

    def __contains__(self, session_id: str) -> bool:
        with self._lock:
            return session_id in self._ids


def keep_sessions(server: Flask, key: bytes, password: str) -> None:
    """Have the server keep its sessions in a cookie for LIFETIME, counted from the sign-in."""
    server.session_interface = _Sessions()
    # The password is part of the key: a new one ends every session, and the cookie holds nothing to be compared.
    server.secret_key = hmac.digest(key, b"sessions:" + password.encode(), hashlib.sha256)
    server.config.update(
        SESSION_COOKIE_NAME="hitrate_manager",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        # A page asks every few seconds: an answer under way at the sign-out must not bring the cookie back.
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def read_key(secret_key: str, data_dir: Path) -> bytes:
    """The key of the settings, else a random one that stays in DATA_DIR, for its owner alone."""
    if secret_key:
        return secret_key.encode()
    path = data_dir / KEY_FILE
    if not path.exists():
        _write_key(path)
    path.chmod(0o600)
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise ValueError(f"{path} does not hold a key; delete it, and everybody signs in again.")
    return key


def _write_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(whole, path)  # refuses where another manager was faster: then its key is the one
    except FileExistsError:
        pass
    finally:
        whole.unlink(missing_ok=True)
