"""`promptsync.yaml` and the environment: every mistake with its place, and which host gets which key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from promptsync.files.config import (
    DEFAULT_BASE_URL,
    DEFAULT_KEY_NAME,
    DEFAULT_MAX_FILE_BYTES,
    Config,
    TargetSettings,
    parse_config,
)
from promptsync.files.config_schema import CONFIG_SCHEMA
from promptsync.files.connection import Connection, connection
from promptsync.files.yaml.writer import dump
from promptsync.model.errors import ConfigError, LoadError
from promptsync.model.schema import file_fields

if TYPE_CHECKING:
    from promptsync.model.prompt import Problem

KNOWN = "known are allow_fields, content_files, lint, lock, max_file_bytes, policies, preview, targets"
KEY = "sk-very-secret-0123"
ENVIRON = {"ORQ_API_KEY": KEY}


def parsed(text: str) -> Config:
    return parse_config(text.encode(), "promptsync.yaml")


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(LoadError) as caught:
        parse_config(text.encode() if isinstance(text, str) else text, "promptsync.yaml")
    return caught.value.problems


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n", "targets: {}\npolicies: {}\nallow_fields: []\n"])
def test_what_says_nothing_is_all_defaults(text: str) -> None:
    assert parsed(text) == Config()
    assert Config().max_file_bytes == DEFAULT_MAX_FILE_BYTES == 1_048_576


def test_everything_that_can_be_said() -> None:
    assert parsed(
        "targets:\n"
        "  staging:\n"
        "    base_url: https://staging.orq.ai\n"
        "    api_key_env: ORQ_STAGING_KEY\n"
        "    path_prefix: Staging/EU/\n"
        "    exclusive: true\n"
        "  bare:\n"
        "policies: {overwrite: ['Default/**'], create_twins: true}\n"
        "allow_fields: [prompt.new_thing]\n"
        "max_file_bytes: 1\n"
        "content_files: over 40 lines\n"
        "lint: {rules: {secret: warning, near-twin: off}, exceptions: {'Old/**': [json-mode]}}\n"
    ) == Config(
        {
            "staging": TargetSettings(
                "staging", "https://staging.orq.ai", "ORQ_STAGING_KEY", "Staging/EU", exclusive=True
            ),
            "bare": TargetSettings("bare", DEFAULT_BASE_URL, DEFAULT_KEY_NAME),
        },
        overwrite=("Default/**",),
        create_twins=True,
        allow_fields=("prompt.new_thing",),
        max_file_bytes=1,
        max_lines=40,
        levels={"secret": "warning", "near-twin": "off"},
        exceptions={"Old/**": ("json-mode",)},
    )


MISTAKES = [
    ("no mapping", "- a\n", "1:1", "`promptsync.yaml` must be a mapping"),
    ("a text", "hello\n", "1:1", "`promptsync.yaml` must be a mapping"),
    ("targets a list", "targets: [a]\n", "1:10", "`targets` must be a mapping of names to targets"),
    ("targets empty", "targets:\n", "1:9", "`targets` must be a mapping of names to targets"),
    ("target a list", "targets:\n  staging: [a]\n", "2:12", "`targets.staging` must be a mapping"),
    ("policies empty", "policies: null\n", "1:11", "`policies` must be a mapping"),
    ("one text", "policies: {overwrite: '**'}\n", "1:23", "`policies.overwrite` must be a list of texts"),
    ("numbers", "policies: {overwrite: [a, 1]}\n", "1:23", "`policies.overwrite` must be a list of texts"),
    ("fields null", "allow_fields: null\n", "1:15", "`allow_fields` must be a list of texts"),
    ("twins a word", "policies: {create_twins: yep}\n", "1:26", "`policies.create_twins` must be true or false"),
    ("exclusive 1", "targets: {a: {exclusive: 1}}\n", "1:26", "`targets.a.exclusive` must be true or false"),
    ("merge", "a: 1\n<<<<<<< a\nb: 1\n=======\nb: 2\n>>>>>>> b\n", "2:1", "an open merge of git: <<<<<<< here"),
    ("bytes true", "max_file_bytes: true\n", "1:17", "`max_file_bytes` must be a number of bytes, 1 or more"),
    ("bytes half", "max_file_bytes: 1.5\n", "1:17", "`max_file_bytes` must be a number of bytes, 1 or more"),
    ("bytes below 0", "max_file_bytes: -1\n", "1:17", "`max_file_bytes` must be a number of bytes, 1 or more"),
    ("bytes text", "max_file_bytes: 1MB\n", "1:17", "`max_file_bytes` must be a number of bytes, 1 or more"),
    ("lines a number", "content_files: 40\n", "1:16", "`content_files` must tell a number of lines"),
    ("no lines", "content_files: over 0 lines\n", "1:16", "`content_files` must tell a number of lines"),
    ("lines under", "content_files: under 40 lines\n", "1:16", "`content_files` must tell a number of lines"),
    ("prefix", "targets: {a: {path_prefix: 1}}\n", "1:28", "`path_prefix` must be text"),
    ("prefix up", "targets: {a: {path_prefix: ../x}}\n", "1:28", "`path_prefix` must be a path of folders"),
    ("prefix here", "targets: {a: {path_prefix: ./x}}\n", "1:28", "`path_prefix` must be a path of folders"),
    ("prefix apart", "targets: {a: {path_prefix: 'x/ .. /y'}}\n", "1:28", "`path_prefix` must be a path of folders"),
    ("prefix from the top", "targets: {a: {path_prefix: /x}}\n", "1:28", "`path_prefix` must be a path of folders"),
    ("prefix empty part", "targets: {a: {path_prefix: x//y}}\n", "1:28", "`path_prefix` must be a path of folders"),
    ("prefix backslash", "targets: {a: {path_prefix: 'x\\y'}}\n", "1:28", "`path_prefix` must be a path of folders"),
    ("prefix control", 'targets: {a: {path_prefix: "x\\n"}}\n', "1:28", "`path_prefix` must be a path of folders"),
    ("lock a text", "lock: promptsync/state\n", "1:7", "`lock` must be a mapping"),
    ("lock empty", "lock:\n", "1:6", "`lock` must be a mapping"),
    ("lock without", "lock: {}\n", "1:7", "`lock.branch` must be the name of a branch"),
    ("branch empty", "lock: {branch: ''}\n", "1:16", "`lock.branch` must be the name of a branch"),
    ("branch number", "lock: {branch: 5}\n", "1:16", "`lock.branch` must be the name of a branch"),
    ("branch main", "lock: {branch: main}\n", "1:16", "`lock.branch` cannot be main"),
    ("branch master", "lock: {branch: Master}\n", "1:16", "`lock.branch` cannot be Master"),
    ("branch HEAD", "lock: {branch: HEAD}\n", "1:16", "`lock.branch` cannot be HEAD"),
    ("branch option", "lock: {branch: --mirror}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch ref", "lock: {branch: refs/heads/main}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch refspec", "lock: {branch: 'a:main'}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch forced", "lock: {branch: +a}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch up", "lock: {branch: a/../b}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch dots", "lock: {branch: a..b}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch glob", "lock: {branch: 'a/*'}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch blank", "lock: {branch: a b}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch lines", 'lock: {branch: "a\\nb"}\n', "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch slashes", "lock: {branch: a//b}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch long", f"lock: {{branch: {'a' * 300}}}\n", "1:16", "`lock.branch` must be the plain name of a branch"),
    ("branch .lock", "lock: {branch: a.lock/b}\n", "1:16", "`lock.branch` has a part that ends"),
    ("branch dot", "lock: {branch: a.}\n", "1:16", "`lock.branch` has a part that ends"),
    ("lock unknown", "lock: {branch: a, brnch: b}\n", "1:19", "unknown key `brnch`; known are branch"),
    ("preview a text", "preview: here\n", "1:10", "`preview` must be a mapping"),
    ("preview unknown", "preview: {prefix: a}\n", "1:11", "unknown key `prefix`; known are api_key_env, path_prefix"),
    ("preview nowhere", "preview: {path_prefix: ''}\n", "1:24", "`path_prefix` must name a folder"),
    ("preview top", "preview: {path_prefix: /}\n", "1:24", "`path_prefix` must name a folder"),
    ("preview up", "preview: {path_prefix: a/..}\n", "1:24", "`path_prefix` must be a path of folders"),
    ("preview key", "preview: {api_key_env: GH_TOKEN}\n", "1:24", "must name a variable that begins with ORQ_"),
    ("preview target", "preview: {target: stagin}\n", "1:19", "`preview.target` must be the name of a target"),
    ("preview target list", "preview: {target: [default]}\n", "1:19", "`preview.target` must be the name of a target"),
    ("default url", "targets: {default: {base_url: http://localhost:1}}\n", "1:31", "`default` has no `base_url`"),
    ("default own url", "targets: {default: {base_url: https://my.orq.ai}}\n", "1:31", "`default` has no `base_url`"),
    ("key name", "targets: {a: {api_key_env: [ORQ_X]}}\n", "1:28", "`api_key_env` must name a variable that begins"),
    ("url a number", "targets: {a: {base_url: 5}}\n", "1:25", "`base_url` may only be https://….orq.ai or loopback"),
    ("url no port", "targets: {a: {base_url: 'http://localhost:x'}}\n", "1:25", "`base_url` may only be"),
    ("url half", "targets: {a: {base_url: 'http://[::1'}}\n", "1:25", "`base_url` may only be"),
    ("name", "targets:\n  -a: {}\n", "2:7", "“-a” cannot name a target: use letters, digits, - and _"),
    ("long name", f"targets:\n  {'a' * 65}: {{}}\n", "2:70", "cannot name a target"),
    ("unknown", "tragets: {}\n", "1:1", f"unknown key `tragets`; {KNOWN}"),
    ("unknown number", "1: 2\n", "1:1", f"unknown key `1`; {KNOWN}"),
    ("sandbox url", "targets: {sandbox: {base_url: http://localhost}}\n", "1:31", "`sandbox` has no `base_url`"),
    ("sandbox key", "targets: {sandbox: {api_key_env: ORQ_X}}\n", "1:34", "`sandbox` has no `api_key_env`"),
    ("twice", "targets: {}\ntargets: {}\n", "2:1", 'the key "targets" is given twice; the first is on line 1'),
    ("cut off", "targets: {a:\n", "2:1", ""),
    ("no text", b"targets: \xff\n", "1:10", "byte 0xff is not UTF-8"),
]


@pytest.mark.parametrize(
    ("text", "place", "words"), [each[1:] for each in MISTAKES], ids=[each[0].replace(" ", "-") for each in MISTAKES]
)
def test_a_mistake_is_told_with_its_place(text: str | bytes, place: str, words: str) -> None:
    (problem,) = problems(text)
    assert problem.place == f"promptsync.yaml:{place}"
    assert words in problem.message
    assert problem.severity == "error"


def test_a_mistake_shows_its_line() -> None:
    (problem,) = problems("# first\ntargets:\n  staging: {exclusive: 1}\n")
    assert (problem.line, problem.snippet) == (3, "  staging: {exclusive: 1}")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("target: {}\n", "did you mean `targets`?"),
        ("allow_field: []\n", "did you mean `allow_fields`?"),
        ("policies: {overwrites: []}\n", "did you mean `overwrite`?"),
        ("targets: {a: {api_key: ORQ_X}}\n", "did you mean `api_key_env`?"),
        ("locks: {branch: a}\n", "did you mean `lock`?"),
        ("lock: {branch: a, branches: b}\n", "did you mean `branch`?"),
        ("lock: {branch: main}\n", "name a branch of its own, as in `promptsync/state`"),
        ("colour: red\n", None),
        ("targets: {a: {base_url: https://orq.example}}\n", "give another host by ORQ_BASE_URL or --base-url"),
        ("targets: {a: {path_prefix: 1}}\n", None),
        ("targets: {a: {path_prefix: ../x}}\n", "write it as in `Staging/EU`"),
        ("allow_fields: [path]\n", "take it out"),
    ],
)
def test_what_to_write_instead_is_told_where_it_is_known(text: str, hint: str | None) -> None:
    assert [problem.hint for problem in problems(text)] == [hint]


def test_a_mistake_whose_line_holds_a_key_does_not_show_it() -> None:
    key = "sk-orq-01jx-4f9a0Qm27LxTeR8dVbN3"
    (problem,) = problems(f"targets: {{a: {{api_key_env: {key}}}}}\n")
    assert problem.place == "promptsync.yaml:1:28"
    assert key not in repr(problem)


def test_all_mistakes_are_told_in_the_order_of_the_file() -> None:
    """Whatever they are: the order of a set of names would be another one in every run."""
    unknown = "".join(f"unknown_{number}: 1\n" for number in range(9))
    text = f"max_file_bytes: 0\n{unknown}targets: {{a: {{z: 1, exclusive: 1, y: 2}}}}\npolicies: 1\n"
    places = [(problem.line, problem.column) for problem in problems(text)]
    assert len(places) == 14
    assert places == sorted(places)


@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from(
            [
                *("targets", "policies", "max_file_bytes", "allow_fields", "overwrite", "base_url", "exclusive"),
                *(": ", "\n", "\n  ", "{", "}", "[", "]", ", ", "true", "null", "1", "a", "'", "- ", "? ", "#"),
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_any_text_is_a_configuration_or_complaints_with_places_in_it(text: str) -> None:
    try:
        made, complaints = parse_config(text.encode("utf-8", "surrogatepass"), "promptsync.yaml"), None
    except LoadError as error:
        made, complaints = Config(), error.problems
    assert complaints != ()
    lines = len(text.splitlines()) + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in complaints or ())
    assert all(made.target(name).name == name for name in made.targets)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://orq.ai", True),
        ("https://my.api.orq.ai/", True),
        ("https://API.ORQ.AI:8443", True),
        ("http://localhost:8000", True),
        ("https://127.0.0.1", True),
        ("http://[::1]:8000", True),
        ("http://orq.ai", False),
        ("http://127.0.0.2", False),
        ("http://localhost.evil.example", False),
        ("https://:pass@orq.ai", False),
        ("https://api.orq.ai /", False),
        ("https://api.orq.ai\\n.evil.example", False),
        ("https://api.orq.ai.evil.example", False),
        ("https://orq.ai.", False),
        ("https://evilorq.ai", False),
        ("https://@orq.ai", False),
        ("https://evil.example@orq.ai", False),
        ("https://orq.ai@evil.example", False),
        ("https://evil.example;.orq.ai", False),
        ("https://evil.example#.orq.ai", False),
        ("https://evil.example?.orq.ai", False),
        ("https://evil.example/.orq.ai", False),
        ("https://api.orq.ai/v2?to=evil.example", False),
        ("https://api.orq.ai:70000", False),
        ("https://api.orq.ai:8443@evil.example", False),
        ("https://orq.a\u0131", False),
        ("https://orq\u3002ai", False),
        ("https://[::1].orq.ai", False),
        ("http://[::ffff:1]", False),
    ],
)
def test_a_host_of_the_file_is_the_services_or_this_machine(url: str, is_taken: bool) -> None:
    text = f'targets: {{a: {{base_url: "{url}"}}}}\n'
    if is_taken:
        assert parsed(text).target("a").base_url == url
    else:
        assert len(problems(text)) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *((name, "it is one of the keys that this tool knows") for name in sorted(file_fields())),
        *((name, "it is one of the keys that this tool knows") for name in ("key", "Display-Name", "displayName")),
        ("path", "the folder of the file is the path"),
        ("Path", "the folder of the file is the path"),
        *((name, "the service sets it") for name in ("id", "_id", "version", "owner", "created", "updated")),
        *((name, "the service sets it") for name in ("domain_id", "created_by_id", "updated_by_id", "updatedById")),
        *((name, "the service sets it") for name in ("prompt.version", "prompt_config._id")),
        ("prompt.messages.content_file", "it stands for a text that is read from a file"),
        ("content_file", "it stands for a text that is read from a file"),
    ],
)
def test_what_the_tool_or_the_service_owns_is_not_let_through(name: str, why: str) -> None:
    (problem,) = problems(f"allow_fields:\n- team\n- {name}\n")
    assert (problem.place, problem.message) == ("promptsync.yaml:3:3", f"`{name}` cannot be let through: {why}")


@pytest.mark.parametrize("name", ["team", "prompt.new", "prompt.messages._id", "prompt.path", "metadata.key", "name"])
def test_what_no_one_knows_is_let_through(name: str) -> None:
    assert parsed(f"allow_fields: [{name}]\n").allow_fields == (name,)


def test_two_targets_are_there_without_a_file() -> None:
    assert Config().target("default") == TargetSettings("default", DEFAULT_BASE_URL, DEFAULT_KEY_NAME)
    assert Config().target("sandbox") == TargetSettings("sandbox", None, None)


def test_the_file_may_say_more_of_those_two() -> None:
    config = parsed("targets: {default: {path_prefix: One}, sandbox: {path_prefix: Two, exclusive: true}}\n")
    assert config.target("default") == TargetSettings("default", DEFAULT_BASE_URL, DEFAULT_KEY_NAME, "One")
    assert config.target("sandbox") == TargetSettings("sandbox", None, None, "Two", exclusive=True)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("stagin", "did you mean --target staging?"),
        ("sandbx", "did you mean --target sandbox?"),
        ("defualt", "did you mean --target default?"),
        ("Q", "add it to `targets` in promptsync.yaml"),
        ("", "add it to `targets` in promptsync.yaml"),
    ],
)
def test_a_target_that_is_not_there_is_told_with_those_that_are(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("targets: {staging: {}}\n").target(name)
    assert caught.value.message == f"there is no target “{name}”; the targets are default, sandbox, staging"
    assert caught.value.hint == hint


STAGING = TargetSettings("staging", "https://staging.orq.ai/", "ORQ_STAGING_KEY")
FLAG, VARIABLE = "https://flag.example", "https://variable.example"


@pytest.mark.parametrize(
    ("target", "flag", "variable", "url"),
    [
        (TargetSettings("default"), None, None, DEFAULT_BASE_URL),
        (STAGING, None, None, "https://staging.orq.ai"),
        (STAGING, None, VARIABLE, VARIABLE),
        (STAGING, None, f"{VARIABLE}/", VARIABLE),
        (STAGING, FLAG, None, FLAG),
        (STAGING, FLAG, VARIABLE, FLAG),
        (STAGING, f"{FLAG}//", VARIABLE, FLAG),
        (STAGING, FLAG, "no url, and not looked at", FLAG),
        (STAGING, "", "", "https://staging.orq.ai"),
        (TargetSettings("default"), "http://localhost:8000", None, "http://localhost:8000"),
        (TargetSettings("default"), "http://[::1]:8000", None, "http://[::1]:8000"),
        (TargetSettings("sandbox", None, None), None, None, None),
        (TargetSettings("sandbox", None, None), None, VARIABLE, None),
        (TargetSettings("sandbox", None, None), FLAG, VARIABLE, FLAG),
    ],
)
def test_the_flag_goes_before_the_variable_and_that_before_the_target(
    target: TargetSettings, flag: str | None, variable: str | None, url: str | None
) -> None:
    environ = {"ORQ_API_KEY": "one", "ORQ_STAGING_KEY": "two"}
    if variable is not None:
        environ["ORQ_BASE_URL"] = variable
    made = connection(target, flag, environ)
    key = {"default": "one", "staging": "two", "sandbox": "sandbox"}[target.name]
    assert made == Connection(url, key, target.api_key_env or DEFAULT_KEY_NAME)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (None, "embedded"),
        ("https://api.orq.ai", "api.orq.ai"),
        ("http://localhost:8000", "localhost:8000"),
    ],
)
def test_the_host_is_named_with_its_port(url: str | None, host: str) -> None:
    assert Connection(url).host == host


@pytest.mark.parametrize("environ", [{}, {"ORQ_STAGING_KEY": ""}, {"ORQ_STAGING_KEY": " \n"}, ENVIRON])
def test_a_key_that_is_missing_is_asked_for_by_the_name_of_its_variable(environ: dict[str, str]) -> None:
    """The key of another target is none: it may be one of another workspace."""
    with pytest.raises(ConfigError) as caught:
        connection(STAGING, None, environ)
    assert caught.value.message == "there is no API key for the target “staging”: ORQ_STAGING_KEY is not set"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("set ORQ_STAGING_KEY to a key of the workspace")


def test_the_sandbox_needs_no_key_and_gets_none() -> None:
    for url in (None, FLAG):
        assert connection(TargetSettings("sandbox", None, None), url, ENVIRON).key == "sandbox"


def test_a_key_is_taken_without_the_space_around_it() -> None:
    assert connection(TargetSettings("default"), None, {"ORQ_API_KEY": f" {KEY}\r\n"}).key == KEY


URLS = [
    ("", None),
    ("https://", "is no URL of a service"),
    ("ftp://orq.example", "is no URL of a service"),
    ("//orq.example", "is no URL of a service"),
    ("https://orq example", "is no URL of a service"),
    ("https://orq.example\t", "is no URL of a service"),
    ("http://[::1", "is no URL of a service"),
    (f"https://{KEY}@orq.example", "holds a user name or password"),
    (f"https://:{KEY}@orq.example", "holds a user name or password"),
    ("http://api.orq.ai", "would send the key to api.orq.ai in clear text"),
]


@pytest.mark.parametrize(("url", "words"), URLS)
@pytest.mark.parametrize("by", ["--base-url", "ORQ_BASE_URL"])
def test_a_url_that_cannot_be_used_is_told_by_who_gave_it(url: str, words: str | None, by: str) -> None:
    given_by = (url, ENVIRON) if by == "--base-url" else (None, {**ENVIRON, by: url})
    if words is None:
        assert connection(TargetSettings("default"), *given_by).base_url == DEFAULT_BASE_URL
        return
    with pytest.raises(ConfigError) as caught:
        connection(TargetSettings("default"), *given_by)
    assert caught.value.message == f"{by} {words}"
    assert KEY not in f"{caught.value.message} {caught.value.hint}"


def test_the_sandbox_looks_at_its_url_too() -> None:
    with pytest.raises(ConfigError, match="in clear text"):
        connection(TargetSettings("sandbox", None, None), "http://orq.example", {})


@given(st.text(max_size=40) | st.sampled_from([url for url, _ in URLS]))
def test_no_message_and_no_repr_holds_the_key(url: str) -> None:
    try:
        made = connection(TargetSettings("default"), url, ENVIRON)
        told = repr(made)
    except ConfigError as error:
        told = f"{error.message} {error.hint}"
    assert KEY not in told


@pytest.mark.parametrize("branch", ["promptsync/state", "state", "a/b-c_d.e/1", "lock"])
def test_lockfiles_may_live_on_a_branch(branch: str) -> None:
    assert parse_config(f"lock: {{branch: {branch}}}\n".encode(), "promptsync.yaml").lock_branch == branch
    assert parse_config(b"", "promptsync.yaml").lock_branch is None


PREVIEWS = """
targets: {staging: {path_prefix: Staging, base_url: "http://localhost:1", api_key_env: ORQ_STAGING, exclusive: true}}
"""


@pytest.mark.parametrize(
    ("preview", "of", "expected"),
    [
        ("{}", "default", ("preview.pr-1", "Preview/pr-1", DEFAULT_BASE_URL, "ORQ_API_KEY")),
        ("{}", "staging", ("staging.preview.pr-1", "Preview/pr-1", "http://localhost:1", "ORQ_STAGING")),
        ("{path_prefix: A/B/}", "default", ("preview.pr-1", "A/B/pr-1", DEFAULT_BASE_URL, "ORQ_API_KEY")),
        ("{target: staging}", "default", ("preview.pr-1", "Preview/pr-1", "http://localhost:1", "ORQ_STAGING")),
        ("{api_key_env: ORQ_P}", "staging", ("staging.preview.pr-1", "Preview/pr-1", "http://localhost:1", "ORQ_P")),
        ("{target: sandbox, api_key_env: ORQ_P}", "default", ("preview.pr-1", "Preview/pr-1", None, None)),
    ],
)
def test_a_preview_is_a_target_in_another_place(preview: str, of: str, expected: tuple[str, ...]) -> None:
    config = parse_config(f"{PREVIEWS}preview: {preview}\n".encode(), "promptsync.yaml")
    made = config.preview_of(config.target(of), "pr-1")
    assert (made.name, made.path_prefix, made.base_url, made.api_key_env) == expected
    assert not made.exclusive


def test_the_key_of_previews_may_stand_in_no_file() -> None:
    config = parse_config(b"preview: {api_key_env: ORQ_P}\n", "promptsync.yaml")
    assert config.api_keys({"ORQ_P": "a-key-of-some-length"}) == {"a-key-of-some-length"}


EDITOR = Draft7Validator(CONFIG_SCHEMA)

PREFIXES = st.text(st.sampled_from("ab/. \\\u2028\x1f\xa0é"), max_size=8)
URLS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["https://", "http://", "HTTPS://", ""]),
        st.sampled_from(["orq.ai", "my.orq.ai", "a.b.ORQ.ai", "xorq.ai", "localhost", "127.0.0.1", "[::1]", "evil.ai"]),
        st.sampled_from(["", ":1", ":65535", ":65536", ":99999", ":x", ":"]),
        st.sampled_from(["", "/", "/x", "@orq.ai"]),
    ),
)
KEY_NAMES = st.sampled_from(["ORQ_X", "ORQ_API_KEY_2", "ORQ_", "AWS_KEY", "ORQ_x"])
BRANCHES = st.lists(
    st.sampled_from(["a", "refs", "main", "Head", "x.lock", "x.", "a..b", "-a", ".a", "_b", "lock", "a b", "é", ""]),
    max_size=3,
).map("/".join) | st.integers(195, 205).map("b".__mul__)
ODD = st.sampled_from([None, True, False, 0, 1, -1, 1.5, "", "x", [], ["x"], [1], {}, {"x": 1}])


def fields(**own: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of its fields, some of whose values are odd, and now and then one field more."""
    optional = {name: values | ODD for name, values in own.items()} | {"another": ODD}
    return st.fixed_dictionaries({}, optional={name: optional[name] for name in own}) | st.fixed_dictionaries(
        {}, optional=optional
    )


