"""Importers of data that are no bot file: tables of labelled texts in, a bot file and notes out."""
