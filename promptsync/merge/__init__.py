"""Three-way merges: prompts field by field, texts line by line, lists by what their elements say, lockfiles prompt by
prompt. Pure.

Two sides and their base enter; what both agree on leaves, with the conflicts that a person must decide. It knows only
the model.
"""
