"""What residents say, one YAML file a domain, and what each of it is called."""

from lifecircle.assistant.intents.loader import Intent, IntentsInvalid, Training, load_training, parse_intents

__all__ = ["Intent", "IntentsInvalid", "Training", "load_training", "parse_intents"]
