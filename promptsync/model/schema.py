"""The shapes of the fields of a prompt file: the one place that knows them.

Sources: the service's OpenAPI document of August 2026 for `prompt` (its PATCH request, which is the create request and
a nullable `model`), and SDK 4.17 for what came since; for `prompt_config` the same document's response, the product
documents and SDK 3.8. Where the sources list different words for one field, the union is taken. A word outside a list
that is known to grow is a warning; a role or a part type that does not exist is an error, since nothing can be said
about what else it may hold.

`content_file` (ours) stands beside the shapes of the service wherever it may replace `content` or `text`.

The order of the fields is the order in which a file is written.
"""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    TypeAlias,
    Union,
    get_args,
    get_origin,
)

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetPydanticSchema,
    Tag,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, core_schema
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from promptsync.model import schema_errors
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS, MAX_DISPLAY_NAME, MAX_FILES, Dialect, Json
from promptsync.model.providers import PROVIDERS
from promptsync.model.schema_errors import ShapeProblem, Vocabulary, explain, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = [
    "ShapeProblem",
    "adapter",
    "check",
    "check_shared",
    "file_fields",
    "in_order",
    "known_fields",
    "list_fields",
    "nullable_fields",
    "own_keys",
    "why_reserved",
]


class _Context(dict[str, Any]):
    """What an error tells of a choice. Annotations are hashed, so this must be, too: each is itself alone."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def _words(*words: str, grows: bool) -> tuple[Any, Any]:
    context = _Context(words=list(words), grows=grows)

    def core(_source: Any, _handler: Any) -> core_schema.CoreSchema:
        literal = core_schema.literal_schema(list(words))
        return core_schema.custom_error_schema(
            literal, custom_error_type="word", custom_error_message="not one of the words", custom_error_context=context
        )

    suggested: Json = {"anyOf": [{"enum": list(words)}, {"type": "string"}]} if grows else {"enum": list(words)}
    return GetPydanticSchema(core), WithJsonSchema(suggested)


def _closed(*words: str) -> tuple[Any, Any]:
    """A word of a list that only a new release of the service's API could change."""
    return _words(*words, grows=False)


def _open(*words: str) -> tuple[Any, Any]:
    """A word of a list that is known to grow: another one is a warning."""
    return _words(*words, grows=True)


class _OrNewer:
    """Lets a JSON Schema take a mapping of a kind that is not known: what else it may hold, no one can say."""

    def __init__(self, field: str, words: tuple[str, ...]) -> None:
        self._newer: Json = {
            "description": "A kind that this release does not know.",
            "type": "object",
            "required": [field],
            "properties": {field: {"type": "string", "not": {"enum": list(words)}}},
        }

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Json:
        known: Json = handler(schema)
        return {"anyOf": [*known.get("oneOf", [known]), self._newer]}


def _tagged_open(field: str, *words: str) -> tuple[Discriminator, _OrNewer]:
    """As `_tagged`, of a list that is known to grow: another word is a warning, and its shape is not judged."""
    return _tagged(field, *words, grows=True), _OrNewer(field, words)


def _tagged(field: str, *words: str, grows: bool = False, key: Callable[[Json], str] | None = None) -> Discriminator:
    """Chooses the shape of a mapping by the word in `field`; `key` refines the choice."""

    def choose(value: Any) -> str | None:
        word = value.get(field) if isinstance(value, dict) else None
        if not isinstance(word, str) or word not in words:
            return None
        return f"\0{word}{key(value) if key else ''}"

    context = _Context(field=field, words=list(words), grows=grows)
    return Discriminator(
        choose, custom_error_type="tag", custom_error_message="no such shape", custom_error_context=context
    )


def _by_kind(expected: str) -> Discriminator:
    """Chooses between text, a list, a mapping and null."""

    def choose(value: Any) -> str | None:
        return "\0null" if value is None else _KINDS.get(type(value))

    context = _Context(expected=expected)
    return Discriminator(
        choose, custom_error_type="kind", custom_error_message="no such kind", custom_error_context=context
    )


