"""From the bytes of a file to text: UTF-8 with or without a mark, or GB18030. Pure."""

from __future__ import annotations

import codecs

from lifecircle.catalogue.errors import InvalidInput

MOST_BYTES = 8 * 1024 * 1024

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


def decoded(raw: bytes, *field: str) -> str:
    """Raises InvalidInput for what is no text, with what to do about it."""
    if raw.startswith((_ZIP, _OLE)):
        raise InvalidInput("这是 Excel 文件：请在 Excel 或 WPS 里“另存为” CSV（逗号分隔）后再上传。", *field)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw:
        raise InvalidInput("文件不是 CSV 文本：请另存为 CSV，编码选 UTF-8 或 GB18030。", *field)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("文件的文字编码看不懂：请另存为 CSV，编码选 UTF-8 或 GB18030。", *field)
