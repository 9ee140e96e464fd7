"""Three-way merges: what both sides made of a common base.

Prompts are merged field by field, their texts line by line, lockfiles prompt by prompt. Values come in; edits, merged
values, and conflicts that a person must decide go out. All is pure, and knows nothing of plans.
"""