TARGETS = fields(base_url=URLS, api_key_env=KEY_NAMES, path_prefix=PREFIXES, exclusive=st.booleans())
NAMES = st.sampled_from(["default", "sandbox", "staging", "a-b_1", "-a", "a b", "a" * 64, "a" * 65, ""])
CONFIGS = fields(
    targets=st.dictionaries(NAMES, TARGETS | ODD, max_size=2),
    policies=fields(overwrite=st.lists(st.sampled_from(["Default/**", "a"])), create_twins=st.booleans()),
    allow_fields=st.lists(st.sampled_from(["prompt.new_thing", "new_thing"])),
    lock=fields(branch=BRANCHES),
    preview=fields(path_prefix=PREFIXES, api_key_env=KEY_NAMES),
    content_files=st.sampled_from(["over 1 line", "over 40 lines", "over 0 lines", "over 999999 lines", "40"]),
    lint=fields(
        rules=st.dictionaries(st.sampled_from(["near-twin", "x"]), st.sampled_from(["off", "error", "fatal"]) | ODD),
        exceptions=st.dictionaries(st.just("Default/**"), st.lists(st.just("near-twin")) | ODD),
    ),
    max_file_bytes=st.integers(-1, 10),
)


@given(CONFIGS)
def test_a_configuration_is_taken_where_the_schema_for_editors_takes_it(data: dict[str, Any]) -> None:
    text = dump(data) if data else "{}\n"
    try:
        complaints = []
        parsed(text)
    except LoadError as error:
        complaints = [problem.message for problem in error.problems]

    assert EDITOR.is_valid(data) == (complaints == []), complaints


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (
            "allow_fields: [path]\n",
            {"allow_fields": ["path"]},
        ),  # whose field is whose
        ("preview: {target: x}\n", {"preview": {"target": "x"}}),  # what is listed
        (
            "targets: {a: {overrides: [{match: '**', set: {promt: {}}}]}}\n",
            {"targets": {"a": {"overrides": [{"match": "**", "set": {"promt": {}}}]}}},
        ),  # what a prompt file may say
        ("max_file_bytes: 2.0\n", {"max_file_bytes": 2.0}),  # to JSON Schema, 2.0 is a whole number
    ],
)
def test_what_the_schema_for_editors_cannot_say(text: str, data: Any) -> None:
    assert EDITOR.is_valid(data)
    assert problems(text)


