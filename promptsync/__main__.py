"""`python -m promptsync` is the console script."""

from promptsync.cli import main

if __name__ == "__main__":
    main()