BLANK: Final = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `str.strip` takes away, as characters in a class: Python and JavaScript read them alike."""

_KINDS: Final[dict[type, str]] = {str: "\0text", list: "\0list", dict: "\0mapping"}


def _whole(value: float) -> float:
    if not value.is_integer():
        raise PydanticCustomError("whole", "not a whole number")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "blank")
    return value


def _from_file(value: Json) -> str:
    return " from file" if "content_file" in value else ""


Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
# JSON Schema's view: 1.0 is an integer.
Integer: TypeAlias = Annotated[Number, AfterValidator(_whole), WithJsonSchema({"type": "integer"})]
OnText: TypeAlias = Annotated[str, Tag("\0text")]
OnNull: TypeAlias = Annotated[None, Tag("\0null")]
DisplayName: TypeAlias = Annotated[
    str,
    Field(max_length=MAX_DISPLAY_NAME, min_length=1),
    AfterValidator(_not_blank),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": MAX_DISPLAY_NAME,
            "pattern": f"[^{BLANK}]",
            "patternErrorMessage": "It is blank.",
        }
    ),
]
ModelName: TypeAlias = Annotated[
    str, Field(examples=["openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-3-5-sonnet-20241022"])
]
# The file that a text is in, relative to the prompt file's folder, or several, joined with an empty line between.
FileName: TypeAlias = Annotated[str, Field(min_length=1)]
ContentFile: TypeAlias = Annotated[
    Annotated[FileName, Tag("\0text")]
    | Annotated[list[FileName], Field(min_length=1, max_length=MAX_FILES), Tag("\0list")],
    _by_kind("the name of a text file, or a list of such names"),
]


def _integer(*, ge: int | None = None, le: int | None = None, gt: int | None = None) -> tuple[Any, ...]:
    bounds = {"minimum": ge, "maximum": le, "exclusiveMinimum": gt}
    schema = {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
    return Field(allow_inf_nan=False, ge=ge, le=le, gt=gt), AfterValidator(_whole), WithJsonSchema(schema)


class CacheControl(TypedDict):
    type: Annotated[str, *_closed("ephemeral")]
    ttl: NotRequired[Annotated[str, *_open("5m", "1h")]]


class FileData(TypedDict, total=False):
    file_data: str
    uri: str
    mimeType: str
    filename: str


class ReferredFile(FileData, total=False):
    # The file as its provider knows it.
    file_id: str


class PlainFormat(TypedDict):
    type: Literal["text", "json_object"]


class Metadata(TypedDict, total=False):
    language: Annotated[str, *_open("Chinese", "Dutch", "English", "French", "German", "Russian", "Spanish")] | None
    use_cases: list[
        Annotated[
            str,
            *_open(
                "Agents simulations", "Agents", "API interaction", "Autonomous Agents", "Chatbots", "Classification",
                "Code understanding", "Code writing", "Conversation", "Documents QA", "Evaluation", "Extraction",
                "Multi-modal", "Self-checking", "Sentiment analysis", "SQL", "Summarization", "Tagging",
                "Translation (document)", "Translation (sentences)",
            ),
        ]
    ]  # fmt: skip


class TextPart(TypedDict):
    type: Literal["text"]
    text: str
    cache_control: NotRequired[CacheControl]


class TextPartFromFile(TypedDict):
    type: Literal["text"]
    content_file: ContentFile
    cache_control: NotRequired[CacheControl]


class ImageUrl(TypedDict):
    url: str
    detail: NotRequired[Annotated[str, *_open("low", "high", "auto")]]


class ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ImageUrl
    cache_control: NotRequired[CacheControl]


class InputAudio(TypedDict):
    data: str
    format: Annotated[str, *_open("mp3", "wav")]


class AudioPart(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudio


class FilePart(TypedDict):
    type: Literal["file"]
    file: ReferredFile
    cache_control: NotRequired[CacheControl]


class RefusalPart(TypedDict):
    type: Literal["refusal"]
    refusal: NotRequired[str]


class ReasoningPart(TypedDict):
    type: Literal["reasoning"]
    reasoning: str
    signature: str


class RedactedReasoningPart(TypedDict):
    type: Literal["redacted_reasoning"]
    data: str


OnTextPart: TypeAlias = Annotated[TextPart, Tag("\0text")] | Annotated[TextPartFromFile, Tag("\0text from file")]
OnlyText: TypeAlias = Annotated[OnTextPart, _tagged("type", "text", key=_from_file)]
UserPart: TypeAlias = Annotated[
    OnTextPart
    | Annotated[ImagePart, Tag("\0image_url")]
    | Annotated[AudioPart, Tag("\0input_audio")]
    | Annotated[FilePart, Tag("\0file")],
    _tagged("type", "text", "image_url", "input_audio", "file", key=_from_file),
]
AssistantPart: TypeAlias = Annotated[
    OnTextPart
    | Annotated[RefusalPart, Tag("\0refusal")]
    | Annotated[ReasoningPart, Tag("\0reasoning")]
    | Annotated[RedactedReasoningPart, Tag("\0redacted_reasoning")],
    _tagged("type", "text", "refusal", "reasoning", "redacted_reasoning", key=_from_file),
]
SystemContent: TypeAlias = Annotated[
    OnText | Annotated[list[OnlyText], Field(min_length=1), Tag("\0list")], _by_kind("text or a list of parts")
]
ToolContent: TypeAlias = Annotated[
    OnText | Annotated[list[OnlyText], Tag("\0list")], _by_kind("text or a list of parts")
]
UserContent: TypeAlias = Annotated[
    OnText | Annotated[list[UserPart], Tag("\0list")], _by_kind("text or a list of parts")
]
AssistantContent: TypeAlias = Annotated[
    OnText | Annotated[list[AssistantPart], Tag("\0list")] | OnNull, _by_kind("text, a list of parts or null")
]


class FunctionCall(TypedDict, total=False):
    name: str
    arguments: str


class GoogleContent(TypedDict, total=False):
    thought_signature: str


class ExtraContent(TypedDict, total=False):
    google: GoogleContent


class ToolCall(TypedDict):
    id: str
    type: Annotated[str, *_closed("function")]
    function: FunctionCall
    thought_signature: NotRequired[str]
    extra_content: NotRequired[ExtraContent]


class AudioRef(TypedDict):
    id: str


class TextFromFile(TypedDict):
    content_file: ContentFile


class SystemFields(TypedDict):
    role: Literal["system"]
    name: NotRequired[str]


class SystemMessage(SystemFields):
    content: SystemContent


class SystemMessageFromFile(SystemFields, TextFromFile):
    pass


class UserFields(TypedDict):
    role: Literal["user"]
    name: NotRequired[str]


class UserMessage(UserFields):
    content: UserContent


class UserMessageFromFile(UserFields, TextFromFile):
    pass


class AssistantHead(TypedDict):
    role: Literal["assistant"]
    name: NotRequired[str]
    reasoning_content: NotRequired[str]


class AssistantText(TypedDict):
    content: NotRequired[AssistantContent]


class AssistantRest(TypedDict):
    refusal: NotRequired[str | None]
    audio: NotRequired[AudioRef | None]
    tool_calls: NotRequired[list[ToolCall]]


class AssistantMessage(AssistantHead, AssistantText, AssistantRest):
    pass


class AssistantMessageFromFile(AssistantHead, TextFromFile, AssistantRest):
    pass


class ToolHead(TypedDict):
    role: Literal["tool"]
    tool_call_id: str | None


class ToolText(TypedDict):
    content: ToolContent


class ToolRest(TypedDict):
    cache_control: NotRequired[CacheControl]


class ToolMessage(ToolHead, ToolText, ToolRest):
    pass


class ToolMessageFromFile(ToolHead, TextFromFile, ToolRest):
    pass


Message: TypeAlias = Annotated[
    Annotated[SystemMessage, Tag("\0system")]
    | Annotated[SystemMessageFromFile, Tag("\0system from file")]
    | Annotated[UserMessage, Tag("\0user")]
    | Annotated[UserMessageFromFile, Tag("\0user from file")]
    | Annotated[AssistantMessage, Tag("\0assistant")]
    | Annotated[AssistantMessageFromFile, Tag("\0assistant from file")]
    | Annotated[ToolMessage, Tag("\0tool")]
    | Annotated[ToolMessageFromFile, Tag("\0tool from file")],
    _tagged("role", "system", "user", "assistant", "tool", key=_from_file),
]


class Audio(TypedDict):
    voice: Annotated[str, *_open("alloy", "echo", "fable", "onyx", "nova", "shimmer")]
    format: Annotated[str, *_open("wav", "mp3", "flac", "opus", "pcm16")]


class JsonSchemaFormat(TypedDict):
    name: str
    description: NotRequired[str]
    strict: NotRequired[bool]
    schema: NotRequired[Any]


class JsonSchemaResponse(TypedDict):
    type: Literal["json_schema"]
    json_schema: JsonSchemaFormat


class ThinkingByName(TypedDict):
    type: Literal["disabled", "adaptive"]


class ThinkingEnabled(TypedDict):
    type: Literal["enabled"]
    budget_tokens: Number
    thinking_level: NotRequired[Annotated[str, *_open("minimal", "low", "medium", "high")]]


class StreamOptions(TypedDict, total=False):
    include_usage: bool


class FunctionName(TypedDict):
    name: str


class ToolChoice(TypedDict):
    type: NotRequired[Annotated[str, *_closed("function")]]
    function: FunctionName


class Guardrail(TypedDict):
    # The service takes any id; these are its own.
    id: Annotated[
        str,
        Field(
            examples=["orq_pii_detection", "orq_secret_detection", "orq_sexual_moderation", "orq_harmful_moderation"]
        ),
    ]
    execute_on: Annotated[str, *_closed("input", "output")]


# Which of them a service knows is its own to say (GET /v2/pii/capabilities).
_PII: Final = (
    "AGE", "API_KEY", "BANK_ROUTING", "BIC", "BIOMETRIC_ID", "BLOOD_TYPE", "BSN", "CREDIT_CARD", "CRYPTO", "DATE_TIME",
    "DEVICE_ID", "EDUCATION_LEVEL", "EMAIL_ADDRESS", "EMPLOYMENT_STATUS", "GENDER", "HEALTH_PLAN_ID", "HTTP_COOKIE",
    "IBAN_CODE", "ID", "ID_CARD", "IMEI", "IP_ADDRESS", "JOBTITLE", "JWT", "KVK_NUMBER", "LANGUAGE", "LICENSE_NUMBER",
    "LICENSE_PLATE", "LOCATION", "MAC_ADDRESS", "MEDICAL_LICENSE", "MEDICAL_RECORD", "NRP", "ORGANIZATION", "PASSPORT",
    "PASSWORD", "PERSON", "PHONE_NUMBER", "PIN", "POLITICAL_VIEW", "RACE_ETHNICITY", "RELIGIOUS_BELIEF", "SEXUALITY",
    "TAX_ID", "TITLE", "UK_NHS", "URL", "US_BANK_NUMBER", "US_DRIVER_LICENSE", "US_ITIN", "US_PASSPORT", "US_SSN",
    "UUID", "VEHICLE_ID",
)  # fmt: skip
Confidence: TypeAlias = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]


class PiiRedaction(TypedDict, total=False):
    id: Required[Literal["pii_redaction"]]
    on_failure: Annotated[str, *_closed("block", "passthrough")]
    language: Annotated[str, *_open("auto", "en", "nl")]
    regions: list[str]
    entities: list[Annotated[str, *_open(*_PII)]]
    entity_thresholds: dict[str, Confidence]
    threshold: Confidence


class ResponseHealing(TypedDict):
    id: Literal["response_healing"]


class TraceScrubbing(TypedDict):
    id: Literal["trace_scrubbing"]
    mask: Annotated[
        list[Annotated[str, *_open("all", "system", "input", "output", "metadata", "variables")]], Field(min_length=1)
    ]


class Fallback(TypedDict):
    model: ModelName


class Retry(TypedDict, total=False):
    count: Annotated[float, Field(allow_inf_nan=False, ge=1, le=5)]
    on_codes: Annotated[list[Annotated[float, Field(allow_inf_nan=False, ge=100, le=599)]], Field(min_length=1)]


class Cache(TypedDict):
    type: Annotated[str, *_open("exact_match")]
    ttl: NotRequired[Annotated[float, Field(allow_inf_nan=False, ge=1, le=259200)]]


class WeightedModel(TypedDict):
    model: ModelName
    weight: NotRequired[Annotated[float, Field(allow_inf_nan=False, ge=0.001, le=1)]]


class WeightedBalancer(TypedDict):
    type: Literal["weight_based"]
    models: list[WeightedModel]


class Timeout(TypedDict):
    call_timeout: Annotated[float, Field(allow_inf_nan=False, ge=1)]


class CurrentBlock(TypedDict, total=False):
    name: str
    model: ModelName | None
    temperature: Annotated[float, Field(allow_inf_nan=False, ge=0, le=2)] | None
    max_tokens: Integer | None
    max_completion_tokens: Annotated[float, *_integer(gt=0)] | None
    top_p: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)] | None
    top_k: Number | None
    frequency_penalty: Number | None
    presence_penalty: Number | None
    seed: Number | None
    stop: Annotated[
        OnText | Annotated[list[str], Field(max_length=4), Tag("\0list")] | OnNull,
        _by_kind("text, a list of at most 4 texts or null"),
    ]
    n: Annotated[float, *_integer(ge=1)] | None
    logprobs: bool | None
    top_logprobs: Annotated[float, *_integer(ge=0, le=20)] | None
    reasoning_effort: Annotated[str, *_open("none", "instant", "minimal", "low", "medium", "high", "xhigh", "max")]
    verbosity: Annotated[str, *_open("low", "medium", "high")]
    thinking: Annotated[
        Annotated[ThinkingByName, Tag("\0disabled")]
        | Annotated[ThinkingEnabled, Tag("\0enabled")]
        | Annotated[ThinkingByName, Tag("\0adaptive")],
        *_tagged_open("type", "disabled", "enabled", "adaptive"),
    ]
    tool_choice: Annotated[
        Annotated[str, *_closed("none", "auto", "required"), Tag("\0text")] | Annotated[ToolChoice, Tag("\0mapping")],
        _by_kind("none, auto, required or a mapping with function"),
    ]
    parallel_tool_calls: bool
    modalities: list[Annotated[str, *_open("text", "audio")]] | None
    audio: Audio | None
    stream_options: StreamOptions | None
    response_format: Annotated[
        Annotated[PlainFormat, Tag("\0text")]
        | Annotated[PlainFormat, Tag("\0json_object")]
        | Annotated[JsonSchemaResponse, Tag("\0json_schema")],
        *_tagged_open("type", "text", "json_object", "json_schema"),
    ]
    guardrails: list[Guardrail]
    plugins: list[
        Annotated[
            Annotated[PiiRedaction, Tag("\0pii_redaction")]
            | Annotated[ResponseHealing, Tag("\0response_healing")]
            | Annotated[TraceScrubbing, Tag("\0trace_scrubbing")],
            *_tagged_open("id", "pii_redaction", "response_healing", "trace_scrubbing"),
        ]
    ]
    fallbacks: list[Fallback]
    fallback_on_codes: Annotated[list[Annotated[float, *_integer(ge=400, le=599)]], Field(max_length=20)]
    retry: Retry
    cache: Cache
    load_balancer: Annotated[Annotated[WeightedBalancer, Tag("\0weight_based")], *_tagged_open("type", "weight_based")]
    timeout: Timeout
    cache_control: CacheControl
    prompt_cache_key: str
    messages: Required[list[Message]]


class ClassicTextPart(TypedDict):
    type: Literal["text"]
    text: str


class ClassicTextPartFromFile(TypedDict):
    type: Literal["text"]
    content_file: ContentFile


class ClassicImageUrl(TypedDict):
    url: str
    id: NotRequired[str]
    detail: NotRequired[str]


class ClassicImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: ClassicImageUrl


class ClassicFilePart(TypedDict):
    type: Literal["file"]
    file: FileData


ClassicPart: TypeAlias = Annotated[
    Annotated[ClassicTextPart, Tag("\0text")]
    | Annotated[ClassicTextPartFromFile, Tag("\0text from file")]
    | Annotated[ClassicImagePart, Tag("\0image_url")]
    | Annotated[ClassicFilePart, Tag("\0file")],
    _tagged("type", "text", "image_url", "file", key=_from_file),
]
ClassicContent: TypeAlias = Annotated[
    OnText | Annotated[list[ClassicPart], Tag("\0list")] | OnNull, _by_kind("text, a list of parts or null")
]


class ClassicFunctionCall(TypedDict):
    name: str
    arguments: str


class ClassicToolCall(TypedDict):
    type: Annotated[str, *_closed("function")]
    function: ClassicFunctionCall
    id: NotRequired[str]
    index: NotRequired[Number]


_CLASSIC_ROLES: Final = (
    "system", "developer", "assistant", "user", "exception", "tool", "prompt", "correction", "expected_output",
)  # fmt: skip


class ClassicHead(TypedDict):
    role: Annotated[str, *_closed(*_CLASSIC_ROLES)]
    tool_call_id: NotRequired[str | None]


class ClassicText(TypedDict):
    content: ClassicContent


class ClassicRest(TypedDict):
    tool_calls: NotRequired[list[ClassicToolCall]]


class ClassicMessage(ClassicHead, ClassicText, ClassicRest):
    pass


class ClassicMessageFromFile(ClassicHead, TextFromFile, ClassicRest):
    pass


def _whether_from_file(value: Any) -> str:
    return "\0from file" if isinstance(value, dict) and "content_file" in value else "\0with content"


class ClassicJsonSchema(TypedDict):
    name: str
    description: NotRequired[str | None]
    strict: NotRequired[bool]
    schema: dict[str, Any]


class ClassicJsonSchemaResponse(TypedDict):
    type: Literal["json_schema"]
    json_schema: ClassicJsonSchema
    display_name: NotRequired[str]


ClassicResponseFormat: TypeAlias = Annotated[
    Annotated[
        str,
        *_open(
            "mp3", "opus", "aac", "flac", "wav", "pcm", "url", "base64_json", "json", "text", "srt", "verbose_json",
            "vtt",
        ),
        Tag("\0text"),
    ]
    | Annotated[
        Annotated[ClassicJsonSchemaResponse, Tag("\0json_schema")]
        | Annotated[PlainFormat, Tag("\0json_object")]
        | Annotated[PlainFormat, Tag("\0text")],
        *_tagged_open("type", "json_schema", "json_object", "text"),
        Tag("\0mapping"),
    ]
    | OnNull,
    _by_kind("a mapping with type, a word or null"),
]  # fmt: skip


class ModelParameters(TypedDict, total=False):
    temperature: Number
    maxTokens: Number
    topP: Number
    topK: Number
    frequencyPenalty: Number
    presencePenalty: Number
    seed: Number
    reasoningEffort: Annotated[
        str, *_open("none", "disable", "instant", "minimal", "low", "medium", "high", "xhigh", "max")
    ]
    budgetTokens: Number
    thinkingLevel: Annotated[str, *_open("minimal", "low", "medium", "high")]
    verbosity: Annotated[str, *_open("low", "medium", "high")]
    responseFormat: ClassicResponseFormat
    numImages: Number
    format: Annotated[str, *_open("url", "b64_json", "text", "json_object")]
    dimensions: str
    quality: str
    style: str
    photoRealVersion: Annotated[str, *_open("v1", "v2")]
    encoding_format: Annotated[str, *_open("float", "base64")]
    cacheControl: CacheControl | None


class ClassicBlock(TypedDict, total=False):
    provider: (
        Annotated[
            str,
            *_open(*PROVIDERS),
        ]
        | None
    )  # fmt: skip
    model: ModelName | None
    model_type: (
        Annotated[
            str,
            *_open(
                "chat", "completion", "embedding", "vision", "image", "tts", "stt", "rerank", "ocr", "moderation",
                "moderations", "classify",
            ),
        ]
        | None
    )  # fmt: skip
    integration_id: str | None
    model_parameters: ModelParameters
    stream: bool
    model_db_id: str | None
    messages: Required[
        list[
            Annotated[
                Annotated[ClassicMessage, Tag("\0with content")]
                | Annotated[ClassicMessageFromFile, Tag("\0from file")],
                Discriminator(_whether_from_file),
            ]
        ]
    ]


_PROTECTED = "true keeps the prompt from being deleted, even by `apply --prune`. The service does not see it."
_VARIABLES = (
    "The names of the variables that an application fills in; rules compare them with the texts. "
    "The service does not see it."
)


class File(TypedDict, total=False):
    """A prompt as code for orq.ai: exactly one of `prompt` and `prompt_config`."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, regex_engine="rust-regex")  # type: ignore[misc]

    display_name: DisplayName
    description: str | None
    metadata: Metadata
    protected: Annotated[bool, Field(description=_PROTECTED)]
    variables: Annotated[list[Annotated[str, AfterValidator(_not_blank)]], Field(description=_VARIABLES)]
    prompt: CurrentBlock
    prompt_config: ClassicBlock


