"""What `init` writes, as it is written but for a few words between `@`. The workflows are those of docs/examples."""
