"""Reports as pictures: PNG and SVG, by matplotlib, which the extra `plots` brings and nothing else here asks for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from daemon.problems import refuse
from store.questions.reports import Stand, Week

#: Endings of files that can be drawn.
FORMATS = ("png", "svg")
#: More lines than that nobody tells apart.
_LINES = 10
_STAGES = {"action": "#1b7837", "decision": "#5aae61", "interest": "#a6dba0", "awareness": "#9e9e9e", None: "#d9d9d9"}
#: SVG leaves text to the viewer, who has the fonts and shapes it; in PNG matplotlib does that, from 3.11 on by libraqm.
#: Dollars in names are no formulas.
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "keeptouch", "text.parse_math": False}
#: Comes with matplotlib; what it lacks is looked for in those of this machine that begin so.
_FONT, _OTHER_FONTS = "DejaVu Sans", "Noto Sans"


def refuse_unfit(path: Path) -> None:
    """Raise ConfigError where such a file can't be drawn; to be asked before the work."""
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        raise refuse("--plot", f"{path} is neither a .png nor a .svg", "name the file so")
    if not path.absolute().parent.is_dir():
        raise refuse("--plot", f"the folder {path.absolute().parent} does not exist", "make it, or name another one")
    _matplotlib()


def draw_weeks(weeks: Sequence[Week], path: Path) -> str:
    """Mails, answers and tasks of people over weeks; returns what to tell of it, or ""."""
    total: dict[str, int] = {}
    for each in weeks:
        total[each.person] = total.get(each.person, 0) + (each.counts["mails_out_count"] or 0)
    people = sorted(total, key=lambda each: (-total[each], each))[:_LINES]
    names = {each.person: each.display_name or each.person for each in weeks}

    def drawn(figure: Any) -> None:
        panels = figure.subplots(3, 1, sharex=True)
        lines: list[Any] = []
        for person in people:
            own = [each for each in weeks if each.person == person]
            days = [each.week_starts_on for each in own]
            hours = [_hours(each.counts["answer_working_seconds"]) for each in own]
            lines += panels[0].plot(days, [each.counts["mails_out_count"] for each in own], marker="o")
            panels[1].plot(days, hours, marker="o")
            panels[2].plot(days, [each.counts["late_count"] for each in own], marker="o")
        for panel, title in zip(
            panels, ("mails written", "hours of working time to an answer, median", "late tasks"), strict=True
        ):
            panel.set_title(title, loc="left", fontsize=10)
            panel.set_ylim(bottom=0)
        if people:
            labels = [names[each] for each in people]
            panels[0].legend(lines, labels, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        panels[2].set_xticks(sorted({each.week_starts_on for each in weeks}))
        panels[2].tick_params(axis="x", rotation=45)

    told = _saved(path, (9, 8), drawn)
    left = len(total) - len(people)
    return told or (f"the {_LINES} who wrote most are drawn, {left} are not" if left else "")


def draw_contacts(contacts: Sequence[Stand], path: Path) -> str:
    """Scores of contacts, coloured by stage; returns what to tell of it, or ""."""
    scored = [each for each in contacts if each.score is not None]

    def drawn(figure: Any) -> None:
        panel = figure.subplots()
        colours = [_STAGES.get(each.stage, _STAGES[None]) for each in scored]
        bars = panel.barh(range(len(scored)), [each.score for each in scored], color=colours)
        panel.set_yticks(range(len(scored)), [each.display_name for each in scored])
        panel.invert_yaxis()
        panel.set_title("score", loc="left", fontsize=10)
        first = {each.stage: bar for each, bar in reversed(list(zip(scored, bars, strict=True)))}
        shown = [stage for stage in _STAGES if stage in first]
        panel.legend([first[each] for each in shown], [each or "no stage" for each in shown], frameon=False)

    told = _saved(path, (8, 1.5 + 0.3 * len(scored)), drawn)
    left = len(contacts) - len(scored)
    return told or (f"{left} without a score are not drawn" if left else "")


def _saved(path: Path, size: tuple[float, float], drawn: Any) -> str:
    matplotlib = _matplotlib()
    figure_module = import_module("matplotlib.figure")
    kind = path.suffix.lower().removeprefix(".")
    # a picture of the same numbers is the same file
    metadata = {"Date": None} if kind == "svg" else None
    fonts = import_module("matplotlib.font_manager").get_font_names()
    family = [_FONT, *sorted(each for each in fonts if each.startswith(_OTHER_FONTS))]
    settings = {**_SETTINGS, "font.family": family}
    with warnings.catch_warnings(record=True) as caught, matplotlib.rc_context(settings):
        warnings.simplefilter("always")
        figure = figure_module.Figure(figsize=size)
        drawn(figure)
        try:
            figure.savefig(path, format=kind, dpi=150, bbox_inches="tight", metadata=metadata)
        except OSError as error:
            raise refuse("--plot", f"{path} can't be written: {error.strerror}", "name another file") from None
    if any("Glyph" in str(each.message) for each in caught) and kind == "png":
        return "some letters are in no font of matplotlib's and are drawn as boxes; an .svg leaves them to the viewer"
    return ""


def _matplotlib() -> Any:
    try:
        return import_module("matplotlib")
    except ImportError:
        hint = "install it beside keeptouch: pip install 'keeptouch[plots]'"
        raise refuse("--plot", "drawing needs matplotlib, which is not installed", hint) from None


def _hours(seconds: int | None) -> float:
    return float("nan") if seconds is None else seconds / 3600
