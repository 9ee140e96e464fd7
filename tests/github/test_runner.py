"""The files of a runner, and text that would like to write more than its own value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from promptsync.github.runner import read_payload, write_outputs, write_summary
from promptsync.model.errors import ConfigError, PromptsyncError

if TYPE_CHECKING:
    from pathlib import Path


def parsed(text: str) -> dict[str, str]:
    """What a runner makes of an environment file, by GitHub's documentation."""
    values: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if found := re.fullmatch(r"([^=]+?)<<(.+)", line):
            value = []
            for inner in lines:
                if inner == found[2]:
                    break
                value.append(inner)
            values[found[1]] = "\n".join(value)
        elif "=" in line:
            name, _, value_ = line.partition("=")
            values[name] = value_
    return values


def test_outputs_are_read_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_text("earlier=1\n")
    hostile = "2\nEOF\ninjected=yes\ndigest<<x\nstolen\nx"
    write_outputs(file, {"exit-code": "0", "report": hostile, "empty": ""})
    assert parsed(file.read_text()) == {"earlier": "1", "exit-code": "0", "report": hostile, "empty": ""}


def test_no_two_delimiters_are_alike(tmp_path: Path) -> None:
    file = tmp_path / "output"
    write_outputs(file, {"a": "1", "b": "2"})
    write_outputs(file, {"a": "1"})
    ends = re.findall(r"<<(\w{32})$", file.read_text(), re.MULTILINE)
    assert len(set(ends)) == 3


def test_outside_of_a_runner_nothing_is_written(tmp_path: Path) -> None:
    write_outputs(None, {"a": "1"})
    write_summary(None, "text")
    assert list(tmp_path.iterdir()) == []


def test_a_summary_is_added_to(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    write_summary(file, "# One\n\n")
    write_summary(file, "two \ud800")
    assert file.read_text() == "# One\ntwo ?\n"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(PromptsyncError, match="the runner's file output cannot be written"):
        write_outputs(tmp_path / "none" / "output", {"a": "1"})


@pytest.mark.parametrize("data", [b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_a_payload_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match="no payload of an event"):
        read_payload(file)


def test_without_a_payload_there_is_nothing_in_it(tmp_path: Path) -> None:
    assert read_payload(None) == read_payload(tmp_path / "none") == {}
