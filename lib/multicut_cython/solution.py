"""What the multicut solver returns."""
from typing import Any, Dict, NamedTuple

import numpy as np


class Solution(NamedTuple):
    """A clustering, and how good it is.

    Attributes:
        labels: int64 [n], the cluster of each node: 0, 1, ... in the order of the clusters' first nodes, or
            -1 = suppressed.
        objective: sum of the unaries of kept nodes and of the costs of edges within clusters.
        lower_bound: no clustering that obeys the constraints has a lower objective.
        gap: (objective - lower_bound) / abs(objective), or 0 where both are equal: 0.01 means that the best possible
            objective is at most 1 % lower. Infinite if the objective is 0 and the bound lower.
        stats: "optimal" (whether the gap is closed), "parts" (independent problems that the graph falls into),
            "largest_part" (in nodes), "open_parts" (those not proven optimal), "seconds".
    """

    labels: np.ndarray
    objective: float
    lower_bound: float
    gap: float
    stats: Dict[str, Any]
