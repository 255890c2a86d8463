"""95 % intervals that are honest for few answers; the same formulas as the recording rules.

The plain interval, value ± 1.96 standard errors, has no width where all answers are alike: one
promoter would be an NPS of 100 ± 0.
"""

from __future__ import annotations

from math import sqrt

Interval = tuple[float, float]

_Z95 = 1.96


def of_share(part: float, whole: float) -> Interval | None:
    """Of part ÷ whole, from 0 to 1: Wilson's. None without a whole.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not whole:
        return None
    centre = part + _Z95**2 / 2
    reach = _Z95 * sqrt(part - part**2 / whole + _Z95**2 / 4)
    return (centre - reach) / (whole + _Z95**2), (centre + reach) / (whole + _Z95**2)


def of_index(points: float, answers: float) -> Interval | None:
    """Of points ÷ answers, each of 0 to 100. None without answers.

    Wilson's for a share: of answers with a given mean those at both ends of the scale vary the
    most, so it holds for answers of any scale.
    """
    shares = of_share(points / 100, answers)
    return None if shares is None else (100 * shares[0], 100 * shares[1])


def of_net_score(promoters: float, detractors: float, answers: float) -> Interval | None:
    """Of 100 x (promoters - detractors) ÷ answers: Bonett and Price's. None without answers.

    One promoter and one detractor are added to what was answered. D. G. Bonett, R. M. Price,
    "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
    data", 2012: both shares are of the same answers, as in pairs.
    """
    if not answers:
        return None
    difference = promoters - detractors
    reach = _Z95 * sqrt(promoters + detractors + 2 - difference**2 / (answers + 2))
    low, high = (100 * end / (answers + 2) for end in (difference - reach, difference + reach))
    return max(low, -100.0), min(high, 100.0)
