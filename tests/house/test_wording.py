"""No sentence for people outside the catalogues; every checker is fed a bad sample to see it fail."""

import subprocess
from pathlib import Path

import pytest

from tests.house.wording import strays_in_python, strays_in_script, strays_in_template

ROOT = Path(__file__).parents[2]
SPOKEN_PYTHON = (
    "server/web",
    "server/cli",
    "server/plugin.py",
    "server/app.py",
    "server/serving.py",
    "kiosk",
    "exhibits",
)
TEMPLATES = ("templates", "kiosk/templates", "exhibits")
SCRIPTS = ("static", "kiosk/static", "exhibits")


def files(places: tuple[str, ...], *endings: str) -> list[Path]:
    paths = [path for place in places for path in sorted([ROOT / place, *(ROOT / place).rglob("*")])]
    return [
        path
        for path in paths
        if path.is_file() and path.suffix in endings and not {"vendor", "tests"} & set(path.parts)
    ]


def report(strays: dict[Path, list[str]]) -> str:
    return "\n".join(f"{path.relative_to(ROOT)}: {text!r}" for path, texts in strays.items() for text in texts)


def test_python_says_nothing_outside_the_catalogues() -> None:
    strays = {path: strays_in_python(path.read_text()) for path in files(SPOKEN_PYTHON, ".py")}

    assert not report(strays), report(strays)


def test_templates_say_nothing_outside_the_catalogues() -> None:
    strays = {path: strays_in_template(path.read_text()) for path in files(TEMPLATES, ".html", ".svg", ".txt")}

    assert not report(strays), report(strays)


def test_scripts_say_nothing() -> None:
    strays = {path: strays_in_script(path.read_text()) for path in files(SCRIPTS, ".js")}

    assert not report(strays), report(strays)


@pytest.mark.parametrize(
    "source",
    [
        'title = "Bàn lễ tân"',
        'title = f"Chào {name}"',
        'print("no such file")',
        'print(f"{n} rows read")',
        'parser.add_argument("file", help="the workbook to read")',
        'parser.error("give one file")',
        'show(_("Chào"), "Bàn lễ tân")',
    ],
)
def test_a_sentence_in_python_is_seen(source: str) -> None:
    assert strays_in_python(source)


@pytest.mark.parametrize(
    "source",
    [
        'print(_("Đã nhập %(n)s dòng", n=3))',
        'ngettext("%(n)s khách", "%(n)s khách", n)',
        'TITLES = {"slot_full": mark("Khung giờ đã đầy")}',
        '"""Tài liệu của tệp."""',
        'def greet():\n    """Chào khách."""',
        'raise DomainError("slot_full")',
        'log.info("batch committed", rows=3)',
        'print(json.dumps({"ok": True}))',
    ],
)
def test_a_translated_or_silent_literal_in_python_is_let_by(source: str) -> None:
    assert strays_in_python(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "<h1>Bàn lễ tân</h1>",
        "<p>Welcome</p>",
        '<input placeholder="Họ và tên">',
        '<button aria-label="Close">×</button>',
        '<img alt="A wall" src="wall.png">',
        "{% if late %}<p>Trễ {{ n }} phút</p>{% endif %}",
        "{% block title %}Start{% endblock %}",
        '{{ button("Xác nhận") }}',
        '{% set title = "Bàn lễ tân" %}',
        '<meta name="description" content="The space">',
        '{% block body_attributes %} title="A wall"{% endblock %}',
    ],
)
def test_a_sentence_in_a_template_is_seen(source: str) -> None:
    assert strays_in_template(source)


@pytest.mark.parametrize(
    "source",
    [
        '<h1>{{ _("Bàn lễ tân") }}</h1>',
        "<p>{% trans n=3 %}Còn {{ n }} chỗ{% endtrans %}</p>",
        '<input placeholder="{{ _("Họ và tên") }}" class="wide field">',
        "<p>{{ guest.name }} · {{ guest.at }} →</p>",
        "<b>Sảnh</b> <a lang=en>English</a>",
        "<script type=module>import './live.js'</script><style>.a { color: red }</style>",
        "{# Một lời ghi chú #}<br>",
        '<{{ tag }} class="brand wide">{{ name }}</{{ tag }}>',
        '{% block body_attributes %} class="wall" data-theme="night"{% endblock %}',
    ],
)
def test_a_translated_or_silent_template_is_let_by(source: str) -> None:
    assert strays_in_template(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'title.textContent = "Mất kết nối"',
        "show('Please wait')",
        "box.innerHTML = `<p>Connection lost</p>`",
        'alert("Scan again, please.")',
    ],
)
def test_a_sentence_in_a_script_is_seen(source: str) -> None:
    assert strays_in_script(source)


@pytest.mark.parametrize(
    "source",
    [
        '// Một lời ghi chú, "Please wait"\nconst a = 1',
        'element.className = "card wide"',
        'document.querySelector("[data-clock] span")',
        'throw new Error("Socket closed early")',
        'const quote = /["\']/; const next = "ok"',
        '/* "Mất kết nối" */',
    ],
)
def test_a_silent_script_is_let_by(source: str) -> None:
    assert strays_in_script(source) == []


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


# In two halves, so that this file does not name them either.
REGISTRIES = [b"pypi" + b".org", b"python" + b"hosted.org", b"registry" + b".npmjs", b"npm" + b"js.com/package",
              b"deb." + b"debian.org", b"jsde" + b"livr.net", b"unp" + b"kg.com"]  # fmt: skip


def registry_hosts(content: bytes) -> list[bytes]:
    return [host for host in REGISTRIES if host in content.lower()]


def test_no_tracked_file_names_a_registry_or_the_tool_library() -> None:
    library = b"/work/" + b".library"
    offenders = [path for path in tracked_files() if registry_hosts(content := path.read_bytes()) or library in content]

    assert offenders == []


def test_a_registry_host_is_seen() -> None:
    assert registry_hosts(b'"resolved": "https://REGISTRY' + b'.npmjs.org/x.tgz"')


def test_nothing_that_set_up_fetches_or_derives_is_tracked() -> None:
    fetched = [path for path in tracked_files() if {"vendor", "node_modules", ".venv"} & set(path.parts)]

    assert fetched == []
