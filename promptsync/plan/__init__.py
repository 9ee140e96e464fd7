"""What an apply would do, decided over values: file, lock entry, service. Pure.

Prompt files, a lockfile and what the service holds enter, a plan leaves: a value that can be shown, saved, compared
and carried out. `changes` are its kinds, `differ` decides by the table of three, `moves` and `unmanaged` find what
belongs together, `safety` judges the whole. It knows only the model.
"""
