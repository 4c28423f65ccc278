"""Which entries were ever asked for, in two bits each: B. Bloom, "Space/Time Trade-offs in Hash Coding" (CACM 1970)."""

FEWEST_BITS = 1 << 16
_HALF = 32
_LOW = (1 << _HALF) - 1


class Seen:
    """Takes at most ``budget_bytes``. An entry that was added is known for good; one that was not, mostly is not."""

    def __init__(self, budget_bytes: int) -> None:
        bits = max(FEWEST_BITS, 1 << (8 * budget_bytes).bit_length() - 1)
        self._mask = min(bits, 1 << _HALF) - 1
        self._bits = bytearray(self._mask + 1 >> 3)
        self._set = 0

    def add(self, entry: int) -> float:
        """For how many new entries it stands, with those that only seem to be known; 0 where it seems so itself."""
        bits, mask, new = self._bits, self._mask, 0
        for place in (entry & mask, (entry >> _HALF ^ entry * 0x9E3779B97F4A7C15 >> 20 & _LOW) & mask):
            byte, bit = place >> 3, 1 << (place & 7)
            if not bits[byte] & bit:
                bits[byte] |= bit
                new += 1
        if not new:
            return 0.0
        full = self._set / (mask + 1)
        self._set += new
        return 1 / (1 - full * full)

    def __len__(self) -> int:
        """Bytes."""
        return len(self._bits)
