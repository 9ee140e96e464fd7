"""What is run by hand when the world around this project changes."""
