"""What may be wrong in a prompt that can be loaded: rules, each with a name, a level and a page in `docs/rules/`.

In come prompt files as they were loaded; out go `Finding`s, each with the place in the prompt's data and in its text.
A module a rule; `rules` lists them, `rule` says what one is, `said` finds the texts that a model reads. Which rules
count, and on which line of which file a finding stands, is decided above. The room is pure, and knows `model` alone.
"""
