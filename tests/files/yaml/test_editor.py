"""An edit changes the field that it means, and not a byte elsewhere."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.files.loader import Source, load_one
from promptsync.files.yaml import events
from promptsync.files.yaml.editor import EditError, edit
from promptsync.files.yaml.edits import Edit, apply, get, identical, refine
from promptsync.files.yaml.reader import decode, read
from tests.yaml_cases import CORPUS, TEXTS, assert_elsewhere_untouched, data_of, expanded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def set_(path: str, value: Any) -> Edit:
    return Edit(steps(path), "set", value)


def remove(path: str) -> Edit:
    return Edit(steps(path), "remove")


def insert(path: str, value: Any) -> Edit:
    return Edit(steps(path), "insert", value)


def steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))


def texts_in(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all message texts."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from texts_in(item, (*path, index))
    elif isinstance(data, dict):
        for name, item in data.items():
            if name in ("content", "text") and isinstance(item, str):
                yield (*path, name)
            elif name != "json_schema":
                yield from texts_in(item, (*path, name))


def edits_for(data: Any) -> Iterator[tuple[str, Edit]]:
    """What a person may have done in the web UI, one thing at a time."""
    block = "prompt" if "prompt" in data else "prompt_config"
    parameters = (block,) if block == "prompt" else (block, "model_parameters")
    yield "temperature", Edit((*parameters, "temperature"), "set", 0.31)
    yield "a field more", Edit((*parameters, "presence_penalty"), "set", 1.5)
    yield "an object more", Edit((block, "thinking"), "set", {"type": "enabled", "budget_tokens": 1024})
    yield "a long field more", Edit((block, "note"), "set", "one\n  two\n\nthree: # four")
    for name in get(data, parameters):
        if name not in ("messages", "model"):
            yield f"without {name}", Edit((*parameters, name), "remove")
    yield "model", Edit((block, "model"), "set", "anthropic/claude-3-5-sonnet")
    yield "name", Edit(("display_name",), "set", "Renamed: it's #1")
    yield "description", Edit(("description",), "set", "Newly described")
    yield "long description", Edit(("description",), "set", "Newly\ndescribed\n")
    if "description" in data:
        yield "no description", Edit(("description",), "remove")
    yield "language", Edit(("metadata", "language"), "set", "French")
    yield "use cases", Edit(("metadata", "use_cases"), "set", ["Extraction", "Documents QA"])
    if data.get("metadata", {}).get("use_cases"):
        yield "a use case more", Edit(("metadata", "use_cases", 1), "insert", "Documents QA")
        yield "a use case less", Edit(("metadata", "use_cases", 0), "remove")
    if "metadata" in data:
        yield "no metadata", Edit(("metadata",), "remove")
    for path in texts_in(data[block]["messages"], (block, "messages")):
        lines = get(data, path).split("\n")
        for index in {0, len(lines) // 2, len(lines) - 1}:
            other = [*lines[:index], f"{lines[index]} and more", *lines[index + 1 :]]
            yield f"line {index} of {path}", Edit(path, "set", "\n".join(other))
        yield f"{path} shorter", Edit(path, "set", lines[0][:10])
        yield f"{path} longer", Edit(path, "set", get(data, path) + "\n\n  more: of it # all\n")
        yield f"{path} other", Edit(path, "set", '{{q}}: it\'s "new"\n- x\n')
        yield f"{path} empty", Edit(path, "set", "")
    messages = data[block]["messages"]
    for index in range(len(messages) + 1):
        new = {"role": "assistant", "content": "Inserted: 'one'\n\n  two\n"}
        yield f"message before {index}", Edit((block, "messages", index), "insert", new)
        yield f"short one before {index}", Edit((block, "messages", index), "insert", {"role": "user", "content": "Hi"})
    for index in range(len(messages)):
        yield f"without message {index}", Edit((block, "messages", index), "remove")
        yield f"role of message {index}", Edit((block, "messages", index, "role"), "set", "assistant")
        yield f"message {index} named", Edit((block, "messages", index, "name"), "set", "someone")


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_one_field_changes_and_the_rest_stays(file: Path) -> None:
    raw = file.read_bytes().decode()
    before = expanded(data_of(raw), TEXTS)
    wrong: list[str] = []
    for name, item in edits_for(before):
        try:
            check(raw, item, before)
        except (AssertionError, EditError) as error:
            wrong.append(f"{name}: {error}")

    assert not wrong, "\n".join(wrong)


def check(raw: str, item: Edit, before: Any) -> None:
    edited = edit(raw, [item], texts=TEXTS)

    assert identical(expanded(data_of(edited.text), TEXTS | edited.texts), apply(before, [item]))
    assert_elsewhere_untouched(raw, edited.text, item, before)
    for name, text in edited.texts.items():
        assert text.startswith("\ufeff") == TEXTS[name].startswith("\ufeff")
        assert ("\r\n" in text) == ("\n" in text and "\r" in TEXTS[name])


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_the_corpus_is_of_files_that_load(file: Path) -> None:
    prompt, problems = load_one(Source(file.stem, str(file), file.read_bytes()), lambda _file, name: TEXTS[name])

    # A comment behind one blank might be text.
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert prompt is not None


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_nothing_to_do_does_nothing(file: Path) -> None:
    raw = file.read_bytes().decode()
    data = expanded(data_of(raw), TEXTS)

    everything = [Edit((name,), "set", value) for name, value in data.items()]

    assert edit(raw, [], texts=TEXTS).text == raw
    assert edit(raw, everything, texts=TEXTS) == (edited := edit(raw, [], texts=TEXTS))
    assert edited.texts == {}


PROMPT = """\
# Refunds
display_name: "Refund" # its name
metadata:
  language: English
