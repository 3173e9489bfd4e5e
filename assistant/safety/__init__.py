"""The safety guard: cries for help and swindles, heard before anything else of a sentence is looked at."""

from lifecircle.assistant.safety.guard import numbers_beside, prepare, reply_to

__all__ = ["numbers_beside", "prepare", "reply_to"]
