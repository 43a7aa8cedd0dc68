"""Stands for `intentloop task`: does what the plan of the bot, a word in `plan.json` in the home folder, says."""

import json
import os
import sys
import time
from pathlib import Path


def main(folder: Path) -> int:
    asked = json.loads((folder / "request.json").read_bytes())
    action = json.loads((folder.parents[1] / "plan.json").read_bytes())[asked["bot"]]
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"share": 0.5, "what": "half of it"}) + "\n")
    if action == "hang":
        time.sleep(600)
    if action == "die":
        os._exit(9)
    if action == "refuse":
        told = {"error": "there is no bot 'x'; import it", "error_kind": "NotFound"}
        (folder / "error.json").write_text(json.dumps(told), encoding="utf-8")
        return 1
    if action == "echo":
        told = {"error": f"there is no trace of {asked['request']['thread']!r}", "error_kind": "NotFound"}
        (folder / "error.json").write_text(json.dumps(told), encoding="utf-8")
        return 1
    if action == "flood":
        (folder / "result.json").write_text(json.dumps({"text": "x" * 5_000_000}), encoding="utf-8")
        return 0
    told = {"kind": asked["kind"], "request": asked["request"], "$odd.key": [1]}
    (folder / "result.json").write_text(json.dumps(told), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
