"""Prompt files and configuration on disk: what a tree says, and what is written into it.

A tree goes in as bytes and comes out as `PromptFile`s by key, or as every complaint with its place; a prompt of the
service goes in and comes out as the text of a file. The room knows the disk, git and YAML (in `files.yaml`, which is
pure), and of the rest of the house only the nouns and rules of `model`: nothing of service, plans or commands.
"""
