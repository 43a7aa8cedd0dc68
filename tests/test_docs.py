"""What the Markdown files say exists."""

import importlib
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pipelines.settings import ENV_PREFIX, SECRET_PREFIX, Settings
from serving.client.client import KEY_VARIABLE
from tests.support.docs import ROOT, Doc, markdown_files
from tests.support.readme import CONFIGURATION, fresh

DOCS = markdown_files()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GUIDES = [doc for doc in DOCS if doc.name.startswith(("pipelines/docs/", "serving/docs/"))]
MAX_README_LINES = 150
IGNORED_BY_GIT = ("data/cases",)
_PATH = re.compile(r"(pipelines|serving|tests|notebooks|mlflow|data)/[\w./-]*")

every_doc = pytest.mark.parametrize("doc", DOCS, ids=[doc.name for doc in DOCS])


def _cli() -> Any:
    module = PROJECT["project"]["scripts"]["intentloop"].partition(":")[0]
    return get_command(importlib.import_module(module).app)


CLI = _cli()


def _options(command: Any) -> set[str]:
    own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return own | {"--help", "-h"}


def _all_options(command: Any) -> set[str]:
    return _options(command).union(*map(_all_options, getattr(command, "commands", {}).values()))


def _problem(words: list[str]) -> str | None:
    """Say what of a call of `intentloop` does not exist."""
    command = CLI
    for word in words:
        if word.startswith("-") and word != "-":
            if word.partition("=")[0] not in _options(command):
                return f"{command.name} has no option {word}"
        elif getattr(command, "commands", None):
            if word not in command.commands:
                return f"{command.name} has no command {word!r}"
            command = command.commands[word]
    return None


def test_configuration_table_is_fresh() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    assert text == fresh(text), "run `make fix`"


def test_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def test_readme_names_the_two_commands() -> None:
    calls = [" ".join(words) for words in Doc(ROOT / "README.md").commands("make")]
    assert "run" in calls
    assert "test" in calls


@every_doc
def test_links_lead_somewhere(doc: Doc) -> None:
    broken = []
    for link in doc.links:
        if re.match(r"[a-z]+:", link):
            continue  # another site
        file, _, anchor = link.partition("#")
        target = (doc.path.parent / file).resolve() if file else doc.path
        if not target.exists() or (anchor and anchor not in Doc(target).anchors):
            broken.append(link)
    assert broken == []


def test_every_guide_is_linked_from_the_readme_or_a_guide_it_leads_to() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        file = waiting.pop()
        if file not in reached and file.suffix == ".md":
            reached.add(file)
            waiting += [
                (file.parent / link.partition("#")[0]).resolve() for link in Doc(file).links if "://" not in link
            ]
    guides = {doc.path for doc in DOCS}
    assert {file.relative_to(ROOT).as_posix() for file in guides - reached} == set()


@pytest.mark.parametrize("doc", GUIDES, ids=[doc.name for doc in GUIDES])
def test_guides_say_first_whom_they_are_for(doc: Doc) -> None:
    title, _, first = doc.text.splitlines()[:3]
    assert title.startswith("# ")
    assert first.startswith("For ")


@every_doc
def test_commands_and_their_options_exist(doc: Doc) -> None:
    problems = [problem for words in doc.commands("intentloop") if (problem := _problem(words))]
    problems += [f"no command has {span}" for span in doc.spans if _is_unknown_option(span)]
    assert problems == []


def _is_unknown_option(span: str) -> bool:
    return span.startswith("--") and span.split()[0] not in _all_options(CLI)


def test_examples_in_the_help_texts_are_calls_that_exist() -> None:
    examples = re.findall(r"Example: `(?:\w+=\S+ )*intentloop ([^`]*)`", "\n".join(_help_texts(CLI)))
    assert len(examples) > 20
    assert [problem for example in examples if (problem := _problem(shlex.split(example)))] == []


