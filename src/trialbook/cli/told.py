"""What can be told of a person beside the data, and for which day? Options of the commands that hold persons against studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trialbook.errors import UsageError

if TYPE_CHECKING:
    from trialbook.library.screening import Told

Command = TypeVar("Command", bound=Callable[..., Any])


def told_options(command: Command) -> Command:
    """Adds the options; the command gets them as `day`, `complete`, `answer` and `visit`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--day", metavar="DATE", help="The day for which it is evaluated; today unless told."),
    click.option(
        "--complete",
        multiple=True,
        metavar="DOMAIN",
        help="All is told of this domain (condition, drug, procedure …): what is not named is not so. Without it,"
        " what is not named is unknown.",
    ),
    click.option(
        "--answer",
        multiple=True,
        metavar="KEY=VALUE",
        help="An answer to a question that came with a verdict, as mdrd_constant=175.",
    ),
    click.option(
        "--visit", multiple=True, metavar="NAME=DATE", help="The day of a visit, as screening=2026-11-02."
    ),
)


def read_day(written: str | None) -> date | None:
    """The day that `--day` gives; raises UsageError."""
    from trialbook.library.screening import read_day

    return read_day(written, "--day") if written is not None else None


def read_told(complete: tuple[str, ...], answer: tuple[str, ...], visit: tuple[str, ...]) -> Told:
    """What the options tell beside the data; raises UsageError."""
    from trialbook.library.screening import make_told

    return make_told(complete, dict(_split(answer, "--answer")), dict(_split(visit, "--visit")), prefix="--")


def _split(written: tuple[str, ...], option: str) -> Iterator[tuple[str, str]]:
    for each in written:
        name, sign, value = each.partition("=")
        if not sign:
            raise UsageError(f"{option} {each[:60]!r} has no equals sign: NAME=VALUE is wanted")
        yield name.strip(), value.strip()
