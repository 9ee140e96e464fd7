"""The nouns and the rules that all rooms share: prompts, shapes, dialects, hashes, differences, lockfile, errors."""
