"""What the safety guard learns from: sentences of several writers, one file each, who saw nothing of the others."""

from lifecircle.assistant.safety.voices.reading import HARMLESS, Told, everyday, voices, voices_digest

__all__ = ["HARMLESS", "Told", "everyday", "voices", "voices_digest"]
