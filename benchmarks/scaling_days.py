"""Five days of auto-scaling, simulated from the pure decision: ``python -m benchmarks.scaling_days [trace ...]``.

A trace is what /export/trace.csv gives, a text with a key a line, or 32-bit big-endian numbers; as .xz or .gz, too.
Without one it is a synthetic day five times, with favourites that move on.
"""

import argparse
import array
import csv
import gzip
import io
import lzma
import sys
from pathlib import Path

from cache.config import MIB, Autoscale
from cache.scaling import Worth
from tests.scaling_days import (
    Distances,
    Minutes,
    best_fixed,
    capacities_of,
    diurnal,
    goes_back_and_forth,
    play,
    spread,
)

OPENED_BY = {".xz": lzma.open, ".gz": gzip.open}
MEMORY = 4.6 / (1 << 30)
MISSES = {"cheap": 3.4e-6, "dear": 1.7e-5}
"""Dollars: one GET, and 30 or 160 ms of waiting."""
START_BYTES = 64 * MIB


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("traces", nargs="*", type=Path)
    arguments.add_argument("--cooldown", type=int, default=1800, help="seconds (%(default)s)")
    asked = arguments.parse_args()
    days = [("synthetic", diurnal())] if not asked.traces else []
    days += [(path.name, spread(read(path))) for path in asked.traces]
    print("| days | a miss is | best fixed size | mode | moves | back and forth | miss rate | mean size | cost |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, minutes in days:
        tell(name, minutes, asked.cooldown)


def read(path: Path) -> list:
    """The keys of a trace, in order."""
    with OPENED_BY.get(path.suffix, open)(path, "rb") as file:
        data = file.read()
    if b"\0" in data[:4096]:
        numbers = array.array("i", data[: len(data) // 4 * 4])
        if sys.byteorder == "little":
            numbers.byteswap()
        return numbers.tolist()
    lines = data.decode("utf-8", "replace").splitlines()
    if lines[0].startswith("time,key"):
        return [row["key"] for row in csv.DictReader(io.StringIO("\n".join(lines)))]
    return [line for line in lines if line]


def tell(name: str, minutes: Minutes, cooldown_seconds: int) -> None:
    distances = Distances(minutes, capacities_of(minutes))
    # One request in 400 a minute is no traffic for a decision; a thin trace decides on fewer.
    requests = sum(len(each) for each in minutes.keys)
    least = min(1000, round(requests / len(minutes.keys) * cooldown_seconds / 60 * 0.4))
    for dear, dollars in MISSES.items():
        worth = Worth(MEMORY, dollars)
        size, best = best_fixed(distances, worth)
        first = sum(first for _, first, _ in distances.minutes)
        rate = best.misses / best.requests
        for mode in ("miss_rate", "target", "cost"):
            rules = Autoscale(
                mode=mode, grow_above=min(0.95, rate * 1.25), shrink_below=rate * 0.75, max_bytes=1 << 33,
                target_miss_rate=(best.misses - first) / (best.requests - first), cooldown_seconds=cooldown_seconds,
            )  # fmt: skip
            ran = play(minutes, distances, rules, START_BYTES, worth, least)
            back = goes_back_and_forth(ran.moves, cooldown_seconds // 60 - 1, START_BYTES)
            print(
                f"| {name} | {dear} | {size / MIB:.0f} MB | {mode} | {len(ran.moves)} | {'yes' if back else 'no'} "
                f"| {ran.misses / ran.requests:.1%} | {ran.byte_minutes / len(minutes.keys) / MIB:.0f} MB "
                f"| {ran.dollars(worth) / best.dollars(worth):.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
