"""Three-way merges: prompts field by field, texts line by line, lockfiles prompt by prompt."""
