"""A plan, its outcomes and every complaint, for people and for programs. Pure: text in, text out."""
