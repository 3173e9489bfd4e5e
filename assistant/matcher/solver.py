"""A linear classifier over all intents: multinomial logistic regression by stochastic gradient descent.

A few examples at a time are gathered into a small dense problem, so that the work is matrix products and not a loop
over examples. There is no penalty on the weights: the few rounds and the falling rate hold them back, and the margin
that the right intent must win by keeps examples at work that are right already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lifecircle.assistant.matcher.features import Floats, Rows, Whole

Weights = npt.NDArray[np.float32] | npt.NDArray[np.float16]

BATCH = 16
RATE = 0.7
MARGIN = 3.0
ROUNDS = 6
MANY_ROUNDS = 4
"""For many examples that are fitted on further."""
MORE_RATE, MORE_ROUNDS = 0.4, 2
_SEED = 20_170


@dataclass(frozen=True)
class Linear:
    """`weights` (columns × intents) for the sparse part of a row, `dense` for the dense one."""

    weights: Weights
    dense: Floats

    def rounded(self) -> Linear:
        """In half the memory; the scores change in the fourth digit."""
        return Linear(self.weights.astype(np.float16), self.dense)

    def scores(self, rows: Rows) -> Floats:
        """Without BLAS: one sentence is little work, and its threads would wait for each other on a busy machine."""
        scores = np.zeros((len(rows), self.dense.shape[1]), np.float32)
        for row, score in enumerate(scores):
            here = slice(rows.starts[row], rows.starts[row + 1])
            held = self.weights[rows.columns[here]].astype(np.float32)
            score += np.einsum("i,ij->j", rows.values[here], held)
            score += np.einsum("i,ij->j", rows.dense[row], self.dense)
        return scores


def fitted(rows: Rows, labels: Whole, columns: int, intents: int, rounds: int = ROUNDS) -> Linear:
    """The same for the same input: the order of the examples is drawn with a fixed seed."""
    linear = Linear(np.zeros((columns, intents), np.float32), np.zeros((rows.dense.shape[1], intents), np.float32))
    _learn(linear, rows, labels, rounds, RATE)
    return linear


def fitted_on(linear: Linear, rows: Rows, labels: Whole) -> Linear:
    """What was fitted on some of the rows, after a little more on all of them."""
    more = Linear(linear.weights.astype(np.float32), linear.dense.copy())
    _learn(more, rows, labels, MORE_ROUNDS, MORE_RATE)
    return more


def _learn(linear: Linear, rows: Rows, labels: Whole, rounds: int, rate: float) -> None:
    random = np.random.default_rng(_SEED)
    starts = range(0, len(rows), BATCH)
    left = np.sqrt(np.linspace(1, 0, rounds * len(starts), endpoint=False)).reshape(rounds, len(starts))
    for falling in rate * left:
        order = random.permutation(len(rows))
        for begin, now in zip(starts, falling.tolist(), strict=True):
            _descend(linear, rows, labels, order[begin : begin + BATCH], now)


def _descend(linear: Linear, rows: Rows, labels: Whole, batch: Whole, rate: float) -> None:
    picked = [slice(rows.starts[row], rows.starts[row + 1]) for row in batch]
    columns, place = np.unique(np.concatenate([rows.columns[here] for here in picked]), return_inverse=True)
    values = np.zeros((len(batch), len(columns)), np.float32)
    owner = np.repeat(np.arange(len(batch)), [here.stop - here.start for here in picked])
    values[owner, place] = np.concatenate([rows.values[here] for here in picked])
    held, more, right = linear.weights[columns], rows.dense[batch], labels[batch]
    scores = values @ held + more @ linear.dense
    each = np.arange(len(batch))
    scores[each, right] -= MARGIN
    error = np.exp(scores - scores.max(axis=1, keepdims=True))
    error /= error.sum(axis=1, keepdims=True)
    error[each, right] -= 1
    error *= rate
    linear.weights[columns] = held - values.T @ error
    linear.dense[...] -= more.T @ error
