"""Why requests missed: of six reasons the first that applies, adding up to the misses.

What is known of each request is counted; where only a part of all entries is looked at, the rest is split as that
part was.
"""

REASONS = ("too_large", "changed", "collapsed", "cold", "policy", "capacity")
OF_THE_SAMPLE = ("changed", "cold", "policy", "capacity")


class Reasons:
    """The misses of one minute. ``counted`` adds up to ``misses`` only while every entry is looked at."""

    def __init__(self) -> None:
        self.misses = 0
        self.too_large = 0
        self.collapsed = 0
        self.sample: dict[str, float] = dict.fromkeys(OF_THE_SAMPLE, 0.0)
        self.estimated = False

    def split(self) -> dict[str, int]:
        """Misses by reason, in whole numbers that add up to all of them."""
        rest = self.misses - self.too_large - self.collapsed
        shares = apportioned(rest, [self.sample[name] for name in OF_THE_SAMPLE])
        found = dict(zip(OF_THE_SAMPLE, shares, strict=True))
        found |= {"too_large": self.too_large, "collapsed": self.collapsed}
        return {name: found[name] for name in REASONS}


def apportioned(whole: int, parts: list[float]) -> list[int]:
    """``whole`` in whole numbers as near to the proportion of ``parts`` as can be; all to the last if all are 0.

    By largest remainder, so that parts that add up to the whole come back as they are.
    """
    total = sum(parts)
    if total <= 0:
        return [0] * (len(parts) - 1) + [whole]
    quotas = [whole * part / total for part in parts]
    shares = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda place: (shares[place] - quotas[place], place))
    for place in by_remainder[: whole - sum(shares)]:
        shares[place] += 1
    return shares
