"""YAML text as data, and edits of it that leave everything else as it is, to the byte."""
