"""Chinese time expressions: what a resident says about when, as dates and times."""

from lifecircle.assistant.when.parser import parse, parse_all
from lifecircle.assistant.when.spans import TimeSpan

__all__ = ["TimeSpan", "parse", "parse_all"]
