"""Lists for people: the versions of a prompt, the lockfile, what the service holds beside the files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptsync.model.naming import few
from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.escape import json_text, terminal
from promptsync.output.fields import field_lines, legend
from promptsync.output.shown import masked
from promptsync.output.style import Style
from promptsync.plan.filters import model_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptsync.commands.results import Finding, Pair, Preview, Step
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.output.layout import Layout
    from promptsync.output.style import Colour

_INDENT = 2
_LEVELS: dict[str, tuple[str, Colour]] = {
    "good": ("ok", "green"),
    "note": ("note", "yellow"),
    "fails": ("fails", "red"),
}


def render_history(key: str, entry: LockEntry, steps: Iterable[Step], layout: Layout) -> str:
    """The versions, newest first, each with the fields that it changed; the locked one is marked."""
    style = layout.style
    lines = [f"{style('bold', terminal(key))}  {terminal(entry.id)}"]
    steps = list(steps)
    if any(step.changes for step in steps):
        lines.append(style("dim", legend("the version before → this one")))
    for step in steps:
        facts = [terminal(fact) for fact in (step.timestamp, step.by and f"by {step.by}") if fact]
        mark = "  " + style("green", "(in the lockfile)") if step.is_locked else ""
        lines += ["", f"{style('yellow', terminal(step.version))}  {' '.join(facts)}{mark}"]
        if step.is_first:
            lines.append("  the first version")
        elif not step.changes:
            lines.append("  nothing that a version holds was changed")
        for item in step.changes:
            lines += field_lines(masked(item), layout, _INDENT)
    return "\n".join(line.rstrip() for line in lines)


def render_lock(lock: Lockfile, *, color: bool) -> str:
    """A line for each locked prompt: key, id, version and path."""
    header = ("KEY", "ID", "VERSION", "PATH", "")
    rows = [
        (key, entry.id, entry.version or "-", entry.path or "(as it is)", "protected" if entry.protected else "")
        for key, entry in sorted(lock.prompts.items())
    ]
    return "\n".join(_table([header, *rows], Style(color)))


def render_previews(previews: Iterable[Preview], *, color: bool) -> str:
    """A line for each prompt of previews: the id by which it is called, and where it is."""
    rows = [("PREVIEW", "KEY", "ID", "VERSION", "PATH")]
    for one in previews:
        entries = sorted(one.lock.prompts.items())
        rows += [(one.name, key, entry.id, entry.version or "-", entry.path or "-") for key, entry in entries]
        rows += [] if entries else [(one.name, "-", "-", "-", one.path_prefix)]
    return "\n".join(_table(rows, Style(color)))


def previews_json(previews: Iterable[Preview]) -> str:
    """The same for programs: a list of objects."""
    return json_text(json.dumps([preview_as_json(one) for one in previews], indent=2))


def preview_as_json(preview: Preview) -> Json:
    """A preview for programs: its prompts by key."""
    told = {
        key: {"id": entry.id, "version": entry.version, "path": entry.path, "display_name": entry.display_name}
        for key, entry in sorted(preview.lock.prompts.items())
    }
    place = {"preview": preview.name, "target": preview.target, "path_prefix": preview.path_prefix}
    return {**place, "prompts": told}


def render_unmanaged(prompts: Iterable[RemotePrompt], *, color: bool) -> str:
    """A line for each prompt that no lockfile holds: id, when it was changed, model, name, and folder if it is told."""
    rows = [(p.id, p.updated or "-", model_of(p) or "-", p.display_name, p.path or "") for p in prompts]
    header = ("ID", "UPDATED", "MODEL", "NAME", "FOLDER")
    width = 5 if any(row[4] for row in rows) else 4
    return "\n".join(_table([row[:width] for row in (header, *rows)], Style(color)))


def unmanaged_json(prompts: Iterable[RemotePrompt]) -> str:
    """The same for programs: a list of objects, in which null is what the service does not tell."""
    told = [
        {
            "id": p.id,
            "display_name": p.display_name,
            "model": model_of(p) or None,
            "path": p.path,
            "updated": p.updated,
            "updated_by_id": p.updated_by_id,
        }
        for p in prompts
    ]
    return json_text(json.dumps(told, indent=2))


def render_pairs(pairs: Iterable[Pair], *, color: bool) -> str:
    """A line for each file and the prompt of its name, with the fields in which they differ, and those only there."""
    rows = [("KEY", "ID", "DIFFERS IN", "ONLY THERE")]
    for pair in pairs:
        rows.append((pair.file.key, pair.remote.id, few(pair.fields, 3) or "nothing", few(pair.only_there, 3)))
    return "\n".join(_table(rows, Style(color)))


def render_finding(finding: Finding, *, color: bool) -> str:
    """A line on what a doctor looked at, and one on what to do."""
    style = Style(color)
    word, colour = _LEVELS[finding.level]
    line = f"{style(colour, pad(word, 5))} {pad(finding.name, 13)} {terminal(finding.said)}"
    if finding.hint:
        line += f"\n{'':20}{style('cyan', 'help:')} {terminal(finding.hint)}"
    return line


def findings_json(findings: Iterable[Finding]) -> str:
    """The same for programs: a list of objects."""
    told = [{"name": f.name, "level": f.level, "said": f.said, "hint": f.hint} for f in findings]
    return json_text(json.dumps(told, indent=2))


def _table(rows: Sequence[tuple[str, ...]], style: Style) -> Iterator[str]:
    safe = [[terminal(cell) for cell in row] for row in rows]
    widths = [min(max(cells(row[column]) for row in safe), 60) for column in range(len(safe[0]))]
    for number, row in enumerate(safe):
        line = "  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip()
        yield line if number else style("bold", line)
