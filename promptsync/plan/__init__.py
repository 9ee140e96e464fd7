"""What an apply would do, decided over values: file, lock entry, service."""
