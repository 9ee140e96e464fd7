"""Prompt files and configuration on disk, and their YAML."""
