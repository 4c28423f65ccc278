"""Slots: one bit for each capacity that is looked at, so that one number says in which of them a key is held."""

SLOTS = 31
"""Bits in an array of type code I, less one."""
_MOST_KNOWN = 1 << 14


class SlotsOf(dict[int, tuple[int, ...]]):
    """Mask -> the slots whose bits are set, worked out once each."""

    def __missing__(self, mask: int) -> tuple[int, ...]:
        if len(self) > _MOST_KNOWN:
            self.clear()
        slots = self[mask] = tuple(slot for slot in range(SLOTS) if mask >> slot & 1)
        return slots
