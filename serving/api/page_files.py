"""The pages as files, for a bucket or a web server before the chat API: `python -m serving.api.page_files FOLDER`.

`--organisation` as the second word: the page offers to sign in with the organisation.
"""

import sys
from pathlib import Path

from serving.api.admin_pages import AdminPages
from serving.terminal import echo

_WIDGET = Path(__file__).parents[1] / "static" / "widget"


def write_pages(folder: Path, *, has_organisation: bool) -> int:
    """Write the admin pages and the chat window under the paths that the chat API has for them; return how many."""
    files = AdminPages(has_organisation=has_organisation).files()
    files |= {f"static/widget/{file.name}": file.read_bytes() for file in _WIDGET.iterdir()}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return len(files)


def main(words: list[str]) -> None:
    """Write the files into the folder that is named."""
    if not words or words[0].startswith("-") or set(words[1:]) - {"--organisation"}:
        sys.exit("intentloop: name a folder: python -m serving.api.page_files FOLDER [--organisation]")
    count = write_pages(Path(words[0]), has_organisation="--organisation" in words[1:])
    echo(f"{count} files were written to {words[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
