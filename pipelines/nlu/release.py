"""Where versions registered before `pipelines.registry` existed look for `load_release`; only their code imports it."""

from importlib import import_module

# By name, since nothing in this package may import the registry.
load_release = import_module("pipelines.registry.release").load_release
