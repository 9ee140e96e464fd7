"""One file a verb, usable without a terminal: reads both sides, lets the pure rooms decide, carries out.

A target enters (where the files are, and which service), a value of `results` leaves. `state` reads and writes what
runs have recorded, `connect` reaches the service, `gather` and `decide` are what plan, apply and pull share. It may
know all rooms below, and starts the sandbox; it knows nothing of options, colours or formats.
"""
