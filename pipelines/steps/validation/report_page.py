"""Pages for people: one HTML file each, that opens without a network. No script, nothing loaded, one look for all."""

from pathlib import Path

import jinja2


def render_page(template: Path, **values: object) -> str:
    """Render a page.

    Parameters
    ----------
    template
        Its Jinja2 file, which extends `page.html.j2`: the look on a screen, a phone or paper, in light or dark.
    **values
        What the template names. Text is escaped, and a name without a value is an error.

    Returns
    -------
    str
        HTML.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template.name).render(values)
