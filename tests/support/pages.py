"""Reading our pages as a browser would."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """A parsed page: text and table rows by the id of the element they are in, and every tag."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "path"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"": []}
        self.rows: dict[str, list[list[str]]] = {}
        self.feed(html)
        assert not self.open, f"left open: {self.open}"

    def _ids(self) -> list[str]:
        return [id_ for _, id_ in self.open if id_]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs).get("id")))
        for id_ in self._ids():
            if tag == "tr":
                self.rows.setdefault(id_, []).append([])
            if tag in {"td", "th"}:
                self.rows[id_][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        in_cell = any(tag in {"td", "th"} for tag, _ in self.open)
        for id_ in ["", *self._ids()]:
            self.texts.setdefault(id_, []).append(data)
            if in_cell and id_ in self.rows:
                self.rows[id_][-1][-1] += data

    def text(self, id_: str = "") -> str:
        return " ".join("".join(self.texts[id_]).split())

    def cells(self, id_: str) -> dict[str, list[str]]:
        """The rows of a section's tables by their first cell."""
        rows = [[" ".join(cell.split()) for cell in row] for row in self.rows.get(id_, []) if row]
        return {row[0]: row[1:] for row in rows}
