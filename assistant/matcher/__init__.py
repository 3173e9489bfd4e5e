"""Which intent a sentence has: fitted from examples, calibrated, in well under a millisecond."""

from lifecircle.assistant.matcher.encoder import SentenceEncoder, installed_encoder
from lifecircle.assistant.matcher.intent_matcher import IntentMatcher
from lifecircle.assistant.matcher.model import Match

__all__ = ["IntentMatcher", "Match", "SentenceEncoder", "installed_encoder"]
