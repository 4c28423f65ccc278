"""Run by a test in a fresh Python: imports libraries, then our modules, and prints what the latter did as they came in.

python imported.py LIBRARIES MODULES        both separated by commas; prints one line of JSON
"""

import contextlib
import importlib
import json
import os
import sys
import threading
from typing import Any

LOUD = ("socket.connect", "socket.bind", "sqlite3.connect", "os.mkdir", "os.rename", "os.remove", "subprocess.Popen")
happened: list[str] = []


class WatchedEnvironment(type(os.environ)):
    def __getitem__(self, name: str) -> str:
        # Pydantic asks how to build a class while we define one; only our own asking, and our settings', counts.
        asking = sys._getframe(1)
        while asking and asking.f_globals["__name__"] in ("os", "collections.abc"):
            asking = asking.f_back
        if asking and asking.f_globals["__name__"].partition(".")[0] != "pydantic":
            happened.append(f"{asking.f_globals['__name__']} reads {name} from the environment")
        return super().__getitem__(name)


def heard(event: str, arguments: tuple[Any, ...]) -> None:
    """Python tells an audit hook of all it does; the reading of source files and libraries is no business of ours."""
    if event == "open" and isinstance(arguments[0], str):
        path, mode = os.path.abspath(arguments[0]), str(arguments[1] or "r")
        if set(mode) & set("wax+") or path.startswith(os.getcwd() + os.sep):
            happened.append(f"opens {path}")
    elif event in LOUD:
        happened.append(f"{event} {arguments}")


def main(libraries: str, modules: str) -> None:
    for name in filter(None, libraries.split(",")):
        with contextlib.suppress(ImportError):  # the name of a function in a library, say
            importlib.import_module(name)
    sys.addaudithook(heard)
    os.environ.__class__ = WatchedEnvironment
    threads = threading.active_count()
    for name in modules.split(","):
        importlib.import_module(name)
    if threading.active_count() > threads:
        happened.append(f"starts {threading.enumerate()}")
    print(json.dumps({"happened": happened, "loaded": sorted(sys.modules)}))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # the project in place of this folder
    main(*sys.argv[1:])
