"""Writes Tests/Fixtures/protocol/layout.c, which prints the size of every public struct and the offset of every field.

Run it after a struct has grown at its end, compile and run what it writes, and commit its output as layout.txt:

    python3 Tests/Reference/protocol_layout.py
    cc -I Sources/CZoo/include Tests/Fixtures/protocol/layout.c -o /tmp/layout && /tmp/layout > Tests/Fixtures/protocol/layout.txt
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "Sources/CZoo/include/zoo"


def fields(body: str) -> list[str]:
    names = []
    for statement in body.split(";"):
        statement = statement.strip()
        if not statement:
            continue
        if match := re.search(r"\(\*(\w+)\)", statement):  # a pointer to a function
            names.append(match[1])
            continue
        names += [re.search(r"(\w+)(\[\w+\])?$", part.strip())[1] for part in statement.split(",")]
    return names


lines = ["/* Written by Tests/Reference/protocol_layout.py. */", "#include <stdio.h>", '#include "zoo.h"', "", "int main(void) {"]
for header in sorted(HEADERS.glob("*.h")):
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", header.read_text(), flags=re.S)
    for match in re.finditer(r"struct (\w+) \{(.*?)\n\}", text, flags=re.S):
        name, body = match[1], match[2]
        lines.append(f'  printf("{name} %zu\\n", sizeof({name}));')
        for field in fields(body):
            lines.append(f'  printf("  {field} %zu\\n", offsetof({name}, {field}));')
lines += ["  return 0;", "}", ""]
(ROOT / "Tests/Fixtures/protocol/layout.c").write_text("\n".join(lines))
