"""Rich's console for texts that strangers wrote: their control characters are shown, not obeyed."""

from collections.abc import Iterable

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from serving.terminal import one_line, printable


class Console(RichConsole):
    """Prints as rich does, except for control characters in texts."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render; rich's own control codes are segments of their own and stay."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else printable(segment.text)
            yield segment if text is segment.text else Segment(text, segment.style)


def line_text(text: str, style: str = "") -> Text:
    """Return a stored text for a table or a line: no markup, and one line."""
    return Text(one_line(text), style=style)
