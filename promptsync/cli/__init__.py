"""The command line: click, the terminal, and nothing else."""
