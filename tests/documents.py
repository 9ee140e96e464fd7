"""What the product documents print, word for word. The contract tests keep a copy: they stand alone."""

from __future__ import annotations

import json
from typing import Any

# The body of the request in "Using Prompts via the API".
CURL = """
{
"prompt_config": {
"model_parameters": {
"responseFormat": null,
"temperature": 1,
"maxTokens": 256,
"topP": 0.7,
"frequencyPenalty": 0,
"presencePenalty": 0
},
"model": "openai/gpt-4o",
"model_type": "vision",
"provider": "openai",
"messages": [
{
"role": "system",
"content": "You are a helpful assistant"
}
]
},
"display_name": "MyPrompt",
"path": "Default/Prompts",
"metadata": {
"language": "English"
},
"description": "Prompt Description"
}
"""
SENT: dict[str, Any] = json.loads(CURL)

# The request of the Python call there, which names one field twice.
SDK = """
{
"display_name": "MyPrompt",
"prompt_config": {
"model_parameters": {
"responseFormat": null,
"temperature": 1,
"maxTokens": 256,
"topP": 0.7,
"frequencyPenalty": 0,
"presencePenalty": 0
},
"model": "openai/gpt-4o",
"model_type": "vision",
"provider": "openai",
"messages": [{
"role": "system",
"content": "You are a helpful assistant"
}]
},
"display_name": "MyPrompt",
"path": "Default/Prompts",
"metadata": {
"language": "English"
},
"description": "Prompt Description"
}
"""
