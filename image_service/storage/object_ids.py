"""What names an object: a version 4 UUID in hex, and nothing that leads elsewhere."""

import re

_OBJECT_ID = re.compile("[0-9a-f]{32}")


def is_object_id(name: str) -> bool:
    return _OBJECT_ID.fullmatch(name) is not None


def checked(object_id: str) -> str:
    """The id itself; ValueError where it is none."""
    if not is_object_id(object_id):
        raise ValueError(f"{object_id!r} is not an object id")
    return object_id