def check(document: Any, *, allow_fields: Collection[str] = ()) -> list[ShapeProblem]:
    """What is wrong with the data of a prompt file. Never raises for JSON data.

    `allow_fields` holds dotted paths without indexes, such as `prompt.new_thing`: an unknown key there is no problem.
    """
    problems = _blocks(document) if isinstance(document, dict) else []
    try:
        adapter().validate_python(document)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems += explain(details, document, _vocabulary(), frozenset(allow_fields))
    return problems


def check_shared(document: Any, *, allow_fields: Collection[str] = ()) -> list[ShapeProblem]:
    """What is wrong with what many prompts share, defaults or an override: as `check`, but all of it may be left out.

    A null takes a value away, whatever the shape. Messages and names are each prompt's own.
    """
    if not isinstance(document, dict):
        return [ShapeProblem((), f"this is {kind_of(document)}, expected a mapping as in a prompt file")]
    shared = _without_nulls(document)
    problems = [_not_shared(("display_name",))] if shared.pop("display_name", None) is not None else []
    for name in DIALECTS:
        if isinstance(shared.get(name), dict):
            problems += [_not_shared((name, "messages"))] if "messages" in shared[name] else []
            shared[name]["messages"] = []
    try:
        adapter().validate_python(shared)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _is_left_out(detail)]
        problems += explain(details, shared, _vocabulary(), frozenset(allow_fields))
    return problems


