"""The demo district's guides and the project's matcher."""

from __future__ import annotations

import pytest

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.shipped import project_matcher
from lifecircle.assistant.policies.model import Policy, policy_from_document
from lifecircle.seeds.policy_files import read_policies


@pytest.fixture(scope="module")
def guides() -> list[Policy]:
    return [policy_from_document(row) for row in read_policies(district="330199")]


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> IntentMatcher:
    return project_matcher(tmp_path_factory.mktemp("matcher"))
