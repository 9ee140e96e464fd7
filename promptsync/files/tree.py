"""All prompt files of a target: found, read, and each with its defaults a valid prompt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.files.cache import FileCache, cache_path
from promptsync.files.disk import include_reader, look_around, read_bytes
from promptsync.files.keys import FIND_A_HOME, HOMELESS
from promptsync.files.layers import Layers, keys_in, read_defaults
from promptsync.files.loader import Loaded, Source, load, stated
from promptsync.files.safe import real
from promptsync.files.target import CONFIG_NAME
from promptsync.model.errors import ConfigError, LoadError
from promptsync.model.globs import matches
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from promptsync.files.disk import Sources
    from promptsync.files.layers import Stated
    from promptsync.files.target import Target
    from promptsync.model.prompt import PromptFile


@dataclass(frozen=True, slots=True)
class Tree(Loaded):
    """The prompt files that a target holds, and the layers that they stand in."""

    layers: Layers = field(repr=False, compare=False)


def load_tree(target: Target) -> Tree:
    """Every prompt file of the target. Raises LoadError with all complaints, ConfigError where there are no files."""
    config = target.config
    sources = _look_around(target)
    include = include_reader(target.root, max_bytes=config.max_file_bytes)
    cache = FileCache(cache_path(target.root, target.environ), include, config.allow_fields)
    layers, wrong = _layers(target, sources)
    loaded = load(
        (replace(source, layers=over) if (over := layers.of(source.key)) else source for source in sources),
        cache.include,
        allow_fields=config.allow_fields,
        problems=chain(wrong, sources.problems),
        known=cache,
        api_keys=target.api_keys,
    )
    cache.save()
    files = {key: file for key, file in loaded.files.items() if target.settings.holds(key)}
    if not files:
        raise _holds_none(target, len(loaded.files))
    homeless = [] if target.settings.path_prefix else [_homeless(file) for file in files.values() if not file.folder]
    if homeless:
        raise LoadError(homeless)
    warnings = (*loaded.warnings, *_idle(target, loaded.files))
    return Tree(files, warnings, layers)


def read_layers(target: Target) -> Layers:
    """The layers of a target's files, for one that is not there yet. Raises LoadError for what is wrong in them."""
    if not target.root.is_dir():
        return Layers({})
    sources = look_around(target.root, max_bytes=target.config.max_file_bytes, may_be_none=True)
    layers, wrong = _layers(target, sources)
    errors = [problem for problem in wrong if problem.severity == "error"]
    if errors:
        raise LoadError(errors)
    return layers


def resolve(target: Target, tree: Tree, key: str) -> list[Stated]:
    """All that the prompt `key` of a tree says, each value with the file and line where it stands."""
    file = tree.files[key]
    data = read_bytes(real(Path(file.file))) or b""
    include = include_reader(target.root, max_bytes=target.config.max_file_bytes)
    return stated(Source(key, file.file, data, tree.layers.of(key)), include)


def _layers(target: Target, sources: Sources) -> tuple[Layers, list[Problem]]:
    before = len(sources.problems)
    found, wrong = read_defaults(sources.defaults(), target.config.allow_fields, target.api_keys)
    overrides = target.settings.overrides
    wrong += [*sources.problems[before:], *keys_in(overrides, target.api_keys)]
    return Layers(found, overrides), wrong


def _holds_none(target: Target, number: int) -> ConfigError:
    """What a target holds may never seem to be nothing: that would mean that everything is to be deleted."""
    return ConfigError(
        f"the target “{target.name}” holds none of the {number} prompt files: `only` and `except` leave them all out",
        hint=f"change `targets.{target.name}` in {target.root / CONFIG_NAME}",
    )


def _idle(target: Target, keys: Collection[str]) -> Iterator[Problem]:
    """The globs of a target that match no prompt file."""
    settings, place = target.settings, f"{target.root / CONFIG_NAME}: targets.{target.name}"
    named = [("only", glob) for glob in settings.only] + [("except", glob) for glob in settings.excepted]
    named += [("overrides", one.match) for one in settings.overrides]
    for name, glob in named:
        if not any(matches(key, (glob,)) for key in keys):
            yield Problem(f"{place}.{name}", 0, 0, f"`{glob}` matches no prompt file", severity="warning")


def _look_around(target: Target) -> Sources:
    try:
        return look_around(target.root, max_bytes=target.config.max_file_bytes)
    except ConfigError as error:
        if target.root.is_dir() and (target.lock_branch is not None or target.lock_path.exists()):
            hint = "name the folder with --dir; to give up the last prompts, delete them in orq.ai"
            raise ConfigError(error.message, hint=f"{hint} and run `promptsync lock forget KEY`") from None
        raise


def _homeless(file: PromptFile) -> Problem:
    return Problem(
        file.file,
        0,
        0,
        HOMELESS,
        FIND_A_HOME,
    )
