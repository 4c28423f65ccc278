"""SIEVE: a hand moves from the oldest key to the newest and lets go the first that was not used since it last passed.

Y. Zhang et al., "SIEVE is Simpler than LRU: an Efficient Turn-Key Eviction Algorithm for Web Caches" (NSDI 2024).
"""

from collections.abc import Hashable, Iterator


class _Node:
    __slots__ = ("key", "newer", "older", "visited")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.visited = False
        self.newer: _Node = self
        self.older: _Node = self


class Sieve:
    label = "SIEVE"
    summary = "Keeps what was used since its last round, and lets newcomers go early. Often better than LRU."

    def __init__(self) -> None:
        self._nodes: dict[Hashable, _Node] = {}
        # A ring through one node that is no key: its newer neighbour is the oldest key, its older one the newest.
        self._end = _Node(None)
        self._hand = self._end

    def add(self, key: Hashable, size_bytes: int) -> None:
        node = self._nodes[key] = _Node(key)
        newest = self._end.older
        node.older, node.newer = newest, self._end
        newest.newer = self._end.older = node

    def touch(self, key: Hashable) -> None:
        self._nodes[key].visited = True

    def remove(self, key: Hashable) -> None:
        node = self._nodes.pop(key)
        node.older.newer, node.newer.older = node.newer, node.older
        if self._hand is node:
            self._hand = node.newer

    def evict(self) -> Hashable:
        if not self._nodes:
            raise IndexError("nothing to evict")
        node = self._hand
        while node is self._end or node.visited:
            node.visited = False
            node = node.newer
        self._hand = node
        self.remove(node.key)
        return node.key

    def __iter__(self) -> Iterator[Hashable]:
        ring = list(self._from_hand())
        yield from (node.key for node in ring if not node.visited)
        yield from (node.key for node in ring if node.visited)

    def _from_hand(self) -> Iterator[_Node]:
        node = self._hand
        for _ in range(len(self._nodes) + 1):
            if node is not self._end:
                yield node
            node = node.newer
