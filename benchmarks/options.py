"""What the command line may change of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`latency` is seconds a request, `runs` how many runs a median is of, `scale` divides the numbers of prompts."""

    latency: float = 0.05
    runs: int = 5
    scale: int = 1

    def scaled(self, count: int) -> int:
        return max(20, count // self.scale)