def _not_shared(loc: tuple[str, ...]) -> ShapeProblem:
    what = "each prompt has a name of its own" if loc == ("display_name",) else "each prompt has messages of its own"
    return ShapeProblem(loc, f"`{loc[-1]}` cannot be shared: {what}", "put it into the prompt files", at_key=True)


def _is_left_out(detail: Any) -> bool:
    """Whether an error only says that a part is missing, which another layer may give."""
    if detail["type"] == "tag":
        return isinstance(detail["input"], dict) and detail["ctx"]["field"] not in detail["input"]
    return bool(detail["type"] == "missing")


def _without_nulls(value: Json) -> Json:
    return {
        name: _without_nulls(item) if isinstance(item, dict) else item
        for name, item in value.items()
        if item is not None
    }


@cache
def adapter() -> TypeAdapter[Any]:
    """What holds data against the shape of a file, and tells its JSON Schema."""
    return TypeAdapter(File)


def _blocks(document: Json) -> list[ShapeProblem]:
    present = [name for name in DIALECTS if name in document]
    if len(present) == 1:
        return []
    if not present:
        message = "the file has neither `prompt` nor `prompt_config`, expected one of them"
        return [ShapeProblem((), message, "put model, messages and parameters under `prompt:`")]
    message = "the file has both `prompt` and `prompt_config`, expected one of them"
    return [ShapeProblem((CLASSIC,), message, "keep the one in the dialect that you write", at_key=True)]


