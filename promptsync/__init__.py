"""Prompts as code for orq.ai: a folder of YAML files is the truth, the service follows."""

__version__ = "0.1.0"
