"""The project's own matcher: fitted once for each state of the intents, and kept as a file.

Looked for beside this module, where `lifecircle assistant train` puts it and a wheel takes it along, then in the cache
folder. A file that was fitted from other intents, tables or code counts as none.
"""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from importlib import resources
from pathlib import Path

from lifecircle.assistant.intents import Training, load_training
from lifecircle.assistant.matcher.encoder import SentenceEncoder
from lifecircle.assistant.matcher.intent_matcher import IntentMatcher

_log = logging.getLogger(__name__)
SHIPPED = Path(__file__).parent / "trained.npz"


def project_matcher(cache: Path, encoder: SentenceEncoder | None = None) -> IntentMatcher:
    """Loaded where it can be, else fitted (some seconds) and kept in the cache folder. Raises IntentsInvalid."""
    shipped = None if encoder else shipped_matcher()
    if shipped:
        return shipped
    training = load_training()
    digest = digest_of(training)
    kept = cache / f"matcher-{encoder.name if encoder else 'plain'}.npz"
    for path in (SHIPPED, kept):
        matcher = IntentMatcher.load(path, digest=digest, encoder=encoder)
        if matcher:
            return matcher
    _log.info("fitting the intent matcher from %d examples", len(training.examples))
    matcher = fit_project(training, encoder)
    matcher.save(kept, digest=digest)
    return matcher


@lru_cache(maxsize=1)
def shipped_matcher() -> IntentMatcher | None:
    """What lies beside this module, read once in a process; None where it does not fit the intents."""
    return IntentMatcher.load(SHIPPED, digest=digest_of(load_training()), encoder=None)


def train(encoder: SentenceEncoder | None = None, path: Path = SHIPPED) -> bool:
    """Fit the matcher that is shipped; False where it is there already."""
    training = load_training()
    digest = digest_of(training)
    if IntentMatcher.load(path, digest=digest, encoder=encoder):
        return False
    fit_project(training, encoder).save(path, digest=digest)
    return True


def fit_project(training: Training, encoder: SentenceEncoder | None = None) -> IntentMatcher:
    return IntentMatcher.fit(training.examples, reject=training.reject, encoder=encoder)


def digest_of(training: Training) -> str:
    return digest_with(training.digest)


def digest_with(examples: str) -> str:
    """Of everything that a fitted matcher depends on: the examples (their digest), the tables, and the code of this
    package."""
    known = hashlib.sha256(examples.encode())
    own = resources.files("lifecircle.assistant.matcher")
    for file in sorted(own.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py") or file.name == "meanings.npz":
            known.update(file.read_bytes())
    known.update((resources.files("lifecircle.catalogue.search") / "pinyin.npz").read_bytes())
    return known.hexdigest()
