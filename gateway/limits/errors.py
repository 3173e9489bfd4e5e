"""What a client sent is more than this server takes on.

LimitExceeded            code and Chinese message reach the client; http_status is for the gateway
├── TooComplex           TOO_COMPLEX, 400 (knows the limit's name and value)
├── BodyTooLarge         BAD_REQUEST, 413
├── JsonTooDeep          BAD_REQUEST, 400
├── JsonNotUtf8          BAD_REQUEST, 400
├── OperationUnclear     BAD_REQUEST, 400
└── DocumentInvalid      GRAPHQL_VALIDATION_FAILED, 400 (syntax, circular fragments)
"""

from __future__ import annotations

from typing import ClassVar

from lifecircle.catalogue.errors import LifecircleError


class LimitExceeded(LifecircleError):
    """Refused before any work was done for it."""

    code: ClassVar[str] = "BAD_REQUEST"
    http_status: ClassVar[int] = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TooComplex(LimitExceeded):
    """`limit` is the name of the limit and `value` the most that it allows."""

    code = "TOO_COMPLEX"

    def __init__(self, limit: str, value: int, what: str) -> None:
        super().__init__(f"查询过于复杂：{what}超过上限 {value}（{limit}）。请精简或拆成几次查询。")
        self.limit = limit
        self.value = value


class BodyTooLarge(LimitExceeded):
    http_status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"请求内容过大，最多 {limit} 字节。")


class JsonTooDeep(LimitExceeded):
    def __init__(self, limit: int) -> None:
        super().__init__(f"请求的 JSON 嵌套过深，最多 {limit} 层。")


class JsonNotUtf8(LimitExceeded):
    def __init__(self) -> None:
        super().__init__("请求的 JSON 必须是 UTF-8 编码。")


class OperationUnclear(LimitExceeded):
    """Which operation to run cannot be told."""


class DocumentInvalid(LimitExceeded):
    code = "GRAPHQL_VALIDATION_FAILED"
