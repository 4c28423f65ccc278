"""What a service hits over HTTP under each policy at two capacities, and what the curves of all these runs say of it.

And why requests missed: what each run says, beside what follows from which requests the other runs hit.

``python -m benchmarks.whatif_live`` makes up a trace of 40,000 requests; with the name of a file as
``/export/trace.csv`` writes it (time, key, size) it takes that. Each run begins with an empty cache. ``WHATIF_BYTES``
goes on to the services: with too little for the trace the curves are of samples, each run's of another.
"""

import io
import math
import os
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from benchmarks.whatif_error import from_file, ranks
from cache.config import DEFAULT, edited
from cache.policies import POLICIES
from cache.whatif.counts import DRAWING
from cache.whatif.grid import GRID
from metrics.channels import open_channel
from metrics.curves import Curve, Setting, add_curves
from tests import processes
from tests.asking import Client

SHARES = (0.07, 0.3)
"""How much of all bytes the two capacities are, about: a capacity of the grid, so that other runs look at it too."""
CONNECTIONS = 4
LONGEST_COMMENT = 65_533


def main() -> None:
    trace = from_file(sys.argv[1]) if len(sys.argv) > 1 else made_up()
    sizes = dict(reversed(trace))  # an image has the size that it is first asked for with
    whole = sum(sizes.values())
    capacities = [min(GRID, key=lambda each, share=share: abs(math.log(each / whole / share))) for share in SHARES]
    print(f"{len(trace):,} requests of {len(sizes):,} images, {whole / 1e6:,.0f} MB in all")
    with tempfile.TemporaryDirectory() as folder:
        add(Path(folder), sizes)
        runs = {}
        for setting in [(policy, capacity) for policy in POLICIES for capacity in capacities]:
            runs[setting] = hit, curve = played(Path(folder), trace, setting)
            print(f"{setting[0]:>8} {setting[1]:12,} {100 * sum(hit) / len(trace):9.2f} % hit,", end=" ")
            print(f"its own curve says {100 * curve.points[setting].hits / len(trace):.2f}", flush=True)
    looked_at = [entries for _, curve in runs.values() for _, entries in curve.sampled.values()]
    print(f"sampled, {min(looked_at):,} to {max(looked_at):,} looked at" if looked_at else "exact")
    print(f"{'policy':>8} {'capacity':>12} {'really hit':>11} {'curves':>7}  off by points: mean, reasons, most, whose")
    for setting, (hit, curve) in runs.items():
        hits = sum(hit)
        off = {
            run: 100 * abs(other.points[setting].hits - hits) / len(trace)
            for run, (_, other) in runs.items()
            if setting in other.points
        }
        most = max(off, key=off.__getitem__)
        right = reasons(trace, setting, {each: hit for each, (hit, _) in runs.items()})
        wrong = max(100 * abs(count - right[name]) / len(trace) for name, count in curve.reasons.items())
        policy, capacity = setting
        print(
            f"{policy:>8} {capacity:12,} {100 * hits / len(trace):9.2f} % {len(off):7} "
            f"{sum(off.values()) / len(off):18.3f} {wrong:8.3f} {off[most]:6.3f} {most[0]} at {most[1]:,}"
        )


def reasons(trace: list[tuple[int, int]], setting: Setting, hit: dict[Setting, list[bool]]) -> Counter[str]:
    """How many requests of that run missed for which reason, where nothing changes and all fits."""
    _, capacity = setting
    others = [hit[policy, capacity] for policy in POLICIES if policy != DRAWING]
    asked_for: set[int] = set()
    found: Counter[str] = Counter()
    for place, (key, _) in enumerate(trace):
        if key not in asked_for:
            found["cold"] += 1
        elif not hit[setting][place]:
            found["policy" if any(other[place] for other in others) else "capacity"] += 1
        asked_for.add(key)
    return found


def made_up() -> list[tuple[int, int]]:
    draw = random.Random(6)
    sizes = [min(200_000, 1_000 + int(draw.lognormvariate(9.4, 0.8))) for _ in range(6_000)]
    return [(rank, sizes[rank]) for rank in ranks(40_000, len(sizes), 0.9, seed=7)]


def service(folder: Path, run: str) -> processes.App:
    """One of its own statistics, not started yet, on the images of all."""
    memory = {name: os.environ[name] for name in ("WHATIF_BYTES",) if name in os.environ}
    return processes.image_service(
        folder / run, IMAGES_URL=f"file:{folder}/images", DATABASE_URL=f"sqlite:///{folder}/images.db", **memory
    )


def add(folder: Path, sizes: dict[int, int]) -> None:
    app = service(folder, "add")
    try:
        app.start()
        parts = [[*sizes.items()][part::CONNECTIONS] for part in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda part: add_part(Client(app.url), part), parts))
    finally:
        app.close()


def add_part(client: Client, images: list[tuple[int, int]]) -> None:
    for key, size in images:
        assert client.put(f"{key}.jpg", picture(key, size)).status == 201


def played(folder: Path, trace: list[tuple[int, int]], setting: Setting) -> tuple[list[bool], Curve]:
    """Which requests the client saw hit, and the curve of that run."""
    policy, capacity = setting
    app = service(folder, f"{policy}-{capacity}")
    app.data_dir.mkdir()
    channel = open_channel(f"sqlite:///{app.data_dir / 'channel.db'}")
    channel.publish(edited(DEFAULT, {"policy": policy, "capacity_bytes": capacity}, now=datetime.now(UTC)))
    try:
        app.start()
        client, hit = Client(app.url), []
        for key, _ in trace:
            answer = client.get(f"{key}.jpg")
            assert answer.status == 200
            hit.append(answer.hit)
        app.terminate()  # hands in the minute that is not over
    finally:
        app.close()
    curve = add_curves(channel.curves(0, 1 << 40))
    assert curve.points[setting].requests == len(trace), "the curve does not know of all requests"
    assert not curve.shed, "more came than could be replayed"
    return hit, curve


def picture(key: int, size: int) -> bytes:
    """A JPEG of that many bytes, most of them in comments, unlike all others'; a little longer than 600 at least."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    begins, rest, draw = out.getvalue()[:2], out.getvalue()[2:], random.Random(key)
    room, comments = max(size - len(out.getvalue()), 12), b""
    while room > 4:
        length = min(room - 4, LONGEST_COMMENT)
        comments += b"\xff\xfe" + (length + 2).to_bytes(2, "big") + draw.randbytes(length)
        room -= 4 + length
    return begins + comments + rest


if __name__ == "__main__":
    main()
