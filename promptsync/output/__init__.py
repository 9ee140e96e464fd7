"""Values as text and JSON, for people and programs: plans, outcomes, pulls, histories, the lockfile, and complaints.

What commands and the rooms below give back enters, with a layout; text leaves, without a final newline. The room is
pure: whether there is a terminal, how wide it is and where the text goes, only the command line knows. In whatever
leaves, data URLs are told by type, size and hash, and nothing acts on what shows it. `formats.FORMATS` holds the
formats of a plan.
"""
