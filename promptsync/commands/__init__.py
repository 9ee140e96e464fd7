"""What each command does, without a terminal: read both sides, decide, carry out."""
