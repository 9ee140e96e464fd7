"""Print the shapes in which the official Python SDK sends prompts and gets them, as JSON Schemas by their names.

    PYTHON shapes.py

Runs in an environment of its own, which has `orq-ai-sdk` and nothing of promptsync. The SDK renames its classes from
release to release, so they are found by what its functions take and give.
"""

import json
import warnings
from typing import get_args, get_type_hints

from orq_ai_sdk.prompts import Prompts
from pydantic import BaseModel


def shape(hint):
    """The JSON Schema of the model in a hint, beside which there is the same as a TypedDict; None if there is none."""
    choices = [hint, *get_args(hint), *(inner for choice in get_args(hint) for inner in get_args(choice))]
    models = [choice for choice in choices if isinstance(choice, type) and issubclass(choice, BaseModel)]
    return models[0].model_json_schema() if models else None


def main():
    # Of defaults that are no JSON.
    warnings.simplefilter("ignore")
    taken = get_type_hints(Prompts.update)
    # Said at each call, of no prompt.
    fields = {name: shape(hint) for name, hint in taken.items() if name not in ("retries", "return")}
    update = {"type": "object", "properties": {name: schema for name, schema in fields.items() if schema}}
    create = shape(get_type_hints(Prompts.create)["request"])
    answer = shape(get_type_hints(Prompts.retrieve)["return"])
    print(json.dumps({"create": create, "update": update, "answer": answer}))


if __name__ == "__main__":
    main()
