"""The command line: words typed by a person or a runner enter, text on stdout and stderr and an exit code leave.

A command parses, calls one function of `commands`, and shows what that gives back. `main` finds it and imports no
other; `errors` says what went wrong. What is shown, `output` has made. Only this room knows click, the terminal and
signals. It may know all rooms, and none knows it.
"""
