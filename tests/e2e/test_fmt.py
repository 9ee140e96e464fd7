"""fmt on the command line: what it writes, what it shows, and what a plan says of it afterwards."""

from __future__ import annotations

import pytest

from tests.e2e.world import KEY, World

UNTIDY = """\
# What refunds are answered with.

prompt: {model: openai/gpt-4o, messages: [
  # the tone
  {content: "Be kind.\\nAnd short. ", role: system}]} # all of it
display_name: 'refund'
"""
TIDY = """\
# What refunds are answered with.

display_name: refund
prompt:  # all of it
  model: openai/gpt-4o
  messages:
    # the tone
    - role: system
      content: |-
        Be kind.
        And short. \n"""


def test_a_file_is_laid_out_and_a_plan_sees_no_change(world: World) -> None:
    path = world.write(KEY, UNTIDY)
    world.apply()

    done = world.run("fmt")

    assert (done.code, done.out) == (0, f"{path}\n")
    assert done.err == "1 of 1 prompt file laid out anew\n"
    assert path.read_text("utf-8") == TIDY
    assert world.plan().code == 0
    assert world.run("fmt").out == ""


def test_a_check_shows_the_difference_and_exits_2(world: World) -> None:
    path = world.write(KEY, UNTIDY)

    done = world.run("fmt", "--check")

    assert done.code == 2
    assert done.out.splitlines()[:3] == [f"--- {path}", f"+++ {path}", "@@ -1,6 +1,11 @@"]
    assert done.err == "1 of 1 prompt file would be laid out anew\n"
    assert path.read_text("utf-8") == UNTIDY
    world.run("fmt")
    assert world.run("fmt", "--check").code == 0


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_what_cannot_be_read_is_told_as_validate_does(world: World, arguments: tuple[str, ...]) -> None:
    world.write("Default/other", UNTIDY)
    world.write(KEY, "prompt: [\n")

    done = world.run("fmt", *arguments)
    told = world.run("validate").err

    assert done.code == 1
    assert done.err.endswith(told)


def test_nothing_of_a_file_acts_on_the_terminal(world: World) -> None:
    world.write(KEY, UNTIDY.replace("the tone", "::error::x \u202e"))

    done = world.run("fmt", "--check")

    assert "\u202e" not in done.out
    assert not any(line.lstrip().startswith("::") for line in done.out.splitlines())


def test_what_is_imported_needs_no_fmt_and_long_texts_move_beside(world: World) -> None:
    world.root.mkdir(exist_ok=True)
    (world.root / "promptsync.yaml").write_text("content_files: over 3 lines\n", "utf-8")
    text = "One.\nTwo.  \n\nFour."
    world.add_unmanaged(
        "refund", {"prompt": {"model": "openai/gpt-4o", "messages": [{"role": "system", "content": text}]}}
    )

    assert world.run("import", "--all").code == 0

    assert (world.root / "Default/refund.1.md").read_text("utf-8") == f"{text}\n"
    assert world.run("fmt", "--check").code == 0
    assert world.plan().code == 0