prompt:
  model: openai/gpt-4o
  temperature: 0.7   # warm

  # The rules come first.
  messages:
    - role: system
      content: |-
        Be kind.
        Be brief.
    # then the user
    - role: user
      content: '{{question}}'
"""


def change(text: str, *edits: Edit, **more: Any) -> str:
    """The lines that go and come, as a diff tells them."""
    new = edit(text, edits, **more).text
    diff = difflib.unified_diff(text.splitlines(), new.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in diff if not line.startswith(("---", "+++", "@@")))


@pytest.mark.parametrize(
    ("item", "diff"),
    [
        (set_("prompt.temperature", 0.2), "-  temperature: 0.7   # warm\n+  temperature: 0.2   # warm"),
        (set_("prompt.temperature", 1), "-  temperature: 0.7   # warm\n+  temperature: 1   # warm"),
        (set_("prompt.seed", 2**60 + 1), f"+  seed: {2**60 + 1}"),
        (set_("prompt.temperature", 1e-7), "-  temperature: 0.7   # warm\n+  temperature: 1.0e-07   # warm"),
        (remove("prompt.temperature"), "-  temperature: 0.7   # warm"),
        (set_("prompt.top_p", 0.9), "+  top_p: 0.9"),
        (set_("description", "no"), "+description: 'no'"),
        (set_("description", "one\ntwo"), "+description: |-\n+  one\n+  two"),
        (set_("display_name", "It's"), '-display_name: "Refund" # its name\n+display_name: "It\'s" # its name'),
        (set_("metadata.language", "012"), "-  language: English\n+  language: '012'"),
        (set_("metadata.language", "German"), "-  language: English\n+  language: German"),
        (set_("metadata.use_cases", ["A", "B c"]), "+  use_cases: [A, B c]"),
        (set_("prompt.messages.0.content", "Be kind.\nBe terse."), "-        Be brief.\n+        Be terse."),
        (
            set_("prompt.messages.0.content", "Be kind.\nBe brief.\n"),
            "-      content: |-\n+      content: |",
        ),
        (
            set_("prompt.messages.0.content", " Be kind.\nBe brief."),
            "-      content: |-\n-        Be kind.\n+      content: |2-\n+         Be kind.",
        ),
        (
            set_("prompt.messages.1.content", "{{question}}\n\nNow."),
            "-      content: '{{question}}'\n+      content: |-\n+        {{question}}\n+\n+        Now.",
        ),
        (set_("prompt.messages.1.content", "it's"), "-      content: '{{question}}'\n+      content: 'it''s'"),
        (
            set_("prompt.messages.1.content", "\u2028"),
            "-      content: '{{question}}'\n+      content: \"\\L\"",
        ),
        (
            insert("prompt.messages.1", {"role": "assistant", "content": "Yes:\n  no"}),
            "+    - role: assistant\n+      content: |-\n+        Yes:\n+          no",
        ),
        (remove("prompt.messages.1"), "-    - role: user\n-      content: '{{question}}'"),
        (
            set_("prompt.thinking", {"type": "enabled", "budget_tokens": 1024}),
            "+  thinking:\n+    type: enabled\n+    budget_tokens: 1024",
        ),
        (remove("metadata.language"), "-metadata:\n-  language: English\n+metadata: {}"),
        (
            set_("metadata", {"language": "French", "use_cases": []}),
            "-  language: English\n+  language: French\n+  use_cases: []",
        ),
    ],
)
def test_an_edit_and_its_diff(item: Edit, diff: str) -> None:
    assert change(PROMPT, item) == diff


def test_what_no_one_would_see_is_escaped() -> None:
    assert edit("a: 0\n", [set_("a", "\ufeff")]).text == 'a: "\\ufeff"\n'
    assert edit("a: b\n", [set_("a", "b\u202e")]).text == 'a: "b\\u202e"\n'


def test_an_edit_makes_what_is_missing_on_its_way() -> None:
    assert change("prompt:\n  n: 1\n", set_("metadata.language", "German")) == "+metadata:\n+  language: German"
    assert change("metadata:\nprompt:\n  n: 1\n", set_("metadata.language", "German")) == "+  language: German"


def test_folded_text_keeps_the_lines_that_say_the_same() -> None:
    text = "a: >\n  One two\n  three four\n  five six\n\n  Next\n  paragraph.\nb: 1\n"

    assert change(text, set_("a", "One two three 4 five six\nNext paragraph.\n")) == "-  three four\n+  three 4"
    assert change(text, set_("a", " leads")) == (
        "-a: >\n-  One two\n-  three four\n-  five six\n-\n-  Next\n-  paragraph.\n+a: |1-\n+  leads"
    ).replace("|1-\n+  leads", "|2-\n+   leads")


def test_an_alias_gets_a_value_of_its_own() -> None:
    text = "a: &x [1, 2]\nb: *x # as a\nc: *x\n"

    assert change(text, set_("b.0", 3)) == "-b: *x # as a\n+b: [3, 2] # as a"
    assert change(text, set_("c", None)) == "-c: *x\n+c: null"


def test_an_anchor_moves_to_its_first_alias() -> None:
    text = "a: &x Hello # first\nb: *x # as a\nc: *x\n"

    assert change(text, set_("a", "Bye")) == (
        "-a: &x Hello # first\n-b: *x # as a\n+a: Bye # first\n+b: &x Hello # as a"
    )
    assert change(text, remove("a")) == "-a: &x Hello # first\n-b: *x # as a\n+b: &x Hello # as a"


def test_a_merged_key_is_overridden_and_a_merged_key_taken_out_is_written_out() -> None:
    text = "a: &x\n  k: 1\n  l: 2\nb:\n  <<: *x\n  m: 3\n"

    assert change(text, set_("b.k", 4)) == "+  k: 4"
    assert data_of(edit(text, [remove("b.k")]).text) == {"a": {"k": 1, "l": 2}, "b": {"l": 2, "m": 3}}


@pytest.mark.parametrize(
    ("text", "new", "diff"),
    [
        (
            'a: "one\\ntwo\\n" # c\n',
            "one\n2\n",
            '-a: "one\\ntwo\\n" # c\n+a: | # c\n+  one\n+  2',
        ),
        ('a: "one\\n\\\n  two\\e"\n', "one\n2\x1b", '-  two\\e"\n+  2\\x1b"'),
        ("a: 'one\n\n  two'\n", "one\n2", "-  two'\n+  2'"),
        ("a: 'one\n\n  two'\n", "one\n2\n", "-a: 'one\n-\n-  two'\n+a: |\n+  one\n+  2"),
        ('a: [x, "one\\n\\\n  two"]\n', ["x", "one\n2"], '-  two"]\n+  2"]'),
        ("a: 'one\n  two three'\n", "one two 3", "-  two three'\n+  two 3'"),
        ("a: [one\n  two three]\n", ["one two 3"], "-  two three]\n+  two 3]"),
        ('a: "one\\\n  two"\n', "x" * 120, f'-a: "one\\\n-  two"\n+a: |-\n+  {"x" * 120}'),
    ],
)
def test_a_quoted_text_of_many_lines_is_edited_line_by_line_or_becomes_a_block(text: str, new: Any, diff: str) -> None:
    assert change(text, set_("a", new)) == diff


def conversation(count: int, start: str, end: str, kind: str = "user") -> str:
    lines = "".join(f"        line {number} of the text\n" for number in range(4))
    message = f"    - role: {kind}\n      content: {start}{lines.rstrip()}{end}\n"
    return "prompt:\n  model: m\n  messages:\n" + message * count


@pytest.mark.parametrize(
    ("start", "end"), [("|\n", ""), (">-\n", ""), ("|+\n", "\n\n"), ("\n", ""), ('"', '" # said'), ("'", "'")]
)
@pytest.mark.parametrize("op", ["set", "remove", "insert"])
def test_many_edits_are_made_in_one_pass(
    start: str, end: str, op: Literal["set", "remove", "insert"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text is parsed so many times and no more, however many messages change."""
    parsed: list[int] = []
    loader = events.Loader
    monkeypatch.setattr(events, "Loader", lambda text: parsed.append(len(text)) or loader(text))
    passes = []
    for count in (10, 80):
        text = conversation(count, start, end)
        said = data_of(text)["prompt"]["messages"][0]["content"].replace("line 2", "line two")
        paths = [("prompt", "messages", index) for index in reversed(range(1, count))]
        edits = {
            "set": [Edit((*path, "content"), "set", said) for path in paths],
            "remove": [Edit(path, "remove") for path in paths],
            "insert": [Edit(path, "insert", {"role": "assistant", "content": "a\nb"}) for path in paths],
        }[op]
        parsed.clear()
        new = edit(text, edits).text
        passes.append(sum(parsed) / (len(text) + len(new)))
        assert identical(data_of(new), apply(data_of(text), edits))

    assert max(passes) < 4
    assert passes[1] < passes[0] * 1.2


