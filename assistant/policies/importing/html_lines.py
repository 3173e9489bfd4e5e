"""The text of a web page, a line for each block."""

from __future__ import annotations

from html.parser import HTMLParser

_LEFT_OUT = frozenset({"script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | frozenset(
    {"p", "div", "br", "li", "tr", "table", "section", "article", "blockquote", "ul", "ol", "dl", "dt", "dd", "hr"}
)
_VOID = frozenset({"br", "hr"})


def lines_of_html(text: str) -> list[str]:
    """The first heading of the highest level stands first, with a #."""
    page = _Page()
    page.feed(text)
    page.close()
    return page.lines()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._left_out: list[str] = []
        self._title = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LEFT_OUT:
            self._left_out.append(tag)
        if tag in _BLOCKS:
            self._lines.append("")
        if tag in ("title", "h1"):
            self._inside = tag
        if tag == "h1":
            self._lines[-1] = "# "

    def handle_endtag(self, tag: str) -> None:
        if self._left_out and tag == self._left_out[-1]:
            self._left_out.pop()
        if tag in _BLOCKS and tag not in _VOID:
            self._lines.append("")
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self._title += data
        elif not self._left_out:
            # Line ends in the source are no line ends on the page.
            self._lines[-1] += " ".join(data.split("\n")) if data.strip() else " "

    def lines(self) -> list[str]:
        found = [line for line in self._lines if line.strip("# ")]
        has_heading = any(line.startswith("# ") for line in found)
        return found if has_heading or not self._title.strip() else [f"# {self._title.strip()}", *found]
