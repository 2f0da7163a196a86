"""Whether an answer is what openapi.json says: the part of JSON Schema that the description uses."""

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
# RFC 3339: an offset of hours and minutes, never of seconds.
_FORMATS = {
    "date-time": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
}
_KNOWN = frozenset(
    "type anyOf $ref enum const properties required items format additionalProperties default title description "
    "minimum maximum minLength maxLength pattern maxItems minItems examples".split()
)


def complaints(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Say where a value is not what its schema says."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert not (unknown := set(schema) - _KNOWN), unknown
    if "anyOf" in schema:
        if all(any(complaints(value, one, document)) for one in schema["anyOf"]):
            yield f"{where}: {value!r} is none of what it may be"
        return
    kind = schema.get("type")
    if kind and (type(value) not in _TYPES[kind]):
        yield f"{where}: {value!r} is no {kind}"
        return
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{where}: {value!r} is not among its values"
    if isinstance(value, str):
        if (form := _FORMATS.get(schema.get("format", ""))) and not form.fullmatch(value):
            yield f"{where}: {value!r} is no {schema['format']}"
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from complaints(item, schema.get("items", {}), document, f"{where}[{place}]")
    elif isinstance(value, dict):
        yield from _of_object(value, schema, document, where)


def _of_object(value: dict[str, Any], schema: dict[str, Any], document: dict[str, Any], where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in set(schema.get("required", ())) - value.keys():
        yield f"{where}.{name} is missing"
    for name, held in value.items():
        if name in known:
            yield from complaints(held, known[name], document, f"{where}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}.{name} is not described"