def test_inserts_at_one_place_stand_in_the_order_of_the_list() -> None:
    assert change("a:\n- x\n- z\n", *(insert("a.1", name) for name in "cba")) == "+- a\n+- b\n+- c"
    assert change("a: [x, z]\n", *(insert("a.1", name) for name in "ba")) == "-a: [x, z]\n+a: [x, a, b, z]"


def test_edits_that_depend_on_each_other_are_made_one_after_the_other() -> None:
    text = "a:\n  - k: 1\n  - k: 2\nb: 1\n"
    edits = [
        insert("a.0", {"k": 0}),
        set_("a.2.k", 3),
        remove("a.1"),
        set_("a.1.l", 4),
        set_("a.1.m", 5),
        set_("a.1.l", 6),
        remove("b"),
    ]

    assert edit(text, edits).text == "a:\n  - k: 0\n  - k: 3\n    l: 6\n    m: 5\n"


def test_line_ends_and_byte_order_mark_stay() -> None:
    text = "\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n# end\n"

    assert edit(text, [set_("b", "x\nz\n"), set_("c", "q")]).text == (
        "\ufeffa: 1\r\nb: |\r\n  x\r\n  z\r\nc: q\r\n# end\n"
    )


FROM_FILE = "m:\n- role: user\n  content_file: a.md # there\n- role: user\n  content: b\n"


