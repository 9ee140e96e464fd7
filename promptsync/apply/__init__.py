"""Carries a plan out, each write once.

A plan and a client come in; outcomes and the lockfile as it then stands go out. `applier` runs the changes side by
side, `sender` makes one write happen once, `payload` says what is sent and judges the answer, `wording` tells the
verdict. The intent of each write is in the `journal`, on disk, before it is sent: `recovery` finds out from it what
became of a run that died.
"""
