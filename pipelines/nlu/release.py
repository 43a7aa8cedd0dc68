"""Compatibility: the loader code inside versions registered earlier imports `load_release` from here."""

from pipelines.registry.release import load_release as load_release
