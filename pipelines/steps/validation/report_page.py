"""HTML pages for people: one file each, no network, no scripts, one layout."""

from pathlib import Path

import jinja2


def render_page(template: Path, **values: object) -> str:
    """Render a page from a Jinja2 file that extends `page.html.j2`, the layout for screens, phones and paper.

    Text in `values` is escaped, and a missing value is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template.name).render(values)
