from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from promptsync.cli import main as cli
from promptsync.files.config_schema import CONFIG_URL
from promptsync.model.json_schema import DEFAULTS_URL, PROMPT_URL

FOLDER = Path(__file__).parents[2] / "docs" / "schema"


@pytest.mark.parametrize(
    ("arguments", "url"),
    [([], PROMPT_URL), (["prompt"], PROMPT_URL), (["defaults"], DEFAULTS_URL), (["config"], CONFIG_URL)],
)
def test_what_it_prints_lies_where_its_address_says(
    arguments: list[str], url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`promptsync schema prompt > docs/schema/prompt.json` writes it anew, and likewise for `config`."""
    shipped = (FOLDER / url.rpartition("/")[2]).read_text(encoding="utf-8")

    assert cli.run(["schema", *arguments, "--dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == shipped
    assert json.loads(shipped)["$id"] == url


def test_it_lets_through_what_the_configuration_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "promptsync.yaml").write_text("allow_fields: [prompt.new_thing]\n", encoding="utf-8")

    assert cli.run(["schema", "--dir", str(tmp_path)]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert Draft7Validator(schema).is_valid({"prompt": {"messages": [], "new_thing": 1}})
    assert not Draft7Validator(schema).is_valid({"prompt": {"messages": [], "other_thing": 1}})


def test_there_is_no_schema_of_anything_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["schema", "lock"]) == 64
    assert "'lock' is not one of 'prompt', 'defaults', 'config'" in capsys.readouterr().err
