"""Benchmarks: `python -m benchmarks NAME`, ratios in one run on one service. How to read them: README.md."""