def _help_texts(command: Any) -> list[str]:
    below = getattr(command, "commands", {}).values()
    return [command.help or "", *(text for each in below for text in _help_texts(each))]


@every_doc
def test_make_targets_exist(doc: Doc) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {words[0] for words in doc.commands("make") if words and words[0].islower()}
    assert named - targets == set()


@every_doc
def test_variables_exist(doc: Doc) -> None:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields} | {KEY_VARIABLE}
    named = set(re.findall(rf"\b{ENV_PREFIX}[A-Z_]*[A-Z_*]", doc.text))
    unknown = {
        name
        for name in named
        if name not in known
        and not name.startswith(SECRET_PREFIX)
        and not (name.endswith("*") and any(each.startswith(name[:-1]) for each in known))
    }
    assert unknown == set()


@every_doc
def test_paths_exist(doc: Doc) -> None:
    missing = [span for span in doc.spans if _PATH.fullmatch(span) and not (ROOT / span).exists()]
    assert [path for path in missing if not path.startswith(IGNORED_BY_GIT)] == []


def test_folders_that_the_readme_lists_exist() -> None:
    rows = [line for line in Doc(ROOT / "README.md").prose.splitlines() if re.match(r"\| `\w+/`", line)]
    assert len(rows) >= 6
    for row in rows:
        top, *below = [span for span in re.findall(r"`([^`]+)`", row) if span.endswith("/")]
        assert [folder for folder in below if not (ROOT / top / folder).is_dir()] == []


def test_layers_in_the_guide_are_those_that_are_enforced() -> None:
    contracts = [each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]
    enforced = {
        each["containers"][0]: [_names(each["containers"][0], row) for row in each["layers"]] for each in contracts
    }
    guide = (ROOT / "serving" / "docs" / "contributing.md").read_text(encoding="utf-8")
    drawn: dict[str, list[set[str]]] = {}
    for name, table in re.findall(r"^\*\*`([\w.]+)`[^*]*\*\*\n\n((?:\|.*\n)+)", guide, re.MULTILINE):
        rows = [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table.splitlines()[2:]]
        drawn[name] = drawn.get(name, []) + rows
    assert drawn == enforced


def _names(container: str, layer: str) -> set[str]:
    """Read the packages of a layer; one in brackets may be missing."""
    folder = ROOT.joinpath(*container.split("."))
    return {name for name in re.findall(r"\w+", layer) if (folder / name).is_dir() or (folder / f"{name}.py").is_file()}


def test_every_dependency_has_a_reason() -> None:
    table = (ROOT / "serving" / "docs" / "contributing.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[=<>~! ]", requirement)[0] for requirement in wanted}
    listed = set(
        re.findall(r"[A-Za-z0-9-]+", "\n".join(line.split("|")[1] for line in table.splitlines() if line[:1] == "|"))
    )
    assert names - listed == set()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["train", "--promote"], None),
        (["train", "--bot=x", "-"], None),
        (["channel", "set-facebook", "--app-secret", "secret:NAME"], None),
        (["replay", "THREAD", "--release", "7"], None),
        ([], None),
        (["tain"], "has no command 'tain'"),
        (["train", "--promot"], "train has no option --promot"),
        (["channel", "set-slack"], "channel has no command 'set-slack'"),
    ],
)
def test_problem_finds_what_does_not_exist(words: list[str], problem: str | None) -> None:
    assert (_problem(words) or "").endswith(problem or "")
    assert (_problem(words) is None) == (problem is None)


def test_commands_are_found_in_blocks_and_between_backticks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Say `intentloop up`.\n\n```sh\nA=1 bin/intentloop train --bot x && intentloop forget  # not it\n```\n"
    )
    assert list(Doc(page).commands("intentloop")) == [["train", "--bot", "x"], ["forget"], ["up"]]


def test_anchors_leave_out_the_lines_of_code_blocks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Learnt from, or held out\n\n```sh\n# a comment\n```\n")
    assert Doc(page).anchors == {"learnt-from-or-held-out"}