@pytest.mark.parametrize(
    ("held", "new"),
    [
        ("old", "new\ntext"),
        ("old\n", "new\ntext\n"),
        ("\ufeffold\r\ntext\r\n", "\ufeffnew\r\ntext\r\n"),
        ("old\r\ntext\n", "new\r\ntext\n"),
    ],
)
def test_a_text_is_changed_in_its_own_file(held: str, new: str) -> None:
    edited = edit(FROM_FILE, [set_("m.0.content", "new\ntext")], texts={"a.md": held})

    assert (edited.text, edited.texts) == (FROM_FILE, {"a.md": new})


def test_a_text_that_others_share_is_written_into_the_prompt() -> None:
    diff = "-  content_file: a.md # there\n+  content: new"

    assert change(FROM_FILE, set_("m.0.content", "new"), texts={"a.md": "x"}, shared=["a.md"]) == diff
    twice = FROM_FILE.replace("content: b", "content_file: a.md")
    assert change(twice, set_("m.0.content", "new"), texts={"a.md": "x"}) == diff


def test_a_text_that_no_file_of_its_own_can_hold_is_written_into_the_prompt() -> None:
    edited = edit(FROM_FILE, [set_("m.0.content", "a\r\nb")], texts={"a.md": "x"})

    assert data_of(edited.text)["m"][0] == {"role": "user", "content": "a\r\nb"}
    assert edited.texts == {}


