"""The nouns and the rules that all rooms share, and nothing that acts: prompts, schema, dialects, lockfile, errors.

`canonical` brings a prompt into the one form that is hashed and compared; `compare` tells field by field what differs,
with `values` and `pairing` for plain JSON and lists, and `writing` what is none. All is pure and knows no other room.
Values come in and go out; only `lockfile` and `schema` read what others wrote, and refuse what does not fit.
"""
