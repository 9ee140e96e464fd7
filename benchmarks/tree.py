"""Folders of prompt files as people write them: some thirty lines each, no two alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

TEAMS = ("Support", "Sales", "Search", "Finance", "Legal")
TASKS = ("refund", "greeting", "summary", "triage", "translation", "extraction", "follow-up", "review")
PER_FOLDER = 100

SYSTEM = """\
You are the {task} assistant of the {team} team, number {number}.

Work through what the customer wrote before you answer:
- Say in one sentence what they want, and what has been tried so far.
- Look up order {{{{order_id}}}} and name the date of purchase and the price that was paid.
- If the purchase is older than {days} days, offer a voucher and explain why.
- Never promise what the policy below does not allow, and never invent an order number.
- Answer in {{{{language}}}}, in at most {words} words, without bullet points.

<policy>
{{{{policy}}}}
</policy>

If something is missing, ask for exactly one thing, and stop."""
USER = "From {{customer}}, on {{date}}:\n\n{{message}}"


def body(number: int, temperature: float = 0.3, size: int = 0) -> dict[str, Any]:
    """What a create of prompt `number` sends; its system message has at least `size` characters."""
    team, task = TEAMS[number // PER_FOLDER % len(TEAMS)], TASKS[number % len(TASKS)]
    return {
        "display_name": f"{team} {task} {number}",
        "path": f"Default/{team}/part-{number // PER_FOLDER:03}",
        "description": f"What the {team} team answers to a {task}, variant {number}.",
        "metadata": {"language": "English", "use_cases": ["Agents", "Chatbots"]},
        "prompt": {
            "model": ("openai/gpt-4o", "anthropic/claude-sonnet-4", "google/gemini-2.0-flash")[number % 3],
            "temperature": temperature,
            "max_tokens": 400 + number % 5 * 100,
            "top_p": 0.95,
            "messages": [
                {
                    "role": "system",
                    "content": _at_least(
                        size,
                        SYSTEM.format(
                            task=task, team=team, number=number, days=14 + number % 30, words=80 + number % 70
                        ),
                    ),
                },
                {"role": "user", "content": USER},
            ],
        },
    }


def _at_least(size: int, text: str) -> str:
    """The text, followed by as many further lines as it takes."""
    lines = [text]
    length = len(text)
    while length < size:
        lines.append(f"Rule {len(lines)} of the policy is for what the {len(lines) * 7} lines before it have not told.")
        length += len(lines[-1]) + 1
    return "\n".join(lines)


def key(number: int) -> str:
    """The key of prompt `number`."""
    return f"{body(number)['path']}/{TASKS[number % len(TASKS)]}-{number:05}"


def text(number: int, temperature: float = 0.3, size: int = 0) -> str:
    """The file of prompt `number`."""
    wanted = body(number, temperature, size)
    block = wanted["prompt"]
    system, user = (message["content"].replace("\n", "\n        ") for message in block["messages"])
    lines = f"""\
display_name: {wanted["display_name"]}
description: {wanted["description"]}
metadata:
  language: English
  use_cases: [Agents, Chatbots]
prompt:
  model: {block["model"]}
  temperature: {block["temperature"]}
  max_tokens: {block["max_tokens"]}
  top_p: {block["top_p"]}
  messages:
    - role: system
      content: |-
        {system}
    - role: user
      content: |-
        {user}
"""
    return "\n".join(line.rstrip() for line in lines.split("\n"))


def write(root: Path, count: int, temperature: float = 0.3, size: int = 0) -> None:
    """The files of prompts 0 to `count` under `root`."""
    for number in range(count):
        path = root / f"{key(number)}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(number, temperature, size), encoding="utf-8")
