"""The orq.ai prompts API: requests, answers, rate limits, lists."""
