"""Files of runs and versions in MLflow's artifact store, wherever it is: list, read, replace, delete."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from pipelines.registry.connection import translated


@dataclass(frozen=True)
class ArtifactFolder:
    """A folder of the artifact store. Every method raises `RegistryUnavailable` if the store does not answer.

    The tracking server passes files on where `uri`, the address MLflow gives for a run or a version, says so.
    """

    uri: str
    tracking_uri: str

    def files(self, folder: str | None = None) -> Iterator[tuple[str, int]]:
        """Yield the path and size in bytes of each file, subfolders included."""
        with translated(self.tracking_uri):
            entries = self._repository().list_artifacts(folder)
        for entry in entries:
            if entry.is_dir:
                yield from self.files(entry.path)
            else:
                yield entry.path, entry.file_size or 0

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        with translated(self.tracking_uri), TemporaryDirectory() as folder:
            return Path(self._repository().download_artifacts(path, folder)).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Write a file, replacing the one at this path."""
        with translated(self.tracking_uri), TemporaryDirectory() as folder:
            file = Path(folder) / Path(path).name
            file.write_bytes(content)
            place = str(Path(path).parent)
            self._repository().log_artifact(str(file), None if place == "." else place)

    def delete(self, path: str | None = None) -> None:
        """Delete a file, or the whole folder."""
        with translated(self.tracking_uri):
            self._repository().delete_artifacts(path)

    def _repository(self) -> Any:
        return get_artifact_repository(self.uri, tracking_uri=self.tracking_uri)
