"""What the GitHub action does: a verb of `promptsync github` a file, carried out with GitHub's own means.

Enters: what started the run (`event`), and what the commands found. Leaves: comments, issues, commits, the files that a
runner reads. May know: all rooms below, the commands and what renders plans. Only `api` speaks to GitHub, over `http`.
"""
