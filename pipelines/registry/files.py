"""The files of a registered version where the registry keeps them: listed with their sizes, then copied one by one."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

_MOST_FILES = 10_000
_CHUNK_BYTES = 2**18


class LargerThanListed(Exception):
    """A file has more bytes than the store has listed."""


@dataclass(frozen=True)
class StoredFiles:
    """Files in an artifact store; sizes are in bytes by their paths, None where the store does not say."""

    store: Any
    sizes: dict[str, int | None]

    @classmethod
    def at(cls, location: str, *, tracking_uri: str) -> Self:
        """List the files at an address; raise `ValueError` for what no store lists."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        store = get_artifact_repository(location, tracking_uri=tracking_uri, registry_uri=tracking_uri)
        sizes: dict[str, int | None] = {}
        for path, size in _listed(store, None):
            sizes[path] = size
            if len(sizes) > _MOST_FILES:
                raise ValueError("too many files")
        return cls(store, sizes)

    @property
    def n_bytes(self) -> int:
        """Their size together."""
        return sum(size or 0 for size in self.sizes.values())

    def copy(self, folder: Path, *, most_bytes: int) -> None:
        """Copy the files into a folder, in the calling thread: whoever ends that ends the download.

        Raises `LargerThanListed` as soon as a file has more bytes than the store has listed, or, where it has listed
        none, than are left of `most_bytes`.
        """
        root, left_bytes = folder.resolve(), most_bytes
        for path, size in self.sizes.items():
            target = (root / path).resolve()
            if not target.is_relative_to(root):
                raise ValueError("a file leads out of its folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            left_bytes -= self._copy_file(path, target, most_bytes=left_bytes if size is None else size)

    def _copy_file(self, path: str, target: Path, *, most_bytes: int) -> int:
        from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

        if isinstance(self.store, HttpArtifactRepository):
            return self._fetch(path, target, most_bytes=most_bytes)
        self.store._download_file(path, str(target))
        n_bytes = target.stat().st_size
        if n_bytes > most_bytes:
            raise LargerThanListed
        return n_bytes

    def _fetch(self, path: str, target: Path, *, most_bytes: int) -> int:
        """Stream a file from a server, which may send more than it lists and never end."""
        rest: Any = import_module("mlflow.utils.rest_utils")  # what the store itself uses; it has no types
        n_bytes = 0
        response = rest.http_request(self.store._host_creds, f"/{path}", "GET", stream=True)
        with closing(response), target.open("wb") as file:
            rest.augmented_raise_for_status(response)
            for chunk in response.iter_content(chunk_size=_CHUNK_BYTES):
                n_bytes += len(chunk)
                if n_bytes > most_bytes:
                    raise LargerThanListed
                file.write(chunk)
        return n_bytes


def _listed(store: Any, folder: str | None) -> Iterator[tuple[str, int | None]]:
    for found in store.list_artifacts(folder):
        if not found.is_dir:
            yield str(found.path), None if found.file_size is None else int(found.file_size)
        elif folder is None or str(found.path).startswith(f"{folder}/"):
            yield from _listed(store, str(found.path))
