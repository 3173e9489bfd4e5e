"""Logging: one line an event, to standard error. Nothing personal is ever put into a record."""

from __future__ import annotations

import logging
import sys

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up_logging(level: str) -> None:
    root = logging.getLogger()
    if not any(getattr(handler, "is_lifecircle", False) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler.is_lifecircle = True  # type: ignore[attr-defined]
        root.addHandler(handler)
    root.setLevel(level)
    for noisy in ("pymongo", "jieba"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_says_no_address)


def _says_no_address(record: logging.LogRecord) -> bool:
    """uvicorn writes address and query of every socket; our own line for it has neither."""
    return not (isinstance(record.msg, str) and '"WebSocket %s"' in record.msg)
