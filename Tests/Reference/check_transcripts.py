#!/usr/bin/env python3
"""Runs the commands that README.md and docs/models/ show, and compares what they print.

    python Tests/Reference/check_transcripts.py --zoo .build/release/zoo [--write]

A line of `...` stands for any lines. Training is left out. With --write, what differs is written anew where no line is left out.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "models").glob("*.md"))]
BLOCK = re.compile(r"(?<=^```\n)(?=\$ ).*?(?=^```$)", re.M | re.S)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)
MISSING = "digits.json"  # the example of a mistake, which readers are to imagine


def agrees(shown: str, printed: str) -> bool:
    pattern = re.escape(shown).replace(re.escape("...\n"), r"(?:.*\n)*")
    return re.fullmatch(pattern, printed) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", type=Path, default=ROOT / ".build" / "release" / "zoo", help="the command")
    parser.add_argument("--write", action="store_true", help="bring the pages up to date")
    arguments = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("zoo", "manifests"):
            Path(folder, name).symlink_to(ROOT / name)
        Path(folder, "bin").mkdir()
        Path(folder, "bin", "zoo").symlink_to(arguments.zoo.resolve())
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "COLUMNS": "80"}

        def checked(match: re.Match) -> str:
            nonlocal differing
            command, shown = match.groups()
            if not command.startswith("zoo ") or command.startswith("zoo train") or MISSING in command:
                return match[0]
            run = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            printed = "\n".join(line.rstrip() for line in run.stdout.decode().split("\n")).rstrip("\n")
            if agrees(shown.rstrip("\n") + "\n", printed + "\n"):
                return match[0]
            differing += 1
            print(f"{page.relative_to(ROOT)}: $ {command}\n{printed}")
            return match[0] if "...\n" in shown else f"$ {command}\n{printed}\n"

        for page in PAGES:
            text = page.read_text()
            current = BLOCK.sub(lambda block: COMMAND.sub(checked, block[0]), text)
            if arguments.write and current != text:
                page.write_text(current)
    sys.exit(f"{differing} differ" if differing and not arguments.write else 0)


if __name__ == "__main__":
    main()
