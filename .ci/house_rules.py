"""House rules that no linter knows, over every file that git knows or would add.

- No Python file, Makefile or script of .ci is longer than 400 lines, but for migrations, which Alembic writes.
- No circle of imports, not even of those that only types need.
- Whatever puts a check off says why on its line: `type: ignore` and `noqa` by words behind them (after `#` or
  `-`), a skip or xfail by its reason.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Container, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

MAX_LINES = 400
#: A comment that puts a linter off, and the words behind it, which are the reason.
SUPPRESSION = re.compile(r"#\s*(?:(?:ruff|flake8):\s*)?(?:type:\s*ignore|noqa)\b(?P<rest>.*)", re.IGNORECASE)
REASON = re.compile(r"(?:#|\s-)\s*\S+(?:\s+\S+)+")
#: Calls and marks that put a test off; those of the first set take their reason as first argument.
BY_POSITION = {"pytest.skip", "pytest.xfail", "unittest.skip", "unittest.SkipTest"}
BY_NAME = {"pytest.importorskip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
BY_SECOND = {"unittest.skipIf", "unittest.skipUnless"}


def files() -> list[Path]:
    """What git tracks or would add, as far as it is on the disk."""
    # in a container the files may belong to another user than the one who checks them
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(path for name in names.split("\0") if name and (path := Path(name)).is_file())


def suppressions(source: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of comments that put a linter off without a reason."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            match = SUPPRESSION.search(token.string)
            if match and not REASON.search(match["rest"]):
                yield token.start[0], f"no reason behind `{token.string}`"


def full_names(tree: ast.Module) -> dict[str, str]:
    """Names in a file -> what they were imported as, for pytest and unittest."""
    names = {"pytest": "pytest", "unittest": "unittest"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in names:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Import):
            names.update({a.asname: a.name for a in node.names if a.asname and a.name in ("pytest", "unittest")})
    return names


def has_reason(call: ast.Call, name: str) -> bool:
    """Does a call that puts a test off say why?"""
    words = [keyword.value for keyword in call.keywords if keyword.arg in ("reason", "msg")]
    if name in BY_POSITION:
        words += call.args[:1]
    elif name in BY_SECOND:
        words += call.args[1:2]
    return any(
        not isinstance(word, ast.Constant) or (isinstance(word.value, str) and word.value.strip()) for word in words
    )


def skips(source: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of skips and xfails without a reason."""
    tree = ast.parse(source)
    names = full_names(tree)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        first, dot, rest = ast.unparse(node).partition(".")
        name = names.get(first, first) + dot + rest
        if name not in BY_POSITION | BY_NAME | BY_SECOND:
            continue
        call = calls.get(id(node))
        if call is None or not has_reason(call, name):
            yield node.lineno, f"no reason in `{name}`"


def problems(path: Path) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of one file."""
    source = path.read_text("utf-8")
    is_python = path.suffix == ".py"
    is_written = is_python and path.parent.as_posix() != "store/migrations/versions"
    length = len(source.splitlines())
    if length > MAX_LINES and (is_written or path.name == "Makefile" or path.parent.name == ".ci"):
        yield MAX_LINES + 1, f"{length} lines; a file of more than {MAX_LINES} needs splitting"
    if is_python:
        yield from suppressions(source)
        yield from skips(source)


def modules(paths: list[Path]) -> dict[str, Path]:
    """The Python files among these by the names they are imported by."""
    names = (path.with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__") for path in paths)
    return {name: path for name, path in zip(names, paths, strict=True) if path.suffix == ".py"}


def imported(source: str, known: Container[str]) -> Iterator[str]:
    """Which of the known modules a file imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module


def circle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Modules that import one another in a ring, the first once more at the end; empty where there is no ring."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def main() -> int:
    """Exit 1 and one line for each problem."""
    count = 0
    known = modules(files())
    imports = {name: set(imported(path.read_text("utf-8"), known)) - {name} for name, path in known.items()}
    if ring := circle(imports):
        print(f"{known[ring[0]]}:1: a circle of imports: {' -> '.join(ring)}")
        count += 1
    for path in files():
        if path.suffix == ".py" or path.name == "Makefile" or path.parent.name == ".ci":
            for line, text in problems(path):
                print(f"{path}:{line}: {text}")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
