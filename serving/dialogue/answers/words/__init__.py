"""How customers of each language answer, refuse and join values. To add a language, add a module and name it here."""
