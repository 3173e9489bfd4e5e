"""What the guides know about one sentence, looked up only when somebody asks."""

from __future__ import annotations

from functools import cached_property

from lifecircle.assistant.policies.answering import Found
from lifecircle.assistant.policies.shelf import Policies
from lifecircle.catalogue.text import bare


class Sought:
    def __init__(self, policies: Policies, text: str) -> None:
        self._policies, self._text = policies, text

    @cached_property
    def found(self) -> Found:
        return self._policies.answers.find(self._text)

    @property
    def is_good(self) -> bool:
        return self.found.is_good

    @property
    def is_own_question(self) -> bool:
        """Letter by letter what the guide answers: it comes before everything that it could also mean."""
        if not self._policies.is_own_question(self._text):
            return False
        best = self.found.matches[0].policy if self.found.matches else None
        own = {bare(each) for each in (best.title, *best.questions)} if best else set()
        return self.is_good and not self.found.by_article and bare(self._text) in own

    @property
    def is_for_the_office(self) -> bool:
        """ "我养老金多少钱": only an office may tell."""
        return self.found.about_own_data
