"""The company's people: [[people]] tables, the file people_file, and owners of accounts that neither has."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path

from daemon.config.records import Person
from daemon.config.working_time import is_persons_own_fine
from daemon.options import Reader, join, tables
from daemon.problems import suggestion
from daemon.timezones import timezone_problem
from matching.addresses import normalize

_TRUE = {"", "true", "yes", "1"}
_FALSE = {"false", "no", "0"}
#: Columns whose cells hold several, parted by semicolons.
_LISTS = {"aliases", "working_hours"}


@dataclass(slots=True)
class People:
    """Collects people, each address once."""

    reader: Reader
    people: list[Person] = field(default_factory=list)
    #: Normal form of every email and alias -> the email of the person, as written.
    _emails: dict[str, str] = field(default_factory=dict)

    def read_tables(self, value: object, label: str) -> None:
        """The [[people]] of one file."""
        for place, table in tables(value, f"{label}people", self.reader):
            name = table.get("email")
            key = f"{label}people[{name if isinstance(name, str) and name else f'#{place}'}]"
            person = self.reader.read(Person, table, key)
            if person:
                self._add(person, key)

    def read_file(self, path: Path, key: str) -> None:
        """A CSV file whose header names keys of a table; docs/configuration.md has it."""
        text = read_text(path, key, self.reader)
        if text is None:
            return
        known = [each.name for each in fields(Person)]
        rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
        header = list(rows.fieldnames or ())
        if "email" not in header:
            self.reader.refuse(key, f"{path.name} needs a first line of column names", ",".join(known))
            return
        for column in header:
            if column not in known:
                self.reader.refuse(key, f'{path.name} has an unknown column "{column}"', suggestion(column, known))
        try:
            for row in rows:
                where = f"{key} ({path.name}, line {rows.line_num})"
                if "" in row:
                    self.reader.refuse(where, "has more cells than the header", "put text with commas in quotes")
                elif person := self.reader.read(Person, _table(row, known), where):
                    self._add(person, where)
        except csv.Error as error:
            self.reader.refuse(f"{key} ({path.name}, line {rows.line_num})", f"is no CSV: {error}")

    def owner(self, email: str, key: str) -> str | None:
        """The email of the person an account belongs to, made a person where none has it; None if refused."""
        normal = normalize(email)
        if normal is None:
            self.reader.refuse(key, "is no address", "write it as name@domain")
            return None
        if normal not in self._emails:
            self._emails[normal] = email
            self.people.append(Person(email))
        return self._emails[normal]

    def _add(self, person: Person, key: str) -> None:
        fine = True
        if person.timezone and (problem := timezone_problem(person.timezone)):
            self.reader.refuse(join(key, "timezone"), *problem)
            fine = False
        fine &= is_persons_own_fine(person, key, self.reader)
        for field_name, email in (("email", person.email), *(("aliases", alias) for alias in person.aliases)):
            normal = normalize(email)
            if normal is None:
                self.reader.refuse(join(key, field_name), "is no address", "write it as name@domain")
                fine = False
            elif self._emails.get(normal, person.email) != person.email or (
                field_name == "email" and normal in self._emails
            ):
                self.reader.refuse(join(key, field_name), f"{email} belongs to {self._emails[normal]} already")
                fine = False
            else:
                self._emails[normal] = person.email
        if fine:
            self.people.append(person)


def _table(row: Mapping[str, str], known: list[str]) -> dict[str, object]:
    """A row as the TOML table that would say the same; empty cells are left out."""
    table: dict[str, object] = {key: row[key].strip() for key in known if row.get(key, "").strip()}
    for key in _LISTS & table.keys():
        table[key] = [each.strip() for each in row[key].split(";") if each.strip()]
    if "days_off" in table:
        table["days_off"] = [_date(each) for each in row["days_off"].split(";") if each.strip()]
    active = row.get("active", "").strip().lower()
    table["active"] = True if active in _TRUE else False if active in _FALSE else active
    return table


def _date(text: str) -> date | str:
    """The day; what is none is left to be refused."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return text


def read_text(path: Path, key: str, reader: Reader) -> str | None:
    """A file of names, UTF-8 with or without a byte order mark; None where it was refused."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reader.refuse(key, f"{path.name} is not UTF-8 text (at line {line})", "save it again as UTF-8")
    except OSError as error:
        reader.refuse(key, f"{path} can't be read: {error.strerror}")
    return None
