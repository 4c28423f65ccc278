"""One slot's minute: the misses it is known to have, and those that are worked out from a sample.

A sample has too much of some kinds of requests, too little of others. How many there are of each kind, by stratum, is
known of all entries, so of the sample only the part that was missed is taken, stratum by stratum: post-stratification,
W. Cochran, "Sampling Techniques" (1977), section 5A.9.
"""

from collections.abc import Iterable, Mapping, Sequence

from cache.whatif.strata import NOT_NOTED, OF_AN_AGE, PEERS, PEERS_OF, STRATA, Tally, by_outcome

Numbers = list[float]


class Sums:
    def __init__(self, policies: Iterable[str]) -> None:
        self._known = {name: [0.0, 0.0] for name in policies}
        self._missed: dict[str, Tally] = {}  # by the sample, scaled up, as what it looked at
        self._looked_at = Tally()
        self._asked = Tally()  # of all entries, in the time of the sample
        self._outcomes: list[Numbers] = [[0.0, 0.0], [0.0, 0.0]]

    def add_known(self, missed: Mapping[str, Tally], outcomes: Sequence[Numbers], lost: Sequence[int]) -> None:
        """Of all entries; ``outcomes`` as below. Of these requests, and bytes, some were ``lost`` on their way."""
        for name, tally in missed.items():
            self._known[name] = [
                so_far + of_all(sum(more), *rest)
                for so_far, more, *rest in zip(self._known[name], tally, outcomes, lost, strict=True)
            ]

    def add_sample(self, missed: Mapping[str, Tally], looked_at: Tally, scale: int) -> None:
        for name, tally in missed.items():
            self._missed.setdefault(name, Tally()).add(tally, scale)
        self._looked_at.add(looked_at, scale)

    def add_asked(self, asked: Tally, outcomes: Sequence[Numbers]) -> None:
        """All that was asked in the time of a sample; ``outcomes`` are hits and misses of the live cache, then their
        bytes. They include what nothing else is known of, and ``asked`` does not.
        """
        self._asked.add(asked)
        self._outcomes = [
            [a + b for a, b in zip(*both, strict=True)] for both in zip(self._outcomes, outcomes, strict=True)
        ]

    def misses(self) -> dict[str, Numbers]:
        """By policy requests, and bytes."""
        if not self._missed:
            return self._known
        asked = [_raised(*both) for both in zip(self._asked, self._outcomes, strict=True)]
        return {
            name: [
                known + estimate(*sample, every)
                for known, *sample, every in zip(both, self._missed[name], self._looked_at, asked, strict=True)
            ]
            for name, both in self._known.items()
        }


def of_all(missed: float, outcomes: Sequence[float], lost: int) -> float:
    """How many of all are missed, if those ``lost`` are as the others; else as the live cache's, where all are lost."""
    whole = sum(outcomes)
    return missed * (whole / (whole - lost)) if whole > lost else outcomes[1]


def estimate(missed: Sequence[float], looked_at: Sequence[float], asked: Sequence[float]) -> float:
    """How many of ``asked`` are missed, where of ``looked_at`` those of ``missed`` are; all by stratum.

    A stratum of which nothing was looked at is few entries. It is taken to be as those of any size and use that are as
    old, or else as the next older ones: few that are asked for all the time must not count as what all usually do.
    Where there is nothing to go by, it is taken to be as it was in the live cache.
    """
    part_of = _missed_part_of_peers(missed, looked_at)
    strata = zip(missed, looked_at, asked, PEERS_OF, strict=True)
    return sum(number * (some / of if of else part_of[peers]) for some, of, number, peers in strata if number)


def _missed_part_of_peers(missed: Sequence[float], looked_at: Sequence[float]) -> Numbers:
    some, of = [0.0] * PEERS, [0.0] * PEERS
    for peers, lost, whole in zip(PEERS_OF, missed, looked_at, strict=True):
        some[peers] += lost
        of[peers] += whole
    parts = [lost / whole if whole else 0.0 for lost, whole in zip(some, of, strict=True)]
    for outcome, (lost, whole) in enumerate(zip(by_outcome(some), by_outcome(of), strict=True)):
        older = usual = sum(lost) / sum(whole) if sum(whole) else float(outcome)
        for peers in reversed(range(OF_AN_AGE + outcome, PEERS, 2)):
            older = parts[peers] = parts[peers] if of[peers] else older
        for peers in range(outcome, OF_AN_AGE, 2):
            parts[peers] = parts[peers] if of[peers] else usual
    return parts


def _raised(asked: Sequence[float], outcomes: Sequence[float]) -> Numbers:
    """``asked`` so that its hits and misses add up to those of ``outcomes``."""
    raised = [0.0] * STRATA
    for outcome, (whole, part) in enumerate(zip(outcomes, by_outcome(asked), strict=True)):
        if told := sum(part):
            raised[outcome::2] = [number * whole / told for number in part]
        else:
            raised[NOT_NOTED + outcome] = whole
    return raised
