"""Values as text, for people, programs and CI. Pure: a plan or a result enters, a string leaves.

`formats` is the table of what a plan can be told as; data in it is masked before any of them. What prompts, names and
the service say is hostile to whatever shows it, so each renderer escapes it. It may know the results of commands and
the rooms below them, and touches no disk, clock, network or terminal.
"""
