"""Finds sentences for people that are outside the catalogues, in Python, templates and scripts."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

VIETNAMESE = re.compile(r"[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
TWO_WORDS = re.compile(r"[^\W\d_]{2,}[,;:]? [^\W\d_]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{[^}]*\}")
SENTENCE_IN_SCRIPT = re.compile(r"^\s*[A-Z][a-z’']+[,;:]?( [A-Za-z’'-]+[,;:]?)+[.!?…]?\s*$")

TRANSLATORS = {"_", "_n", "gettext", "ngettext", "mark"}
# What these are given is read by people.
SAYING_CALLS = {"print", "error", "exit", "write", "input"}
SAYING_KEYWORDS = {"help", "description", "epilog", "title", "detail", "label", "placeholder"}
SAYING_ATTRIBUTES = {"title", "alt", "placeholder", "label", "aria-label", "aria-description", "aria-valuetext",
                     "aria-roledescription"}  # fmt: skip
# The house's name, and what reads the same in both languages: the switch between them says each in its own.
PROPER = {
    "Sảnh",
    "Tiếng Việt",
    "English",
    "VI",
    "EN",
    "QR",
    "Esc",
    "Enter",
    "Tab",
    "PIN",
    "XLSX",
    "CSV",
    "PDF",
    "API",
}


def strays_in_python(source: str) -> list[str]:
    """Return the literals that are sentences for people and are not given to a translator."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        text
        for text, is_said in _literals(tree, docstrings, is_said=False)
        if text.strip() not in PROPER and (VIETNAMESE.search(text) or (is_said and _is_sentence(text)))
    ]


def strays_in_template(source: str) -> list[str]:
    """Return the texts and spoken attributes of a template, and its Vietnamese literals, that nobody translates."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    page = _Page()
    page.feed(re.sub(r"(</?)·", r"\1any", "".join(_markup(tree))))
    page.close()
    said = [text.strip() for text in page.said]
    strays = [text for text in said if WORD.search(_without_proper(text))]
    return strays + [text for text in _template_literals(tree) if VIETNAMESE.search(text) and text not in PROPER]


def strays_in_script(source: str) -> list[str]:
    """Return the string literals of a script that are Vietnamese or an English sentence.

    What is thrown or logged is for developers and may be English.
    """
    strays = []
    for before, text in _script_literals(source):
        is_for_developers = re.search(r"(Error|console\.\w+)\(\s*$", before)
        if VIETNAMESE.search(text) or (SENTENCE_IN_SCRIPT.match(text) and not is_for_developers):
            strays.append(text)
    return strays


def _is_sentence(text: str) -> bool:
    return TWO_WORDS.search(PLACEHOLDER.sub("", text)) is not None


def _literals(node: ast.AST, docstrings: set[int], *, is_said: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value, is_said
        return
    if isinstance(node, ast.Call):
        name = _called(node)
        if name in TRANSLATORS:
            return
        says = name in SAYING_CALLS
        for argument in [node.func, *node.args]:
            yield from _literals(argument, docstrings, is_said=says)
        for keyword in node.keywords:
            yield from _literals(keyword.value, docstrings, is_said=keyword.arg in SAYING_KEYWORDS)
        return
    for child in ast.iter_child_nodes(node):
        yield from _literals(child, docstrings, is_said=is_said)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


class _Page(HTMLParser):
    """Gathers what a page says: its texts outside scripts and styles, and its spoken attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent = tag
        self.said += [value for name, value in attrs if name in SAYING_ATTRIBUTES and value]
        named = dict(attrs)
        if tag == "meta" and named.get("name") == "description":
            self.said.append(named.get("content") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _markup(node: nodes.Node) -> Iterator[str]:
    """The literal markup of all branches in order; an expression leaves a `·`."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Output):
        for part in node.nodes:
            yield from _markup(part)
    elif isinstance(node, nodes.Expr):
        yield "·"
    elif isinstance(node, nodes.Block) and node.name.endswith("attributes"):
        yield "<any "
        for child in node.body:
            yield from _markup(child)
        yield ">"
    else:
        for child in node.iter_child_nodes():
            if not isinstance(child, nodes.Expr):
                yield from _markup(child)


def _template_literals(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATORS:
        for keyword in node.kwargs:
            yield from _template_literals(keyword)
        return
    for child in node.iter_child_nodes():
        yield from _template_literals(child)


def _without_proper(text: str) -> str:
    for name in PROPER:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)
    return text


SCRIPT_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<quoted>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)
    |(?P<pattern>(?<=[(,=:\[!&|?{};])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)""",
    re.VERBOSE | re.DOTALL,
)


def _script_literals(source: str) -> Iterator[tuple[str, str]]:
    """Each string literal with the 40 characters before it; `${…}` in a template literal is taken out."""
    for match in SCRIPT_TOKEN.finditer(source):
        if match["quoted"]:
            text = re.sub(r"\$\{[^}]*\}", "", match["quoted"][1:-1])
            for piece in re.split(r"[<>\n]", text) if match["quoted"][0] == "`" else [text]:
                yield source[max(0, match.start() - 40) : match.start()], piece
