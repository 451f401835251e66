"""Which classes and enumerations does the OpenAPI document describe? The modules of `trialbook.model`, as text."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from tools.registry_model.additions import load_additions
from tools.registry_model.documents import DocumentError, Documents, Schema
from trialbook.model import Study

OPENAPI = "openapi*.yaml"
LINE_LENGTH = 110
# Which module holds the elements of each section, and what a module says of itself.
MODULES = {
    "protocolSection": "protocol",
    "resultsSection": "results",
    "annotationSection": "derived",
    "documentSection": "derived",
    "derivedSection": "derived",
}
QUESTIONS = {
    "protocol": "What was planned and registered: every element of `protocolSection`",
    "results": "What was found: every element of `resultsSection`",
    "derived": "What the registry adds by itself: annotations, documents, derived terms",
}
ENUM_HEAD = '''"""The registry's enumerations (OpenAPI {version}); a value that is not listed here is kept, not refused.

Made by `python -m tools.registry_model`.
"""

from __future__ import annotations

from trialbook.model.registry_enum import RegistryEnum
'''
MODULE_HEAD = '''"""{question} (OpenAPI {version}).

Made by `python -m tools.registry_model`; absent elements are None, absent lists ().
"""

from __future__ import annotations

'''
PARTIAL_DATE = "trialbook.model.dates.PartialDate"
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


@dataclass
class _Module:
    """A module in the making: the texts of its classes and of its imports."""

    classes: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)

    def take(self, kind: str) -> str:
        """Import a type by its full name, unless it is built in or stands in the module itself; its short name."""
        home, _, name = kind.rpartition(".")
        if home:
            self.imports.add(f"from {home} import {name}\n")
        return name


def write_model(documents: Documents) -> dict[str, str]:
    """Write the modules' texts by their names, not yet formatted.

    Raises
    ------
    DocumentError
        The document has a section that no module holds, or a kind of value that the model does not know.
    """
    modules = _Writer(documents).write_classes()
    texts = {
        name: MODULE_HEAD.format(question=QUESTIONS[name], version=documents.version)
        + "".join(sorted(module.imports))
        + "\n\n"
        + "\n\n".join(module.classes)
        for name, module in modules.items()
    }
    texts["enums"] = _write_enums(documents)
    texts["api_version"] = (
        '"""Which version of the registry\'s API do the model and the tables restate?\n\n'
        'Made by `python -m tools.registry_model`.\n"""\n\n'
        f'API_VERSION = "{documents.version}"\n'
    )
    return texts


def find_record_enums(documents: Documents) -> list[str]:
    """Find the enumerations that a record uses, in the order of the document."""
    used = {name for _, name in _walk(documents.schemas, {"$ref": "/Study"}, "")}
    return [name for name, schema in documents.schemas.items() if "enum" in schema and name in used]


def find_paths(documents: Documents, *, leaves_only: bool) -> list[str]:
    """Find the path of every element of the record, in the order of the document."""
    schemas = documents.schemas
    found = list(_walk(schemas, {"$ref": "/Study"}, ""))
    return [
        path for path, name in found if path and not (leaves_only and "properties" in schemas.get(name, {}))
    ]


