"""Many minutes in little room: the reports of the channel as columns of numbers, 250 bytes each instead of 2,500."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np

from metrics.schema import LATENCY_VALUES_MS, METRICS, Minute

NAMES: tuple[str, ...] = tuple(metric.name for metric in METRICS)
BUCKETS = len(LATENCY_VALUES_MS)
_all_values = itemgetter(*NAMES)


@dataclass(frozen=True, eq=False)
class Table:
    """One row a report, by time and instance.

    ``values`` has a column for each of NAMES. A histogram is sparse: entry i says that ``answers[i]`` answers of the
    report in row ``rows[i]`` fell into ``buckets[i]``.
    """

    time: np.ndarray
    period_seconds: np.ndarray
    instance: np.ndarray  # an index into names
    names: tuple[str, ...]
    values: np.ndarray
    rows: np.ndarray
    buckets: np.ndarray
    answers: np.ndarray

    @classmethod
    def of(cls, minutes: Iterable[Minute]) -> "Table":
        minutes = sorted(minutes, key=lambda minute: (minute.time, minute.instance))
        names = tuple(sorted({minute.instance for minute in minutes}))
        codes = {name: code for code, name in enumerate(names)}
        lengths = [len(minute.latency) for minute in minutes]
        entries = sum(lengths)
        return cls(
            time=_numbers((minute.time for minute in minutes), len(minutes)),
            period_seconds=_numbers((minute.period_seconds for minute in minutes), len(minutes)),
            instance=_numbers((codes[minute.instance] for minute in minutes), len(minutes)),
            names=names,
            values=_numbers(
                chain.from_iterable(_values(minute.values) for minute in minutes), len(minutes) * len(NAMES)
            ).reshape(len(minutes), len(NAMES)),
            rows=np.repeat(np.arange(len(minutes), dtype=np.int32), lengths),
            buckets=np.clip(
                _numbers(chain.from_iterable(minute.latency for minute in minutes), entries), 0, BUCKETS - 1
            ).astype(np.uint8),
            answers=_numbers(chain.from_iterable(minute.latency.values() for minute in minutes), entries),
        )

    @classmethod
    def joined(cls, tables: Sequence["Table"]) -> "Table":
        """Tables of consecutive times as one."""
        tables = [table for table in tables if len(table)]
        if len(tables) == 1:
            return tables[0]
        if not tables:
            return cls.of([])
        names = tuple(sorted(set(chain.from_iterable(table.names for table in tables))))
        starts = np.cumsum([0, *(len(table) for table in tables[:-1])])
        return cls(
            time=np.concatenate([table.time for table in tables]),
            period_seconds=np.concatenate([table.period_seconds for table in tables]),
            instance=np.concatenate([_codes(table.names, names)[table.instance] for table in tables]),
            names=names,
            values=np.concatenate([table.values for table in tables]),
            rows=np.concatenate([table.rows + start for table, start in zip(tables, starts, strict=True)]),
            buckets=np.concatenate([table.buckets for table in tables]),
            answers=np.concatenate([table.answers for table in tables]),
        )

    def between(self, start: int, end: int) -> "Table":
        """The reports with start <= time < end."""
        first, last = np.searchsorted(self.time, [start, end]).tolist()
        return self._rows(slice(first, last), first)

    def of_instance(self, name: str) -> "Table":
        if name not in self.names:
            return Table.of([])
        kept = self.instance == self.names.index(name)
        entries = kept[self.rows]
        new_row = np.cumsum(kept) - 1
        return Table(
            self.time[kept],
            self.period_seconds[kept],
            np.zeros(int(kept.sum()), dtype=np.int64),
            (name,),
            self.values[kept],
            new_row[self.rows[entries]],
            self.buckets[entries],
            self.answers[entries],
        )

    def last_heard(self) -> dict[str, int]:
        """The start of the last report of each instance."""
        last = np.full(len(self.names), -1, dtype=np.int64)
        np.maximum.at(last, self.instance, self.time)
        return {name: int(time) for name, time in zip(self.names, last, strict=True) if time >= 0}

    def __len__(self) -> int:
        return len(self.time)

    def _rows(self, rows: slice, first: int) -> "Table":
        entries = slice(*np.searchsorted(self.rows, [rows.start, rows.stop]).tolist())
        return Table(
            self.time[rows],
            self.period_seconds[rows],
            self.instance[rows],
            self.names,
            self.values[rows],
            self.rows[entries] - first,
            self.buckets[entries],
            self.answers[entries],
        )


def _numbers(numbers: Iterable[int], size: int) -> np.ndarray:
    return np.fromiter(numbers, dtype=np.int64, count=size)


def _values(values: Mapping[str, int]) -> tuple[int, ...]:
    try:
        return _all_values(values)
    except KeyError:  # a service older than this manager
        return tuple(values.get(name, 0) for name in NAMES)


def _codes(names: Sequence[str], of_all: Sequence[str]) -> np.ndarray:
    return np.array([of_all.index(name) for name in names], dtype=np.int64)
