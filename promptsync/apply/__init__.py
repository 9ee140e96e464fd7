"""Carries a plan out: intents and outcomes on disk, each write once."""
