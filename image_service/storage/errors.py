"""What can go wrong with a store, whichever it is."""


class StoreError(Exception):
    """A store did not do what it was asked; the message says why."""


class StoreUnavailable(StoreError):
    """The store could not be asked just now; trying again later may help."""


class StoreSilent(StoreUnavailable):
    """The store did not answer at all: whoever asks next will probably wait in vain."""


class StoreBusy(StoreUnavailable):
    """Others changed the same rows at the same time and were first; trying again at once should help."""


class StoreTooNew(StoreUnavailable):
    """The database was written by a later version of this program."""


class StoreFull(StoreError):
    """There is no room left for what was to be stored; nothing of it was kept."""


class BlobMissing(StoreError):
    """The store answers, and has no object of this name."""


class KeyExists(StoreError):
    """An image of this key is stored already, and only a new one was wanted."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} is stored already")
        self.key = key
