"""Try the images that `.ci/images` has built: look inside, start the chat API from its image, ask it, stop it.

    python -m tests.support.images

The database, MLflow and the sample bot are those of an `intentloop up` from this checkout. With a Docker engine the
root file system is read-only; `buildah run` has no such option, so there only its owner protects it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from pymongo import MongoClient

from tests.support.local_platform import LocalPlatform
from tests.support.servers import free_port

MESSAGES, SENDERS = 200, 8
LIMIT_MB = {"serving": 450}
"""How large an image may be."""
COMPILERS = ("cc", "gcc", "c++", "g++", "clang", "make", "ld", "pip", "pip3")
BUILDAH = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def has_docker() -> bool:
    """Return whether a Docker engine runs here."""
    return shutil.which("docker") is not None and not subprocess.run(["docker", "info"], capture_output=True).returncode


class Container:
    """One container of an image, on the network of this machine."""

    def __init__(self, name: str, *, home: Path) -> None:
        self.image, self.home = f"intentloop-{name}", home
        self.is_docker = has_docker()
        self.id = "" if self.is_docker else self._output(["buildah", "from", f"localhost/{self.image}"])

    def command(self, *command: str, **variables: str) -> list[str]:
        """Return the command line that runs a command in the container."""
        volume = ["--volume", f"{self.home}:/var/lib/intentloop"]
        given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        if self.is_docker:
            guards = ["--rm", "--init", "--network", "host", "--read-only", "--tmpfs", "/tmp"]
            return ["docker", "run", *guards, *volume, *given, self.image, *command]
        return ["buildah", "run", *volume, *given, self.id, "--", *command]

    def output(self, script: str) -> str:
        """Run a shell script in the container and return what it prints."""
        for _ in range(20):  # `buildah run` sometimes loses what a short program prints
            printed = self._output(self.command("sh", "-c", f"{script}\necho the end"))
            if printed.endswith("the end"):
                return printed.removesuffix("the end").strip()
        raise AssertionError(f"{self.image} prints nothing for: {script}")

    def size_mb(self) -> float:
        """Return the size of the image in MB, its base included."""
        if self.is_docker:
            return int(self._output(["docker", "image", "inspect", "--format", "{{.Size}}", self.image])) / 1e6
        number, unit = json.loads(self._output(["buildah", "images", "--json", self.image]))[0]["size"].split()
        return float(number) * {"MB": 1, "GB": 1000}[unit]

    def remove(self) -> None:
        if self.id:
            self._output(["buildah", "rm", self.id])

    @staticmethod
    def _output(command: Sequence[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True, env=BUILDAH)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-2000:]}"
        return done.stdout.strip()


def look_inside(name: str, container: Container) -> None:
    """Check what an image holds, and print its size."""
    size = container.size_mb()
    assert size <= LIMIT_MB.get(name, size), f"{container.image} has {size:.0f} MB, more than {LIMIT_MB[name]}"
    found = container.output(f"for tool in {' '.join(COMPILERS)}; do command -v $tool; done")
    assert not found, f"{container.image} holds {found}"
    user = container.output("id -u")
    assert user != "0", f"{container.image} runs as root"
    writable = container.output("find /app /opt /usr /etc -writable ! -type l 2>/dev/null | head -3")
    assert not writable, f"{container.image}: its user may write {writable}"
    names, known = ("-name .env -o -name .git -o -name '*.pem' -o -name 'id_*'"), ("certs", "ssl", "site-packages")
    others = " ".join(f"! -path '*/{folder}/*'" for folder in known)
    kept = container.output(f"find / -xdev \\( {names} \\) {others} 2>/dev/null")
    assert not kept, f"{container.image} holds {kept}"
    say(f"{container.image}: {size:.0f} MB, user {user}, no compiler, no pip, nothing writable, no secret file")


def try_serving(platform: LocalPlatform, container: Container) -> None:
    """Start the chat API from its image, send messages, stop it among them, and look for every one of them."""
    port = free_port()
    uri = f"mongodb://127.0.0.1:{platform.port['MONGO']}"
    variables = {
        "INTENTLOOP_HOST": "127.0.0.1", "INTENTLOOP_API_PORT": str(port), "INTENTLOOP_MONGO_URI": uri,
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{platform.port['MLFLOW']}",
    }  # fmt: skip
    began = time.monotonic()
    log = platform.home.parent / "image.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            container.command("intentloop", "serve", **variables), stdout=output, stderr=output, env=BUILDAH
        )
    try:
        while not _is_ready(port):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() - began < 600, log.read_text(encoding="utf-8")
            time.sleep(0.2)
        say(f"ready after {time.monotonic() - began:.1f} s")
        answer = _ask(port, "hello", thread="image", message="first")
        assert answer is not None
        assert answer["replies"], answer
        say(f"asked 'hello', it says {answer['replies'][0]['text']!r}")
        answered = _flood(port, stop_after=MESSAGES // 2, stop=lambda: _server(port).send_signal(signal.SIGTERM))
        code = process.wait(120)
    finally:
        if process.poll() is None:
            process.kill()
    assert code == 0, f"stopped by SIGTERM, it ended with {code}: {log.read_text(encoding='utf-8')[-2000:]}"
    assert MESSAGES // 2 <= len(answered) < MESSAGES, "SIGTERM came too late or too early to show anything"
    for number in range(MESSAGES):
        again = _ask(platform.port["API"], "hello", thread=f"image-{number}", message="one")
        assert again is not None, f"message {number} is not answered"
        assert again["turn"] == 1, f"message {number} was answered twice: {again}"
        assert number not in answered or again["replies"] == answered[number]["replies"], f"message {number} differs"
    with MongoClient[dict[str, Any]](uri) as client:
        turns = client["intentloop"]["turns"].count_documents({"thread_id": {"$regex": "^image-"}})
    assert turns == MESSAGES, f"{turns} turns of {MESSAGES} messages"
    say(
        f"SIGTERM after {MESSAGES // 2} of {MESSAGES} messages, {SENDERS} at a time: it answered {len(answered)}, ended"
    )
    say(f"with status 0, and another API answered the rest: {turns} turns, each once")


def _flood(port: int, *, stop_after: int, stop: Any) -> dict[int, dict[str, Any]]:
    """Send messages from several threads, and stop the server in their midst; return the answers by number."""
    answers: dict[int, dict[str, Any]] = {}
    numbers, lock = iter(range(MESSAGES)), threading.Lock()

    def send() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            answer = _ask(port, "hello", thread=f"image-{number}", message="one")
            with lock:
                if answer is not None:
                    answers[number] = answer
                    if len(answers) == stop_after:
                        stop()

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _ask(port: int, text: str, *, thread: str, message: str) -> dict[str, Any] | None:
    """Send a message; None if it was not answered."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/bots/default/messages",
        data=json.dumps({"thread_id": thread, "message_id": message, "text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except OSError:  # it stops, and refuses
        return None


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _server(port: int) -> psutil.Process:
    """Return the process that listens on a port: the first of its container."""
    return next(
        psutil.Process(one.pid)
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid is not None
    )


def main() -> int:
    """Try the images that are here."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "cache"
        home.mkdir()
        home.chmod(0o777)
        containers = {name: Container(name, home=home) for name in ("serving", "training", "mlflow")}
        try:
            for name, container in containers.items():
                look_inside(name, container)
            platform = LocalPlatform(Path(folder) / "home")
            platform.start()
            try:
                try_serving(platform, containers["serving"])
            finally:
                platform.kill()
        finally:
            for container in containers.values():
                container.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