def file_fields() -> frozenset[str]:
    """The top-level keys of a prompt file: what it asks of the service, and what is ours."""
    return frozenset(_hints(File))


def own_keys() -> frozenset[str]:
    """Those of them that are ours, each a field of PromptFile: none is sent to the service."""
    return file_fields() - {"display_name", "description", "metadata", CURRENT, CLASSIC}


def why_reserved(field: str) -> str | None:
    """Why `allow_fields` must not name that dotted path; None where it may."""
    return schema_errors.why_reserved(field, file_fields())


def in_order(document: Json) -> Json:
    """The data of a prompt file with its keys in the order of the shapes; unknown ones follow, before the messages.

    What is the user's own data, such as a JSON schema, stays as it is, and so does what fits no shape.
    """
    arranged: Json = _in_order(File, document)
    return arranged


def nullable_fields(dialect: Dialect) -> frozenset[str]:
    """The fields that may be null, so that null clears them: of `prompt`, or of `prompt_config` with dotted names."""
    return frozenset(name for name, hint in _fields(dialect) if _allows_null(hint))


def list_fields(dialect: Dialect) -> frozenset[str]:
    """The fields that hold a list and nothing else (but null), so that [] clears them."""
    return frozenset(name for name, hint in _fields(dialect) if _is_list(hint))