def _walk(schemas: dict[str, Schema], schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Give each element's path with the name of its schema, or "", a structure before what it holds."""
    name = ""
    while schema.get("type") == "array" or "$ref" in schema:
        if "$ref" in schema:
            name = _get_name(schema)
            schema = schemas[name]
        else:
            schema = schema["items"]
    yield path, name
    for key, inner in schema.get("properties", {}).items():
        yield from _walk(schemas, inner, f"{path}.{key}" if path else key)


def _get_name(schema: Schema) -> str:
    name: str = schema["$ref"].rpartition("/")[2]
    return name


def _write_enums(documents: Documents) -> str:
    texts = [ENUM_HEAD.format(version=documents.version)]
    for name in find_record_enums(documents):
        values = documents.schemas[name]["enum"]
        lines = [f"class {name}(RegistryEnum):", f'    """Values of {name}."""', ""]
        lines += [f"    {_make_member_name(value)} = {json.dumps(value)}" for value in values]
        texts.append("\n".join(lines) + "\n")
    return "\n\n".join(texts)


def _make_member_name(value: str) -> str:
    name = re.sub(r"\W", "_", value)
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"VALUE_{name}"


class _Writer:
    """Writes the classes of all sections, each once, below those that it holds."""

    def __init__(self, documents: Documents) -> None:
        self.schemas = documents.schemas
        self.titles = {node.path: node.title for node in documents.nodes}
        self.modules = {name: _Module() for name in QUESTIONS}
        # In which module a class stands.
        self.homes: dict[str, str] = {}

    def write_classes(self) -> dict[str, _Module]:
        sections = self.schemas["Study"]["properties"]
        known = set(Study.__struct_encode_fields__)
        if known != set(sections):
            raise DocumentError(
                OPENAPI,
                f"Study differs from trialbook.model.study in {', '.join(sorted(known ^ set(sections)))}; "
                "change that class by hand, and MODULES of tools/registry_model/model.py with it",
            )
        for key, schema in sections.items():
            if "$ref" in schema:
                self._write_class(_get_name(schema), MODULES[key], key)
        return self.modules

    def _write_class(self, name: str, module: str, path: str) -> None:
        if name in self.homes:
            return
        self.homes[name] = module
        fields = [
            self._write_field(key, schema, module, f"{path}.{key}")
            for key, schema in self.schemas[name]["properties"].items()
        ]
        base = self.modules[module].take(load_additions().bases.get(name, "trialbook.model.element.Element"))
        head = f"class {name}({base}, frozen=True):\n{self._write_docstring(name, path)}\n\n"
        self.modules[module].classes.append(head + "".join(fields))

    def _write_docstring(self, name: str, path: str) -> str:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
        title = load_additions().titles.get(name) or self.titles.get(path) or words
        text = f'    """{title} (`{path}`)."""'
        if len(text) > LINE_LENGTH:
            first, *_, a, b, c = path.split(".")
            text = f'    """{title} (`{first}.….{a}.{b}.{c}`)."""'
        return text

    def _write_field(self, key: str, schema: Schema, module: str, path: str) -> str:
        is_list = schema.get("type") == "array"
        kind = load_additions().types.get(path) or self._find_kind(
            schema["items"] if is_list else schema, module, path
        )
        name = self.modules[module].take(kind)
        annotation, default = (f"tuple[{name}, ...]", "()") if is_list else (f"{name} | None", "None")
        field_name = make_field_name(key)
        if field_name.endswith("_") or find_wire_name(field_name) != key:
            self.modules[module].imports.add("import msgspec\n")
            default = f'msgspec.field(default={default}, name="{key}")'
        return f"    {field_name}: {annotation} = {default}\n"

    def _find_kind(self, schema: Schema, module: str, path: str) -> str:
        """Find the full name of the Python type of a value that is no list; a new class is written first."""
        if "$ref" in schema:
            name = _get_name(schema)
            target = self.schemas[name]
            if "properties" in target:
                self._write_class(name, module, path)
                home = self.homes[name]
                return name if home == module else f"trialbook.model.{home}.{name}"
            if "enum" in target:
                return f"trialbook.model.enums.{name}"
            return PARTIAL_DATE if name == "PartialDate" else self._find_kind(target, module, path)
        if schema.get("format") == "date":
            return PARTIAL_DATE
        if schema.get("type") in SIMPLE:
            return SIMPLE[schema["type"]]
        raise DocumentError(OPENAPI, f"{path} is of a kind that the model does not know: {schema}")


def make_field_name(key: str) -> str:
    """Make a field's name from an element's: `nctIdAliases` is `nct_id_aliases`, `class` is `class_`."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def find_wire_name(name: str) -> str:
    """Find out what a field of the model is called in JSON if nothing else is said."""
    wire: str = msgspec.defstruct("Field", [(name, int)], rename="camel").__struct_encode_fields__[0]
    return wire