def test_the_schema_for_editors_says_what_each_field_is_for() -> None:
    top = CONFIG_SCHEMA["properties"]
    targets = top["targets"]
    shapes = [top, top["policies"]["properties"], *(shape["properties"] for shape in targets["properties"].values())]
    shapes.append(top["preview"]["properties"])
    shapes.append(targets["additionalProperties"]["properties"])

    Draft7Validator.check_schema(CONFIG_SCHEMA)
    assert [name for shape in shapes for name, schema in shape.items() if not schema["description"]] == []
    known = {"base_url", "api_key_env", "path_prefix", "exclusive", "only", "except", "overrides"}
    assert set(shapes[-1]) == known


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("x: 1\n", CONFIG_SCHEMA),
        ("targets: {a: {x: 1}}\n", CONFIG_SCHEMA["properties"]["targets"]["additionalProperties"]),
        ("policies: {x: 1}\n", CONFIG_SCHEMA["properties"]["policies"]),
        ("preview: {x: 1}\n", CONFIG_SCHEMA["properties"]["preview"]),
    ],
)
def test_the_schema_for_editors_knows_every_key_that_is_known(text: str, schema: dict[str, Any]) -> None:
    (problem,) = problems(text)
    assert problem.message == f"unknown key `x`; known are {', '.join(sorted(schema['properties']))}"
