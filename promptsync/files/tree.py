"""All prompt files of a target: found, read, and each a valid prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.cache import FileCache, cache_path
from promptsync.files.disk import include_reader, look_around
from promptsync.files.keys import FIND_A_HOME, HOMELESS
from promptsync.files.loader import load
from promptsync.model.errors import ConfigError, LoadError
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from promptsync.files.disk import Sources
    from promptsync.files.loader import Loaded
    from promptsync.files.target import Target
    from promptsync.model.prompt import PromptFile


def load_tree(target: Target) -> Loaded:
    """Every prompt file of the target. Raises LoadError with all complaints, ConfigError where there are no files."""
    config = target.config
    sources = _look_around(target)
    include = include_reader(target.root, max_bytes=config.max_file_bytes)
    cache = FileCache(cache_path(target.root, target.environ), include, config.allow_fields)
    loaded = load(
        sources,
        cache.include,
        allow_fields=config.allow_fields,
        problems=sources.problems,
        known=cache,
        api_keys=target.api_keys,
    )
    cache.save()
    homeless = [] if target.settings.path_prefix else [_homeless(f) for f in loaded.files.values() if not f.folder]
    if homeless:
        raise LoadError(homeless)
    return loaded


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
