"""Logging: one line an event, to standard error. Nothing personal is ever put into a record."""

from __future__ import annotations

import logging
import re
import sys
from typing import TextIO

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class _OneLine(logging.Formatter):
    """A message may hold what somebody sent, a path for one: it writes no line of its own and moves no cursor."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        record.message = _CONTROL.sub(lambda found: repr(found[0])[1:-1], record.message)
        return super().formatMessage(record)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, known again by its type: setting up twice adds it once."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(_OneLine(_FORMAT))


def set_up_logging(level: str) -> None:
    root = logging.getLogger()
    if not any(isinstance(handler, _Handler) for handler in root.handlers):
        root.addHandler(_Handler())
    root.setLevel(level)
    for noisy in ("pymongo", "jieba"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_says_no_address)


def _says_no_address(record: logging.LogRecord) -> bool:
    """uvicorn writes address and query of every socket; our own line for it has neither."""
    return not (isinstance(record.msg, str) and '"WebSocket %s"' in record.msg)
