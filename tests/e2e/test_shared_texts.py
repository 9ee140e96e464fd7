"""`content_file` with several files: a policy stands once, and is joined into many texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.world import World

A, B = "Default/a", "Default/b"


def file(name: str) -> str:
    return (
        "prompt:\n"
        "  model: openai/gpt-4o\n"
        "  messages:\n"
        "    - role: system\n"
        f"      content_file: [{name}.md, policy.md]\n"
    )


def put(world: World, name: str, text: str) -> None:
    path = world.root / "Default" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def text(world: World, name: str) -> str:
    return (world.root / "Default" / name).read_text(encoding="utf-8")


@pytest.fixture
def two(world: World) -> World:
    """Two prompts that end with one policy, on the service as the files say."""
    put(world, "policy.md", "Be kind.\n\nBe brief.\n")
    for name in ("a", "b"):
        put(world, f"{name}.md", f"You are {name}.\n")
        world.write(f"Default/{name}", file(name))
    assert world.apply().code == 0
    return world


def test_the_texts_are_joined_in_order_with_an_empty_line_between(two: World) -> None:
    assert two.held(A)["prompt"]["messages"][0]["content"] == "You are a.\n\nBe kind.\n\nBe brief."
    assert two.plan().code == 0
    said = two.run("validate", "--resolved", A).out.replace(f"{two.root}/", "")
    assert "Default/a.md + Default/policy.md  prompt.messages[0].content: |" in said


def test_the_plan_of_a_change_of_a_shared_text_says_what_it_reaches(two: World) -> None:
    put(two, "policy.md", "Be kind.\n\nBe very brief.\n")
    shown = two.plan().out
    assert f"Default/policy.md reaches 2 prompts: {A}, {B}." in shown
    assert "text from Default/policy.md: prompt.messages[0].content" in shown
    assert "a.md reaches" not in shown


def test_a_change_of_another_part_reaches_that_prompt_alone(two: World) -> None:
    put(two, "a.md", "You are A.\n")
    assert two.actions() == {A: "update"}
    assert "reaches" not in two.plan().out


def test_a_text_that_two_prompts_name_alone_is_shared_too(world: World) -> None:
    put(world, "policy.md", "Be kind.\n")
    for name in ("a", "b"):
        world.write(f"Default/{name}", file(name).replace(f"[{name}.md, policy.md]", "policy.md"))
    assert world.apply().code == 0
    put(world, "policy.md", "Be kinder.\n")
    assert f"Default/policy.md reaches 2 prompts: {A}, {B}." in world.plan().out


def test_a_saved_plan_tells_it_again(two: World) -> None:
    put(two, "policy.md", "Be kind.\n")
    saved = two.root / "_plan.json"
    assert two.run("plan", "--out", str(saved)).code == 0
    assert f"Default/policy.md reaches 2 prompts: {A}, {B}" in two.run("show", str(saved), "--format", "markdown").out
    assert two.run("apply", "--yes", str(saved)).code == 0


def test_an_edit_within_one_part_comes_into_the_file_of_that_part(two: World) -> None:
    two.edit_text("You are A, of support.\n\nBe kind.\n\nBe brief.", A)
    assert two.run("pull").code == 0
    assert text(two, "a.md") == "You are A, of support.\n"
    assert two.plan().code == 0


def test_an_edit_of_a_part_that_others_share_is_told_and_left(two: World) -> None:
    two.edit_text("You are a.\n\nBe kind.\n\nBe long.", A)
    ran = two.run("pull")
    assert ran.code == 3
    assert "changed in policy.md, which other texts are made of, too" in ran.out + ran.err
    assert text(two, "policy.md") == "Be kind.\n\nBe brief.\n"


def test_an_edit_of_more_than_one_part_is_told_and_left(two: World) -> None:
    two.edit_text("You are A.\n\nBe long.", A)
    ran = two.run("pull")
    assert ran.code == 3
    assert "is joined from a.md, policy.md, and which of them changed is not certain" in ran.out + ran.err
    assert (text(two, "a.md"), text(two, "policy.md")) == ("You are a.\n", "Be kind.\n\nBe brief.\n")


@pytest.mark.parametrize(
    ("named", "place", "said"),
    [
        ("[a.md, missing.md]", ":5:28", "the content_file missing.md "),
        ("[a.md, ../secret.md]", ":5:28", "must be a relative path without `..`"),
        ("[]", ":5:21", "is empty"),
        ("[a.md, 3]", ":5:28", "is a number, expected text"),
        ("{a: b}", ":5:21", "is a mapping, expected the name of a text file, or a list of such names"),
        (f"[{', '.join(['a.md'] * 101)}]", ":5:21", "has 101 items, expected at most 100"),
    ],
)
def test_a_list_that_cannot_be_is_refused_where_it_stands(two: World, named: str, place: str, said: str) -> None:
    two.write(A, file("a").replace("[a.md, policy.md]", named))
    ran = two.run("validate")
    assert ran.code == 1
    assert f"{A}.yaml{place}: error: " in ran.err
    assert said in ran.err


def test_fmt_leaves_the_list_as_it_is(two: World) -> None:
    assert two.run("fmt").code == 0
    assert two.read(A)["prompt"]["messages"][0]["content_file"] == ["a.md", "policy.md"]
    assert two.plan().code == 0


def test_what_a_rule_finds_is_told_in_the_file_of_the_part(two: World) -> None:
    put(two, "policy.md", "Be kind.\n\nBe br\u200bief.\n")
    assert f"{two.root}/Default/policy.md:3:6: " in two.run("validate").err
