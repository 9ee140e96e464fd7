"""A plan becomes writes, each of them once.

A plan and the lockfile that it rests on enter; outcomes and the lockfile to write leave. `applier` orders the writes,
`sender` sends one so that it is never carried out twice, `journal` holds intents and outcomes on disk at every
moment, `recovery` tells what became of those of a run that died, `archive` keeps what is deleted. It may know plans,
files and the service.
"""
