"""The safety guard: cries for help and swindles, heard before anything else of a sentence is looked at."""

from lifecircle.assistant.safety.answers import with_caution
from lifecircle.assistant.safety.guard import caution, listen, numbers_beside, prepare, reply_to

__all__ = ["caution", "listen", "numbers_beside", "prepare", "reply_to", "with_caution"]
