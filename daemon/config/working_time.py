"""When the company and each of its people work: [working_time], and what [[people]] have of their own."""

from __future__ import annotations

from daemon.config.records import Config, Person, WorkingTimeConfig
from daemon.options import Reader, join
from matching.addresses import normalize
from matching.holiday_dates import country_problem
from matching.workdays import WorkingTime, WorkingTimes
from matching.workweeks import read_week

_HINT = 'such as "mon-fri 09:00-17:00", and a line more for other hours'


def read_working_time(table: object, reader: Reader) -> WorkingTimeConfig | None:
    """[working_time]; None where it was refused."""
    found = reader.read(WorkingTimeConfig, table, "working_time")
    if found is None:
        return None
    is_fine = are_hours(found.hours, "working_time.hours", reader)
    is_fine &= is_country(found.country, found.region, "working_time", reader)
    return found if is_fine else None


def is_persons_own_fine(person: Person, key: str, reader: Reader) -> bool:
    """May the person work so? What is wrong is refused under the key of the person."""
    is_fine = not person.working_hours or are_hours(person.working_hours, join(key, "working_hours"), reader)
    if person.country is None and person.region:
        reader.refuse(join(key, "region"), "names a region and no country", 'beside it stands country = "…"')
        return False
    return is_country(person.country or "", person.region, key, reader) and is_fine


def are_hours(lines: tuple[str, ...], key: str, reader: Reader) -> bool:
    """Do they write a week? What is wrong is refused."""
    try:
        read_week(lines)
    except ValueError as error:
        reader.refuse(key, str(error), _HINT)
        return False
    return True


def is_country(country: str, region: str, prefix: str, reader: Reader) -> bool:
    """Are the holidays known? What is wrong is refused."""
    problem = country_problem(country, region)
    if problem:
        is_region = bool(region) and (not country or country_problem(country, "") is None)
        reader.refuse(join(prefix, "region" if is_region else "country"), *problem)
    return problem is None


def working_times_of(config: Config) -> WorkingTimes:
    """When the company works, and each person who works otherwise."""
    company = config.working_time
    usual = WorkingTime(
        zone=config.company.timezone,
        week=read_week(company.hours),
        country=company.country,
        region=company.region,
        days_off=frozenset(company.days_off),
    )
    own: dict[str, WorkingTime] = {}
    for person in config.people:
        theirs = _persons(person, usual)
        if theirs != usual:
            addresses = [normalize(address) for address in (person.email, *person.aliases)]
            own |= {address: theirs for address in addresses if address}
    return WorkingTimes(usual, own)


def _persons(person: Person, usual: WorkingTime) -> WorkingTime:
    is_elsewhere = person.country is not None
    return WorkingTime(
        zone=person.timezone or usual.zone,
        week=read_week(person.working_hours) if person.working_hours else usual.week,
        country=(person.country or "") if is_elsewhere else usual.country,
        region=person.region if is_elsewhere else usual.region,
        days_off=usual.days_off | frozenset(person.days_off),
    )
