"""What several commands share: the library that they read, and their common options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from trialbook.errors import UsageError
from trialbook.model import PartialDate
from trialbook.store import Store


def check_day(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """An `--as-of` date; its last day counts where it is partial."""
    if value is None:
        return None
    latest = PartialDate(value).latest
    if latest is None:
        raise click.BadParameter(f"{value!r} is no date: write 2021-08-16, 2021-08 or 2021")
    return latest.isoformat()


as_of_option = click.option(
    "--as-of", callback=check_day, metavar="DATE", help="Read the records as they stood on that day."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def opened(home: Path) -> Iterator[Store]:
    """The library for a command that reads; raises UsageError where there is none."""
    if not (home / "library.sqlite").exists():
        raise UsageError(f"there is no library in {home}: `trialbook --home {home} import FILE` makes one")
    with Store(home) as store:
        yield store
