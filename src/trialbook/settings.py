"""What can be set? One table: name, default, meaning, and the environment variable that sets it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from trialbook.errors import UsageError

VERSION = "0.1.0"
PREFIX = "TRIALBOOK_"


class Setting(msgspec.Struct, frozen=True):
    """One thing that can be set, by an option where a command has it, else by `variable`.

    A default that is a number sets the bounds: from `least` to `most`.
    """

    name: str
    default: str | int
    meaning: str
    least: int = 0
    most: int = 0

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("home", "~/.trialbook", "The folder of the library."),
        Setting(
            "registry",
            "https://clinicaltrials.gov/api/v2",
            "The API that `trialbook pull` asks: its base address, which ends in /api/v2.",
        ),
        Setting(
            "host",
            "127.0.0.1",
            "The address on which `trialbook serve` listens; keep to this machine unless you mean it.",
        ),
        Setting("port", 8080, "The port of `trialbook serve`; 0 takes a free one.", most=65_535),
        Setting(
            "allow_origin",
            "",
            "A web site whose scripts may read the API, or * for any; none unless told.",
        ),
        Setting(
            "allow_host",
            "",
            "A further name for which requests are answered, beside this machine's and --host's; several with"
            " commas, or * for any. Behind a reverse proxy, the name that it passes on.",
        ),
        Setting(
            "writing",
            "auto",
            "Whether forms of the site may change lists and saved searches: yes, no, or auto, which is yes while"
            " it serves this machine alone.",
        ),
        Setting(
            "cache",
            "",
            "The folder for vocabularies read once on a machine; the user's cache folder unless told.",
        ),
        Setting(
            "compared_versions",
            60,
            "How many of a record's last versions its history compares with the one before.",
            least=1,
            most=10_000,
        ),
        Setting(
            "index_memory_mb",
            200,
            "Memory in megabytes that the index may gather documents in before it writes them.",
            least=15,
            most=4_000,
        ),
        Setting(
            "model_url",
            "",
            "The base address of an OpenAI-compatible API, which `trialbook criteria --propose` asks; none is asked"
            " unless told. Plain http only of this machine.",
        ),
        Setting("model_name", "", "The name of the language model at that address."),
        Setting(
            "model_key",
            "",
            "The key for that address, if it wants one; it is sent there alone and never shown.",
        ),
    )
}


def read_text(name: str, given: str | Path | None = None) -> str:
    """A setting that is a text: the one given, else the environment's, else the default."""
    setting = SETTINGS[name]
    return str(given or "").strip() or os.environ.get(setting.variable, "").strip() or str(setting.default)


def read_number(name: str, given: int | None = None) -> int:
    """A setting that is a number, as `read_text`.

    Raises UsageError where the variable holds no number within its bounds.

    >>> read_number("port", 9000)
    9000
    """
    if given is not None:
        return given
    setting = SETTINGS[name]
    text = read_text(name)
    if not (text.isascii() and text.isdigit() and setting.least <= int(text[:9]) <= setting.most):
        raise UsageError(
            f"{setting.variable} is no number from {setting.least:,} to {setting.most:,}: {text[:40]!r}"
        )
    return int(text)


def read_folder(name: str, given: str | Path | None = None) -> Path:
    """A setting that is a folder, with "~" resolved; as `read_text`. Raises UsageError."""
    text = read_text(name, given)
    return expand(text)


def expand(path: str | Path) -> Path:
    """A place on the disk as a person wrote it, with "~" resolved; raises UsageError where that leads nowhere."""
    if "\0" in str(path):
        raise UsageError(f"no file or folder has the character NUL in its name: {str(path)[:200]!r}")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"there is no folder {str(path)[:200]}: nobody of that name has a home here; write the whole path"
        ) from error
