"""The nouns and the rules that all rooms share. Pure, and below everything.

A prompt, a prompt file and what the service holds (`prompt`), the shapes of their fields (`schema`), the two
dialects, one form for all ways of saying the same and its hash (`canonical`), field-by-field differences (`compare`),
the lockfile, globs, and the errors with their exit codes. It knows no other room, and touches no disk, clock, network
or terminal.
"""