def test_a_message_from_a_file_can_change_and_go() -> None:
    texts = {"a.md": "x"}

    assert change(FROM_FILE, set_("m.0", {"role": "system", "content": "x"}), texts=texts) == (
        "-- role: user\n+- role: system"
    )
    assert change(FROM_FILE, remove("m.0"), texts=texts) == "-  content_file: a.md # there\n-- role: user"
    assert change(FROM_FILE, set_("m.0.content", [{"type": "text", "text": "x"}]), texts=texts) == (
        "-  content_file: a.md # there\n+  content:\n+  - type: text\n+    text: x"
    )


@pytest.mark.parametrize(
    ("text", "item", "message"),
    [
        ("a: no\n", set_("b", 1), "the file cannot be edited: line 1: no is the boolean false"),
        ("a: [\n", set_("b", 1), "the file cannot be edited: line 2"),
        ("a: 1\n", set_("a.b.c", 1), "the file has no a.b.c"),
        ("a: 1\n", remove("b"), "the file has no b"),
        ("a: [1]\n", insert("a.5", 1), "the file has no a[5]"),
        ("a: 1\n", set_("a", float("nan")), "a cannot be written into the file: it is no finite number"),
        ("a: 1\n", set_("a", 10**400), "a cannot be written into the file: its number is too large"),
        ("a: 1\n", set_("a", ["\ud800"]), "a cannot be written into the file: its text holds half a character"),
        ("a: 1\n", remove("a"), "a cannot be changed without changing something else"),
        (FROM_FILE, set_("m.0.content", "x"), "the text of m[0].content stands in a.md, which is not at hand"),
    ],
)
def test_what_cannot_be_done_is_refused(text: str, item: Edit, message: str) -> None:
    with pytest.raises(EditError) as caught:
        edit(text, [item])

    assert caught.value.message.startswith(message)


TEXT = st.text(st.sampled_from("ab \n\t:#-'\"{}[],&*!|>%@`?\\é\u2028\ufeff0\r\x07.~"), max_size=12) | st.sampled_from(
    ["no", "1", "0x1", "null", "one two three four " * 12, "a\n\n b\n", "x\n\n\n", "12:30", "2020-01-01", "text\nmore"]
)
SCALARS = TEXT | st.integers(-5, 2**53) | st.sampled_from([0.5, 1.0, 1e20, 1e-9, True, False, None])
NAMES = st.sampled_from(["a", "b", "content", "role", "messages", "n", "two words", "-", "1", "<<"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, min_size=2, max_size=4)


class Dumper(yaml.SafeDumper):
    """Writes in the most different ways that the emitter knows."""

    draw: Any
    shared: bool

    def ignore_aliases(self, data: Any) -> bool:
        return not self.shared or super().ignore_aliases(data) or not isinstance(data, dict | list)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and self.best_width % 2 == 0)


