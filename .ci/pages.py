"""The manual page and the completion of bash, made from the command line's own parser; written to share/.

make pages                          # .venv/bin/python .ci/pages.py
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from daemon.cli.main import parser

SHARE = Path(__file__).resolve().parent.parent / "share"
MAN = SHARE / "man" / "man1" / "keeptouch.1"
COMPLETION = SHARE / "bash-completion" / "completions" / "keeptouch"
_FILES = """.SH FILES
.TP
.I /etc/keeptouch/config.toml
The configuration, where neither
.B \\-\\-config
nor KEEPTOUCH_CONFIG nor ./config.toml names another.
.SH ENVIRONMENT
.TP
.B KEEPTOUCH_CONFIG
The configuration.
.TP
.B CREDENTIALS_DIRECTORY
Where systemd put credentials, for the options \\&..._credential.
.SH EXIT STATUS
.TP
.B 0
Fine.
.TP
.B 1
An account failed, or problems were found.
.TP
.B 2
Usage, the configuration, or a store that can't be opened.
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1).
The folder docs/ of the source tells more, docs/operations.md how the service is looked after.
"""


class Command(NamedTuple):
    """A command as it is typed, and its parser."""

    words: tuple[str, ...]
    parser: argparse.ArgumentParser

    @property
    def verbs(self) -> list[str]:
        """What may follow."""
        return [name for action in self.parser._actions if _is_nested(action) for name in action.choices or ()]

    @property
    def options(self) -> list[argparse.Action]:
        """Those that people are told of."""
        actions = self.parser._actions
        return [each for each in actions if each.option_strings and each.help != argparse.SUPPRESS]


def _is_nested(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction)


def commands(built: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[Command]:
    """The whole program, then every command and verb in the order of --help."""
    yield Command(words, built)
    for action in built._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from commands(child, (*words, name))


def escaped(text: str) -> str:
    """Text for roff: as it stands, on lines that are no requests."""
    text = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text)


def man_page(built: argparse.ArgumentParser) -> str:
    """Of section 1 (man-pages(7))."""
    whole = next(commands(built))
    lines = [
        '.\\" Made by .ci/pages.py from the command line itself.',
        f'.TH KEEPTOUCH 1 "" "keeptouch {version("keeptouch")}" "User commands"',
        ".SH NAME",
        "keeptouch \\- contact history from mailboxes and calendars, in one SQL database",
        ".SH SYNOPSIS",
        ".B keeptouch",
        "[OPTION]... COMMAND [VERB] [ARGUMENT]...",
        ".SH DESCRIPTION",
        escaped(built.description or ""),
        ".SH OPTIONS",
        *_options(whole.options),
        ".SH COMMANDS",
    ]
    common = {name for action in whole.options for name in action.option_strings}
    for command in commands(built):
        if command.words and not command.verbs:
            arguments = " ".join(_arguments(command.parser))
            lines += [f".SS keeptouch {escaped(' '.join((*command.words, arguments)))}"]
            lines.append(escaped(_expanded(command.parser.description or "", command.parser)))
            own = [each for each in command.options if not common & set(each.option_strings)]
            lines += _options(own)
    return "\n".join(lines) + "\n" + _FILES


def _arguments(of: argparse.ArgumentParser) -> Iterator[str]:
    for action in of._actions:
        if not action.option_strings and not _is_nested(action):
            name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
            yield {"?": f"[{name}]", "*": f"[{name}]...", "+": f"{name}..."}.get(str(action.nargs), name)


def _options(actions: list[argparse.Action]) -> Iterator[str]:
    for action in actions:
        value = ""
        if action.nargs != 0:
            choices = "|".join(map(str, action.choices or ()))
            value = f" \\fI{escaped(choices or str(action.metavar or action.dest.upper()))}\\fR"
        yield ".TP"
        yield ", ".join(f"\\fB{escaped(name)}\\fR" for name in action.option_strings) + value
        yield escaped(_expanded(action.help or "", action))


def _expanded(text: str, of: object) -> str:
    return text % {"prog": "keeptouch", **vars(of)} if "%" in text else text


def completion(built: argparse.ArgumentParser) -> str:
    """A script for bash: commands, verbs, options and their choices; else names of files."""
    found = list(commands(built))
    cases = []
    for command in found:
        names = [name for action in command.options for name in action.option_strings]
        path, words = (shlex.quote(" ".join(each)) for each in (command.words, [*command.verbs, *names]))
        cases.append(f"        {path}) words={words} ;;")
    actions = [action for command in found for action in command.options]
    valued = sorted({name for action in actions if action.nargs != 0 for name in action.option_strings})
    chosen = {
        name: " ".join(map(str, action.choices))
        for action in actions
        if action.choices
        for name in action.option_strings
    }
    choices = [f"        {name}) words={shlex.quote(words)} ;;" for name, words in sorted(chosen.items())]
    nested = sorted(" ".join(command.words) for command in found if command.words)
    return "\n".join(
        [
            "# bash completion of keeptouch; made by .ci/pages.py from the command line itself",
            "_keeptouch() {",
            '    local cur=${COMP_WORDS[COMP_CWORD]} prev="" path="" word words="" at',
            "    for ((at = 1; at < COMP_CWORD; at++)); do",
            "        word=${COMP_WORDS[at]}",
            f'        if [[ " {" ".join(valued)} " == *" $prev "* ]]; then prev=$word; continue; fi',
            "        prev=$word",
            "        [[ $word == -* ]] && continue",
            "        word=${path:+$path }$word",
            f'        if [[ "|{"|".join(nested)}|" == *"|$word|"* ]]; then path=$word; fi',
            "    done",
            "    case ${COMP_WORDS[COMP_CWORD-1]} in",
            *choices,
            "    esac",
            f'    if [[ -z $words && " {" ".join(valued)} " != *" ${{COMP_WORDS[COMP_CWORD-1]}} "* ]]; then',
            "        case $path in",
            *cases,
            "        esac",
            "    fi",
            '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
            "}",
            "complete -o bashdefault -o default -F _keeptouch keeptouch",
            "",
        ]
    )


def main() -> None:
    """Write both."""
    built = parser()
    for path, text in ((MAN, man_page(built)), (COMPLETION, completion(built))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
