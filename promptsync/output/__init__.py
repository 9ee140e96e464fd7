"""Values as text and JSON, for people and programs: plans, outcomes, pulls, histories, the lockfile, and complaints.

What commands and the rooms below give back enters, with a `Layout`; text leaves, without a final newline. It is a pure
room: whether there is a terminal, how wide it is and where the text goes, only the command line knows. Whatever is shown
has its data URLs masked and is harmless to what shows it. Formats of a plan stand in `formats.FORMATS`.
"""
