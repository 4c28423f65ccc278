"""Our policies against another's: libCacheSim plays the same requests."""

import random
import re
from pathlib import Path

import libcachesim
import pytest

from cache.ledger import ENTRY_OVERHEAD_BYTES, Ledger
from cache.policies import POLICIES
from cache.whatif.records import HIT
from cache.whatif.tap import Entry, Tap
from cache.whatif.trace import Trace

DOCS = Path(__file__).resolve().parent.parent / "docs"
REQUESTS = 20_000
KEYS = 4_000
THEIRS = {
    "lru": libcachesim.LRU,
    "fifo": libcachesim.FIFO,
    "lfu": libcachesim.LFU,
    "sieve": libcachesim.Sieve,
    "s3fifo": libcachesim.S3FIFO,
    "gdsf": libcachesim.GDSF,
}
# Its S3-FIFO fills its main queue first, and turns away what is larger than its small one; its GDSF rounds priorities.
MAY_DIFFER = {"s3fifo": 0.02, "gdsf": 0.005}


@pytest.fixture(scope="module", params=["one size", "many sizes"])
def trace(request):
    """[(key, payload bytes)]: Zipf-like popularity that shifts, and a share of keys that are asked for once."""
    draw = random.Random(5)
    sizes = [int(draw.lognormvariate(10, 1.2)) if request.param == "many sizes" else 20_000 for _ in range(2 * KEYS)]
    weights = [1 / rank**0.9 for rank in range(1, KEYS + 1)]
    popular = draw.choices(range(KEYS), weights, k=REQUESTS)
    keys = [(key + KEYS // 4 * (turn // 5000)) % KEYS for turn, key in enumerate(popular)]
    keys[::13] = [KEYS + turn for turn in range(len(keys[::13]))]
    return [(key, sizes[key]) for key in keys]


def our_hits(policy, trace, capacity_bytes):
    ledger = Ledger(POLICIES[policy](), capacity_bytes)
    hits = 0
    for key, payload_bytes in trace:
        if key in ledger:
            ledger.touch(key)
            hits += 1
        else:
            ledger.admit(key, payload_bytes)
    return hits


def their_hits(policy, trace, capacity_bytes):
    cache = THEIRS[policy](cache_size=capacity_bytes)
    return sum(cache.get(libcachesim.Request(obj_id=key, obj_size=size + ENTRY_OVERHEAD_BYTES)) for key, size in trace)


def test_every_policy_is_compared_but_the_one_that_draws():
    assert set(THEIRS) == set(POLICIES) - {"random"}


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("policy", THEIRS)
def test_the_hits_are_those_of_libcachesim(policy, share, trace):
    footprint = sum(size + ENTRY_OVERHEAD_BYTES for _, size in set(trace))
    capacity_bytes = int(footprint * share)
    ours, theirs = our_hits(policy, trace, capacity_bytes), their_hits(policy, trace, capacity_bytes)
    assert abs(ours - theirs) <= MAY_DIFFER.get(policy, 0) * REQUESTS
    assert ours > 0.1 * REQUESTS


def test_a_long_trace_is_read_whole_as_the_docs_say(tmp_path):
    """After 20,000 lines it looks at the ids, and ends the process where they are numbers and that wasn't said."""
    requests = REQUESTS + 5_000
    [told] = re.findall(r'^cachesim .* -t "(.*)"$', (DOCS / "what-if.md").read_text(), re.MULTILINE)
    options = dict(option.split("=", 1) for option in told.split(", "))
    assert options["obj-id-is-num"] == "1"
    tap, trace = Tap(requests), Trace(requests)
    for turn in range(requests):
        tap.request(Entry(f"key {turn % KEYS}", f"object {turn % KEYS}"), 1 + turn % KEYS, HIT)
    trace.add(tap.take(1 << 30), 1_800_000_000.0)
    path = tmp_path / "trace.csv"
    path.write_text("".join(trace.csv()))
    params = libcachesim.ReaderInitParam(
        has_header=options["has-header"] == "true", has_header_set=True, delimiter=options["delimiter"],
        obj_id_is_num=True, obj_id_is_num_set=True,
    )  # fmt: skip
    params.time_field, params.obj_id_field = int(options["time-col"]), int(options["obj-id-col"])
    params.obj_size_field = int(options["obj-size-col"])
    reader = libcachesim.TraceReader(str(path), libcachesim.TraceType.CSV_TRACE, params)
    read = [(asked.obj_id, asked.obj_size) for asked in reader]
    lines = [line.split(",") for line in path.read_text().splitlines()[1:]]
    assert len(lines) == requests
    assert read == [(int(key), int(size)) for _, key, size in lines]
