"""Drive a service with the official Python SDK and print what it understood, as JSON.

    PYTHON exercise.py URL BLOCK

Runs in an environment of its own, which has `orq-ai-sdk` and nothing of promptsync. BLOCK is the dialect of that SDK:
`prompt` for 4, `prompt_config` for 3.
"""

import json
import sys

from orq_ai_sdk import Orq

BLOCKS = {
    "prompt": {
        "model": "openai/gpt-4o",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this, {{name}}?"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "content": "a cat", "tool_call_id": "call_1"},
        ],
        "temperature": 0.5,
        "max_tokens": 256,
        "stop": ["END"],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "animal", "schema": {"type": "object"}, "strict": True},
        },
    },
    # The documents' create payload.
    "prompt_config": {
        "model_parameters": {
            "responseFormat": None,
            "temperature": 0.5,
            "maxTokens": 256,
            "topP": 0.7,
            "frequencyPenalty": 0,
            "presencePenalty": 0,
        },
        "model": "openai/gpt-4o",
        "model_type": "vision",
        "provider": "openai",
        "messages": [{"role": "system", "content": "You are a helpful assistant"}],
    },
}


def plain(model):
    return model.model_dump(mode="json", by_alias=True)


def main(url, block):
    result = {}
    with Orq(api_key="any", server_url=url) as orq:
        prompts = orq.prompts
        created = prompts.create(
            request={
                "display_name": "MyPrompt",
                "path": "Default/Prompts",
                "description": "Prompt Description",
                "metadata": {"language": "English", "use_cases": ["Chatbots"]},
                block: BLOCKS[block],
            }
        )
        result["created"] = plain(created)
        prompts.create(request={"display_name": "Other", "path": "Default", block: BLOCKS[block]})
        result["retrieved"] = plain(prompts.retrieve(id=created.id))
        changed = {"messages": [{"role": "user", "content": "Hello!"}]}
        result["updated"] = plain(prompts.update(id=created.id, display_name="Renamed", **{block: changed}))
        result["listed"] = plain(prompts.list())
        result["next_page"] = plain(prompts.list(limit=1, starting_after=result["listed"]["data"][0]["_id"]))
        result["versions"] = plain(prompts.list_versions(prompt_id=created.id))
        oldest = result["versions"]["data"][-1]["_id"]
        result["version"] = plain(prompts.get_version(prompt_id=created.id, version_id=oldest))
        prompts.delete(id=created.id)
        try:
            prompts.retrieve(id=created.id)
        except Exception as error:  # each generation has its own class
            result["gone"] = {"status": error.status_code, "message": str(error)}
        result["left"] = [each["display_name"] for each in plain(prompts.list())["data"]]
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
