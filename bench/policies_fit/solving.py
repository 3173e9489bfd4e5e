"""The two curves that everything is fitted with: a choice among candidates, and yes or no."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CHOICE_PENALTY, CURVE_PENALTY = 1e-4, 1e-3


def fitted_choice(signs: Floats, truth: Whole, start: float = 0.0) -> Floats:
    """Weights (signs,) under which the candidates `truth` are likeliest; `signs` is questions × candidates × signs."""
    each = np.arange(len(truth))
    right = signs[each, truth].sum(axis=0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        chances = chosen(signs @ weights)
        slope = (np.einsum("qc,qcs->s", chances, signs) - right) / len(each) + 2 * CHOICE_PENALTY * weights
        return float(-np.log(chances[each, truth] + 1e-12).mean() + CHOICE_PENALTY * (weights**2).sum()), slope

    return np.asarray(minimize(loss, np.full(signs.shape[2], start), jac=True, method="BFGS").x)


def chosen(scores: Floats) -> Floats:
    """Chances of the candidates, which are the columns."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fitted_curve(given: Floats, right: Whole) -> Floats:
    """Weights, the offset last, of a logistic curve over what is `given` (questions × signs)."""

    def loss(weights: Floats) -> float:
        chance = on_curve(weights, given)
        return float(
            -np.log(np.where(right > 0, chance, 1 - chance) + 1e-9).mean() + CURVE_PENALTY * (weights**2).sum()
        )

    return np.asarray(minimize(loss, np.zeros(given.shape[1] + 1), method="BFGS").x)


def on_curve(weights: Floats, given: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(given @ weights[:-1] + weights[-1]))))
