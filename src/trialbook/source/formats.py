"""Which formats are read? One table; each row stands in the module that reads the format."""

from __future__ import annotations

from trialbook.source import api_v2
from trialbook.source import version_history as history
from trialbook.source.aact import read as aact
from trialbook.source.ictrp import read as ictrp
from trialbook.source.incoming import Format
from trialbook.source.legacy import read as legacy_xml
from trialbook.source.page import read as page_text

# In the order in which to ask: JSON of no more special form is API v2.
FORMATS: tuple[Format, ...] = (
    legacy_xml.FORMAT,
    history.FORMAT,
    api_v2.FORMAT,
    ictrp.FORMAT,
    page_text.FORMAT,
    aact.FORMAT,
)
_BY_NAME = {each.name: each for each in FORMATS}


def get_format(name: str) -> Format:
    """The format of that name; raises KeyError where no reader has it."""
    return _BY_NAME[name]


def describe_formats() -> str:
    """Write the formats for people, the most faithful first."""
    says = [each.says for each in sorted(FORMATS, key=lambda each: -each.fidelity)]
    return f"{', '.join(says[:-1])} and {says[-1]}; each plain, gzip, zstd or zip, or a folder of them"
