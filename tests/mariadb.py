"""MariaDB as MySQL: a real server, private to the tests, with the defaults it has where nobody set any."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql
import pytest

from tests.certificates import write_certificates
from tests.processes import free_port, wait_until
from tools.prepare import MARIADB, find, how_to_install

USER = "hitrate"
PASSWORD = "p@ss/w:rd%20"


class MariaDb:
    """One server. Its port outlives its restarts, and so does what is stored."""

    def __init__(self, folder: Path, program: str) -> None:
        self._folder = folder
        self._program = program
        self._process: subprocess.Popen | None = None
        self._as_root = ["--user=root"] if os.geteuid() == 0 else []
        self.port = free_port()
        self.authority = folder / "ca.pem"

    def install(self) -> None:
        """Make its files: it can't be started before."""
        install = shutil.which("mariadb-install-db")
        assert install, "mariadb-install-db comes with mariadbd"
        flags = [f"--datadir={self._folder / 'data'}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        done = subprocess.run([install, "--no-defaults", *flags, *self._as_root], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        write_certificates(self._folder)

    def start(self, *flags: str) -> None:
        """Start it and wait until it answers."""
        command = [
            self._program,
            "--no-defaults",
            f"--datadir={self._folder / 'data'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self._folder / 's'}",
            f"--pid-file={self._folder / 'pid'}",
            "--innodb-buffer-pool-size=32M",
            f"--ssl-ca={self.authority}",
            f"--ssl-cert={self._folder / 'server.pem'}",
            f"--ssl-key={self._folder / 'server-key.pem'}",
            *self._as_root,
            *flags,
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._answers, what=f"MariaDB to answer; see {self._folder / 'log'}")
        words = PASSWORD.replace("%", "%%")
        for host in ("localhost", "127.0.0.1"):
            self.run(f"GRANT ALL ON `test\\_%%`.* TO {USER}@'{host}' IDENTIFIED BY '{words}'")

    def kill(self) -> None:
        """As a machine dies."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_url(self) -> str:
        """The DATABASE_URL of a database of its own, empty."""
        name = f"test_{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        return f"mysql+pymysql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{name}"

    def connect(self, url: str = "", **options: Any) -> pymysql.Connection:
        """A connection as root, to the database of a URL where one is given; it commits each statement."""
        database = url.rpartition("/")[2].partition("?")[0] or None
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=database, **{"autocommit": True, **options}
        )

    def run(self, statement: str, *values: object, url: str = "") -> tuple:
        """The rows of one statement."""
        with self.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()[-3000:]
        with suppress(pymysql.MySQLError):
            return self.run("SELECT 1") == ((1,),)
        return False


@contextmanager
def running(folder: Path) -> Iterator[MariaDb]:
    """A server of one's own, that may be killed."""
    program = find(MARIADB)
    if program is None:
        pytest.skip(how_to_install(MARIADB))
    server = MariaDb(folder, program)
    try:
        server.install()
        server.start()
        yield server
    finally:
        server.close()