def known_fields(dialect: Dialect) -> frozenset[str]:
    """All fields of the block; for classic also those of `model_parameters`, with dotted names."""
    return frozenset(name for name, _ in _fields(dialect))


@cache
def _vocabulary() -> Vocabulary:
    fields: dict[tuple[str, ...], frozenset[str]] = {}
    _collect(File, (), fields)
    return Vocabulary(fields)


@cache
def _fields(dialect: Dialect) -> tuple[tuple[str, Any], ...]:
    shape = CurrentBlock if dialect == CURRENT else ClassicBlock
    fields = list(_hints(shape).items())
    if dialect == CLASSIC:
        nested = _hints(ModelParameters).items()
        fields += [(f"model_parameters.{name}", hint) for name, hint in nested]
    return tuple(fields)


@cache
def _hints(shape: Any) -> dict[str, Any]:
    """The fields of a shape and their types, in order."""
    return get_type_hints(shape, include_extras=True)


def _in_order(hint: Any, value: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _in_order(_chosen(hint, value), value)
    if origin in (Required, NotRequired):
        return _in_order(inner[0], value)
    if origin in (Union, UnionType):
        others = [branch for branch in inner if branch is not NoneType]
        return _in_order(others[0], value) if len(others) == 1 else value
    if origin is list and isinstance(value, list):
        return [_in_order(inner[0], item) for item in value]
    if is_typeddict(hint) and isinstance(value, dict):
        known = {name: _in_order(field, value[name]) for name, field in _hints(hint).items() if name in value}
        unknown = {name: item for name, item in value.items() if name not in known}
        last = {name: known.pop(name) for name in ("messages",) if name in known}
        return known | unknown | last
    return value


def _chosen(hint: Any, value: Any) -> Any:
    """An annotated type without its annotations; of several that are told apart by a tag, that of `value`, or None."""
    inner, *notes = get_args(hint)
    choose = next((note.discriminator for note in notes if isinstance(note, Discriminator)), None)
    if not callable(choose) or get_origin(inner) is not Union:
        return inner
    tag = choose(value)
    return next((branch for branch in get_args(inner) if Tag(str(tag)) in get_args(branch)), None)


def _branches(hint: Any) -> Iterable[Any]:
    """The alternatives of a type, without the wrapping."""
    origin = get_origin(hint)
    if origin in (Annotated, Required, NotRequired):
        yield from _branches(get_args(hint)[0])
    elif origin in (Union, UnionType):
        for branch in get_args(hint):
            yield from _branches(branch)
    else:
        yield hint


def _allows_null(hint: Any) -> bool:
    return any(branch in (None, NoneType) for branch in _branches(hint))


def _is_list(hint: Any) -> bool:
    return all(get_origin(branch) is list for branch in _branches(hint) if branch not in (None, NoneType))


def _collect(hint: Any, loc: tuple[str, ...], fields: dict[tuple[str, ...], frozenset[str]]) -> None:
    """The keys known at each place; places are named as in pydantic's errors, without indexes."""
    origin = get_origin(hint)
    if origin is Annotated:
        tags = tuple(item.tag for item in get_args(hint)[1:] if isinstance(item, Tag))
        _collect(get_args(hint)[0], loc + tags, fields)
    elif origin in (Required, NotRequired, Union, UnionType, list):
        for inner in get_args(hint):
            _collect(inner, loc, fields)
    elif is_typeddict(hint):
        known = _hints(hint)
        fields[loc] = frozenset(known)
        for name, inner in known.items():
            _collect(inner, (*loc, name), fields)
