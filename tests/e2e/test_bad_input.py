"""Bad files of every kind: all complaints of all files at once, each with its place, and nothing is sent."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

import pytest

from tests.e2e.goldens import same_as_golden
from tests.e2e.world import World, current

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = "  messages:\n    - role: system\n      content: Be kind.\n"
PROMPT = "prompt:\n  model: openai/gpt-4o\n" + MESSAGES

BAD: dict[str, str | bytes] = {
    "01-not-yaml": "prompt: [\n",
    "02-two-documents": f"{PROMPT}---\n{PROMPT}",
    "03-empty": "",
    "04-a-list": "- prompt\n",
    "05-duplicate-key": f"description: one\n{PROMPT}description: two\n",
    "06-alias-bomb": "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    ),
    "07-alias-of-itself": "prompt: &p\n  model: *p\n",
    "08-alias-without-anchor": f"description: *unknown\n{PROMPT}",
    "09-deep": "[" * 1000 + "]" * 1000,
    "10-tag": f"description: !!python/object/apply:os.system ['touch owned']\n{PROMPT}",
    "11-custom-tag": f"description: !Ref secret\n{PROMPT}",
    "12-not-utf-8": b"description: caf\xe9\n" + PROMPT.encode(),
    "13-utf-16": PROMPT.encode("utf-16"),
    "14-control-character": f"description: a\x07b\n{PROMPT}",
    "15-tab": "prompt:\n\tmodel: x\n",
    "20-no": "prompt:\n  model: openai/gpt-4o\n  messages:\n    - role: system\n      content: no\n",
    "21-number": "prompt:\n  model: 3.5\n" + MESSAGES,
    "22-date": f"description: 2024-01-31\n{PROMPT}",
    "23-octal": PROMPT + "  seed: 012\n",
    "24-exponent": PROMPT + "  max_tokens: 1e3\n",
    "25-sexagesimal": f"description: 12:30\n{PROMPT}",
    "26-null-content": "prompt:\n  model: openai/gpt-4o\n  messages:\n    - role: user\n      content:\n",
    "27-true": "display_name: true\n" + PROMPT,
    "28-infinite": PROMPT + "  temperature: .inf\n",
    "30-unknown-key": PROMPT.replace("model:", "modle:"),
    "31-unknown-parameter": PROMPT + "  temprature: 1\n  maxTokens: 5\n",
    "32-unknown-role": PROMPT.replace("system", "sistem"),
    "33-unknown-part": "prompt:\n  model: m\n  messages:\n    - role: user\n      content:\n        - type: imageurl\n",
    "34-too-hot": PROMPT + "  temperature: 3\n",
    "35-both-blocks": PROMPT + "prompt_config:\n  messages: []\n",
    "36-no-block": "description: nothing else\n",
    "37-no-messages": "prompt:\n  model: openai/gpt-4o\n",
    "38-long-name": f"display_name: {'x' * 129}\n{PROMPT}",
    "39-empty-name": f"display_name: ''\n{PROMPT}",
    "40-text-for-a-number": PROMPT + "  temperature: warm\n",
    "41-five-stops": PROMPT + "  stop: [a, b, c, d, e]\n",
    "50-file-is-missing": PROMPT.replace("content: Be kind.", "content_file: nowhere.md"),
    "51-file-outside": PROMPT.replace("content: Be kind.", "content_file: ../../outside.md"),
    "52-file-absolute": PROMPT.replace("content: Be kind.", "content_file: /etc/hostname"),
    "53-file-and-content": PROMPT + "      content_file: words.md\n",
    "54-file-not-utf-8": PROMPT.replace("content: Be kind.", "content_file: latin.md"),
    "55-file-through-a-link": PROMPT.replace("content: Be kind.", "content_file: link.md"),
}


def write_all(world: World) -> Path:
    """Every bad file, in one folder with two good ones."""
    folder = world.root / "Default"
    folder.mkdir()
    (world.root.parent / "outside.md").write_text("a secret outside\n")
    (folder / "words.md").write_text("Be kind.\n")
    (folder / "latin.md").write_bytes(b"one\ncaf\xe9\n")
    (folder / "link.md").symlink_to(world.root.parent / "outside.md")
    for name, data in BAD.items():
        (folder / f"{name}.yaml").write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "60-huge.yaml").write_text(f"{PROMPT}description: {'x' * (1 << 20)}\n")
    (folder / "61-link-outside.yaml").symlink_to(world.root.parent / "outside.md")
    (folder / "62-link-to-a-folder").symlink_to(world.root.parent, target_is_directory=True)
    os.mkfifo(folder / "63-pipe.yaml")
    (folder / "70-Case.yaml").write_text(PROMPT)
    (folder / "70-case.yaml").write_text(PROMPT)
    (folder / f"71-{unicodedata.normalize('NFC', 'é')}.yaml").write_text(PROMPT)
    (folder / f"71-{unicodedata.normalize('NFD', 'é')}.yaml").write_text(PROMPT)
    (folder / "72-ending.yaml").write_text(PROMPT)
    (folder / "72-ending.yml").write_text(PROMPT)
    (folder / "80-good.yaml").write_text(PROMPT)
    (folder / ".hidden.yaml").write_text("[")
    (folder / "_draft.yaml").write_text("[")
    return folder


def test_all_complaints_of_all_files_in_one_run(world: World) -> None:
    write_all(world)
    ran = world.run("validate")
    assert (ran.code, ran.out) == (1, "")
    same_as_golden("bad-input.txt", ran.err.replace(str(world.root.parent), "…"))
    assert not (world.root.parent / "owned").exists()
    assert "a secret outside" not in ran.err


def test_every_bad_file_is_complained_about(world: World) -> None:
    """What the golden file might hide: that one of them passes."""
    folder = write_all(world)
    told = {line.split(".y")[0] for line in world.run("validate").err.splitlines() if line.startswith(str(folder))}
    missing = {name for name in BAD if str(folder / name) not in told}
    assert missing == set()
    for name in ("60-huge", "61-link-outside", "62-link-to-a-folder", "63-pipe", "70-case", "72-ending"):
        assert any(place.startswith(str(folder / name)) for place in told), name
    for name in ("80-good", ".hidden", "_draft", "70-Case"):
        assert str(folder / name) not in told


@pytest.mark.parametrize("command", ["plan", "plan --offline", "apply --yes", "check", "check --offline"])
def test_one_bad_file_stops_every_command_before_anything_is_sent(world: World, command: str) -> None:
    world.write("Default/good", current())
    path = world.write("Default/bad", PROMPT + "  temprature: 1\n")
    ran = world.run(command)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"{path}:6:3: error: unknown key `temprature` in `prompt`\n"
        "    6 |   temprature: 1\n"
        "      |   ^\n"
        "    help: did you mean `temperature`? Or list `prompt.temprature` in allow_fields to send it as it is\n"
        "\n"
        "error: 1 problem in the prompt files\n"
    )
    assert list(world.sandbox.requests) == []
    assert not world.lock_path.exists()


def test_a_missing_or_empty_root_never_means_to_delete(world: World) -> None:
    world.write("Default/refund", current())
    world.apply()
    world.sandbox.requests.clear()
    world.remove("Default/refund")
    for ran in (world.plan("--prune"), world.apply("--prune"), world.run("validate"), world.run("check")):
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"error: no prompt file in {world.root}")
    world.root = world.root / "nowhere"
    gone = world.plan("--prune")
    assert gone.code == 1
    assert "does not exist" in gone.err
    assert world.sandbox.prompts() != []
    assert list(world.sandbox.requests) == []


def test_a_word_of_a_list_that_grows_is_a_warning(world: World) -> None:
    world.write(
        "Default/new",
        "metadata: {language: Italian}\nprompt_config:\n  provider: opnai\n  model: m\n"
        "  messages: [{role: user, content: Hi}]\n",
    )
    ran = world.run("validate")
    assert (ran.code, ran.out) == (0, "1 prompt file is valid\n")
    assert ran.err.count(": warning: ") == 2
    assert "error" not in ran.err


def test_a_byte_order_mark_and_windows_line_ends_are_fine(world: World) -> None:
    path = world.write("Default/windows", PROMPT)
    path.write_bytes(b"\xef\xbb\xbf" + PROMPT.replace("\n", "\r\n").encode())
    assert world.apply().code == 0
    assert world.held("Default/windows")["prompt"]["messages"] == [{"role": "system", "content": "Be kind."}]


def test_the_text_of_a_content_file_arrives_without_its_last_newline(world: World) -> None:
    world.write("Default/refund", PROMPT.replace("content: Be kind.", "content_file: words.md"))
    words = world.root / "Default/words.md"
    words.write_bytes(b"\xef\xbb\xbfBe kind.\r\n\r\nno\r\n")
    assert world.apply().code == 0
    assert world.held("Default/refund")["prompt"]["messages"][0]["content"] == "Be kind.\n\nno"
    words.write_text("Be kind.\n\nyes\n")
    planned = world.plan()
    assert planned.code == 2
    assert "-no" in planned.out.replace("- no", "-no")
