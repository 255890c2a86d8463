"""Starts of open contacts: sorted, each as often as there are contacts with it."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from service.aggregates import open_contacts


@pytest.mark.parametrize("seed", range(40))
def test_what_is_sorted_in_comes_and_goes_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    held: Counter[int] = Counter()
    kept = np.empty(0, dtype=np.int64)
    for _ in range(30):
        changes: list[tuple[int, int]] = []
        for _ in range(rng.randint(1, 12)):
            # Few starts, so that many are equal; some come and go at once.
            start = rng.randint(-5, 5) * 10**15
            signs = [-1] if held[start] and rng.random() < 0.5 else [1]
            if rng.random() < 0.2:
                signs = [1, -1]
            held[start] += sum(signs)
            changes += [(start, sign) for sign in signs]
        rng.shuffle(changes)
        starts, weights = np.array(changes, dtype=np.int64).T
        kept = open_contacts._sorted_in(kept, starts, weights)
        assert kept.tolist() == sorted(held.elements())
