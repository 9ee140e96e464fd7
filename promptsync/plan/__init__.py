"""What an apply would do: from files, lock entries and the service's prompts to a plan.

`differ.diff` takes these as values and gives a `Plan`: a change of one kind for each prompt that differs, which can be
shown, saved and read back (`saved`), judged as a whole (`safety`) and carried out. All is pure: what is read or
written, and when, is decided above. The kinds stand in `changes`.
"""
