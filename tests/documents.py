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

# The answer in “Using Prompts via the API”, as printed there.
CREATED: dict[str, Any] = json.loads("""
{
"display_name": "MyPrompt",
"description": "Prompt Description",
"prompt_config": {
"model": "openai/gpt-4o",
"model_type": "vision",
"model_parameters": {
"temperature": 1,
"maxTokens": 256,
"topP": 0.7,
"frequencyPenalty": 0,
"presencePenalty": 0,
"responseFormat": null
},
"provider": "openai",
"version": "xqvy5y4ssaeqkfsh",
"messages": [
{
"role": "system",
"content": "You are a helpful assistant"
}
]
},
"metadata": {
"language": "English"
},
"_id": "PROMPT_ID",
"type": "prompt",
"owner": "USER_ID",
"domain_id": "DOMAIN_ID",
"created": "2025-06-06T12:19:50.426Z",
"updated": "2025-06-06T12:19:50.426Z",
"created_by_id": null,
"updated_by_id": null
}
""")
RETRIEVED: dict[str, Any] = json.loads("""
{
"_id": "PROMPT_ID",
"display_name": "MyPrompt",
"prompt_config": {
"model": "gpt-4o",
"model_db_id": "<model_id>",
"model_type": "vision",
"model_parameters": {
"temperature": 1,
"maxTokens": 256,
"topP": 0.7,
"frequencyPenalty": 0,
"presencePenalty": 0,
"responseFormat": null
},
"provider": "openai",
"integration_id": null,
"version": "05wlf2wpw1z83cxz",
"messages": [
{
"role": "system",
"content": "You are a useful assistant"
}
]
},
"metadata": {
"use_cases": [
"API interaction",
"Chatbots",
"Code understanding"
],
"language": "English"
},
"type": "prompt",
"owner": "USER_ID",
"domain_id": "DOMAIN_ID",
"created": "2025-06-06T10:56:08.795Z",
"updated": "2025-06-06T10:57:07.067Z",
"created_by_id": null,
"updated_by_id": "USER_ID"
}
""")
