"""Every number of the ranking, in one place. docs/search.md explains them and how they were chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    # --- how well a store answers a word: 0 … 1, the best reason counts
    named: float = 1.0
    """The store's name holds the whole query."""
    name_word: float = 0.95
    """The name holds the word."""
    chain: float = 1.0
    offering: float = 1.0
    """It offers this, by name, alias or a synonym."""
    service_named: float = 0.9
    """It belongs to the service's category and is named after the service: 修鞋 → 老李修鞋铺."""
    offering_alias: float = 0.92
    offering_word: float = 0.88
    """The name of something it offers holds the word."""
    category_name: float = 1.0
    category_alias: float = 0.99
    category_word: float = 0.9
    """An everyday word for the category, from the synonyms."""
    service_category: float = 0.55
    """It belongs to the category of a service that is not known to be offered: 修鞋 → a repair shop."""
    also: float = 0.45
    """A further category that helps too."""
    parent: float = 0.7
    """A leaf of a category that was named."""
    place: float = 0.9
    """It stands in the area, on the road, in the house."""
    homophone: float = 0.85
    """Times this where only the sound is the same."""
    letters: float = 0.95
    """Times this for typed pinyin."""
    initial_letters: float = 0.8
    """Times this for initials."""
    guessed: float = 0.8
    """Times this, and times the likeness, where a word was only like one that is known."""

    # --- the score: each part is 0 … 1
    text: float = 10.0
    distance: float = 2.0
    """Halved at `half_distance` metres; nothing without a place."""
    half_distance: float = 800.0
    open_now: float = 0.6
    rating: float = 0.8
    """1 … 5 stars as 0 … 1; a store without reviews has the average (`RATING_PRIOR_MEAN`)."""
    freshness: float = 0.8
    """1 while the record is fresh, then halved every 90 days."""

    # --- what counts as like
    least_likeness: float = 0.4
    """Of a guess."""
    sure_likeness: float = 0.6
    """A guess at the whole query goes before its known words."""
    near_best: float = 0.8
    """Guesses this much as good as the best are taken too."""
    most_guesses: int = 3


WEIGHTS = Weights()
