"""Python in one line, for notebooks and scripts: `from serving.lab import Bot`."""

from serving.lab.bot import Bot
from serving.lab.notebook import Notebook

__all__ = ["Bot", "Notebook"]