def represent(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=dumper.draw())


Dumper.add_representer(str, represent)


@st.composite
def written(draw: Any) -> tuple[str, Any]:
    """A document and its data, in a random style, that our own reader takes."""
    data = draw(DOCUMENTS)
    style = st.sampled_from([None, "'", '"', "|", ">", "|"])
    Dumper.draw = staticmethod(lambda: draw(style))
    Dumper.shared = draw(st.booleans())
    if Dumper.shared and isinstance(data.get("a"), dict | list):
        data["again"] = data["a"]
        data["once more"] = [data["a"]]
    text = yaml.dump(
        data,
        Dumper=Dumper,
        default_flow_style=draw(st.sampled_from([None, True, False, False])),
        indent=draw(st.integers(2, 6)),
        width=draw(st.sampled_from([20, 41, 80, 1000])),
        allow_unicode=draw(st.booleans()),
        explicit_start=draw(st.booleans()),
        sort_keys=False,
    )
    comment = draw(st.sampled_from(["", "# begins\n", "\n"]))
    text = comment + text + draw(st.sampled_from(["", "# ends\n", "\n\n"]))
    if draw(st.booleans()):
        text = text.rstrip("\n") if not text.rstrip("\n").endswith((" ", "|+", ">+")) else text
    plain, complaints = decode(text.encode())
    document = read(plain)
    return text, None if complaints or document.complaints else document.data


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, item in items:
        yield (*path, step)
        yield from places(item, (*path, step))


def random_edit(data: Any, value: dict[str, Any]) -> Edit:
    path = data.draw(st.sampled_from(list(places(value))))
    kinds = ["set"] if len(path) == 1 and len(value) < 2 else ["set", "remove"]
    kinds += ["insert"] if isinstance(path[-1], int) else ["set new"] * isinstance(get(value, path), dict)
    kind = data.draw(st.sampled_from(kinds))
    new = data.draw(VALUES)
    return Edit((*path, "new"), "set", new) if kind == "set new" else Edit(path, kind, new)


@given(written(), st.data())
@settings(max_examples=500, deadline=None)
def test_random_edits_of_random_documents(document: tuple[str, Any], data: Any) -> None:
    text, value = document
    if not isinstance(value, dict) or len(value) < 2:
        return
    for _ in range(data.draw(st.integers(1, 3))):
        item = random_edit(data, value)
        value = apply(value, [item])
        text = edit(text, [item]).text
        assert identical(data_of(text), value)


@given(written(), st.data())
@settings(max_examples=300, deadline=None)
def test_random_edits_made_at_once(document: tuple[str, Any], data: Any) -> None:
    text, value = document
    if not isinstance(value, dict) or len(value) < 2:
        return
    edits: list[Edit] = []
    for _ in range(data.draw(st.integers(2, 6))):
        edits.append(random_edit(data, value))
        value = apply(value, edits[-1:])

    assert identical(data_of(edit(text, edits).text), value)


@given(VALUES, VALUES)
def test_refined_edits_make_the_one_into_the_other(before: Any, after: Any) -> None:
    assert identical(apply(before, refine(before, after)), after)


def test_a_property_of_a_schema_is_put_where_its_order_says() -> None:
    """Else a new parameter would stand before the messages."""
    text = "prompt:\n  response_format:\n    json_schema:\n      schema:\n        messages: {}\n        a: {}\n"
    schema = ("prompt", "response_format", "json_schema", "schema")
    edits = [
        Edit((*schema, "b"), "set", {}),
        Edit((*schema, "messages"), "remove"),
        Edit((*schema, "messages"), "set", {}),
    ]

    assert list(get(data_of(edit(text, edits).text), schema)) == ["a", "b", "messages"]
