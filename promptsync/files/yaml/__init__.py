"""YAML text: read as data with nothing guessed, written in one way, and edited so that all else stays as it is.

In comes the text of a file, already read from the disk, or data to be written. Out go data, with the place of each
value and a `Complaint` for each mistake, or a text; an edited text is read back before it is given away. The room knows
YAML, `content_file`, which names a text beside a prompt file, and among which fields of such a file a new one belongs;
what else a prompt is, it does not know. It is pure: no disk, no clock, no network. Of the other rooms it knows `model`.

`reader` and `careful` read, `writer` writes, `editor` edits: `edits` says what to change, `tree`, `place`, `styles` and
`spelling` find where and how, `splicer` does it.
"""
