"""The orq.ai prompts API over HTTP.

Ids, bodies and cursors come in. Prompts, versions and pages come out as values, and whatever goes wrong on the way as
one of the errors of `model`. `api` is what can be asked; `client` asks it, and repeats what may be repeated;
`transport` sends one request over a connection of `network`, and these two alone know httpx; `reader` reads what the
service holds in few requests. Of files, plans and lockfiles this room knows nothing, and the key never leaves it.
"""
