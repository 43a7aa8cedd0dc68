"""What a promotion or a rollback did."""

from dataclasses import dataclass

from pipelines.schemas import html


@dataclass(frozen=True)
class Move:
    """An alias that was moved: to `version`, from the version `before` if there was one."""

    alias: str
    version: str
    before: str | None
    sentences: tuple[str, ...]

    def __repr__(self) -> str:
        """Describe what was moved and when servers notice."""
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        return html.block(*map(html.line, self.sentences))
