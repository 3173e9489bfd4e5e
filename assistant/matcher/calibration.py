"""From scores to confidences that mean what they say, and the confidence from which the assistant may act."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lifecircle.assistant.matcher.features import Floats, Whole

ACCEPTED = 0.95
"""How many of the sentences that belong to an intent are to pass the threshold."""
_SHARPNESSES = np.geomspace(0.2, 5, 33)


def confidences(scores: Floats, sharpness: float) -> npt.NDArray[np.float64]:
    """Softmax along the last axis."""
    scaled = scores.astype(np.float64) * sharpness
    shifted = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def sharpness_of(scores: Floats, labels: Whole) -> float:
    """The inverse temperature under which scores of sentences that were not learned from are most likely (Guo et al.,
    "On Calibration of Modern Neural Networks", 2017)."""
    each = np.arange(len(labels))
    losses = [-np.log(confidences(scores, one)[each, labels] + 1e-12).mean() for one in _SHARPNESSES]
    return float(_SHARPNESSES[int(np.argmin(losses))])


def threshold_of(chances: npt.NDArray[np.float64], labels: Whole, rejected: int | None) -> float:
    """What `ACCEPTED` of the sentences with an intent reach with their likeliest one."""
    real = np.delete(chances, rejected, axis=1) if rejected is not None else chances
    belongs = labels != rejected if rejected is not None else np.ones(len(labels), bool)
    if not belongs.any():
        return 0.5
    return float(np.quantile(real[belongs].max(axis=1), 1 - ACCEPTED))
