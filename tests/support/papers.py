"""Small regulations in every form that can be imported."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

PARAGRAPHS = (
    "测试市便民办法",
    "测试市人民政府令第7号",
    "发布机关：测试市人民政府",
    "2024年3月1日公布",
    "第一章 总 则",
    "第一条 为了方便居民办事，制定本办法。",
    "第二章 办理",
    "第一节 申请",
    "第二条 居民可以在社区申请。有下列情形之一的，应当当场办理：",
    "（一）年满七十周岁的；",
    "（二）行动不便的。",
    "依照前款规定办理的，不收费用。",
    "第三条 社区应当自收到申请之日起五日内答复。",
    "第三章 附则",
    "第四条 本办法自2024年5月1日起施行。",
)


def as_text(paragraphs: tuple[str, ...] = PARAGRAPHS) -> str:
    return "\n".join(paragraphs) + "\n"


def as_html(paragraphs: tuple[str, ...] = PARAGRAPHS) -> str:
    rest = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs[1:])
    return (
        f"<!doctype html><html><head><title>门户网站</title><style>p {{}}</style></head><body>"
        f"<nav><p>首页</p></nav><h1>{paragraphs[0]}</h1>{rest}<script>var a = '第九条';</script></body></html>"
    )


def as_docx(paragraphs: tuple[str, ...] = PARAGRAPHS, *, body: str | None = None) -> bytes:
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rows = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    document = f'<w:document xmlns:w="{namespace}"><w:body>{body or rows}</w:body></w:document>'
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", document)
    return packed.getvalue()


def as_pdf(lines: tuple[str, ...] = PARAGRAPHS) -> bytes:
    """One page; every character has its own code, which the file maps back to text."""
    codes = {char: number for number, char in enumerate(sorted(set("".join(lines))), 1)}
    shown = "\n".join(f"<{''.join(f'{codes[char]:04x}' for char in line)}> Tj T*" for line in lines)
    pairs = [f"<{number:04x}> <{char.encode('utf-16-be').hex()}>" for char, number in codes.items()]
    blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]
    mapped = "\n".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar" for block in blocks)
    unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{mapped}\nendcmap end end"
    )
    return _pdf_of(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        _stream(f"BT /F 12 Tf 14 TL 50 750 Td\n{shown}\nET"),
        "<< /Type /Font /Subtype /Type0 /BaseFont /Own /Encoding /Identity-H "
        "/DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Own /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        _stream(unicode),
    )


def _stream(text: str) -> str:
    return f"<< /Length {len(text.encode())} >>\nstream\n{text}\nendstream"


def _pdf_of(*objects: str) -> bytes:
    written, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    tail = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    )
    return written + tail.encode()


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
