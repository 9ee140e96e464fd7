"""What `fmt` would change in a file, as a diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.output.escape import terminal
from promptsync.output.fields import row_line
from promptsync.output.mask import mask_text
from promptsync.output.textdiff import Row, line_rows

if TYPE_CHECKING:
    from promptsync.commands.results import Reformatted
    from promptsync.output.layout import Layout


def render_reformatted(item: Reformatted, layout: Layout) -> str:
    """A file before and after, in the form of `diff -u`; without a final newline."""
    style = layout.style
    before, after = (mask_text(text) for text in (item.before, item.after))
    if "\r\n" in after:
        before, after = (text.replace("\r\n", "\n") for text in (before, after))
    lines = [style("bold", f"{sign} {terminal(item.file)}") for sign in ("---", "+++")]
    lines += [row_line(row, style) for row in line_rows(before, after, layout.room(2))]
    lines += [row_line(Row("", f"(a text moves into {terminal(name)})"), style) for name in item.texts]
    return "\n".join(lines)
