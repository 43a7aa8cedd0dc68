"""The former home of `load_release`: the loader code inside versions registered before imports it from here."""

from pipelines.registry.release import load_release as load_release
