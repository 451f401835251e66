"""What does a query string ask for? Every value checked for its form before anything is looked up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import parse_qsl

from trialbook.ask.filters import FILTERS
from trialbook.ask.refusals import quote, refuse_format, refuse_value
from trialbook.errors import ApiError
from trialbook.record.ids import find_nct_id

LONGEST_LIST = 2_000
FIELD_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9\-. ]*")
SEPARATOR = re.compile(r"[,|]")
TEXT_SEPARATOR = re.compile(r"\|")
WHOLE_NUMBER = re.compile(r"0*[0-9]{1,18}")
# Lists may be given in several parameters of one name; everything else once.
LISTS = frozenset(
    {
        "fields",
        "sort",
        "types",
        *(
            f"{kind}.{name}"
            for kind in ("filter", "postFilter")
            for name in ("overallStatus", "ids", "synonyms")
        ),
        *(each.name for each in FILTERS if each.takes_several),
    }
)


class Parameters:
    """The parameters of one request.

    Parameters
    ----------
    query
        The query string as it came.
    known
        The names that the endpoint knows; any other is refused, as the registry does.

    Raises
    ------
    ApiError
        400: an unknown name, or one that is given twice and is no list.
    """

    def __init__(self, query: bytes, known: Collection[str]) -> None:
        self._values: dict[str, str] = {}
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8"):
            if name not in known:
                raise _refuse_name(name, known)
            if name in self._values:
                if name not in LISTS:
                    raise ApiError(f"Parameter `{name}` is given more than once")
                self._values[name] += f"|{value}"
            else:
                self._values[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def items(self, without: Collection[str] = ()) -> list[tuple[str, str]]:
        """Names and values in alphabetical order, for telling requests apart."""
        return sorted(item for item in self._values.items() if item[0] not in without)

    def text(self, name: str) -> str:
        """A value without the white space around it; "" where it is not given."""
        return self._values.get(name, "").strip()

    def choice(self, name: str, allowed: Iterable[str]) -> str:
        """One of the allowed values; the first of them is the default."""
        choices = tuple(allowed)
        value = self.text(name)
        if value and value not in choices:
            raise refuse_value(name, value)
        return value or choices[0]

    def flag(self, name: str) -> bool:
        """true or false, in any case; false where it is not given."""
        value = self.text(name).lower()
        if value not in ("", "true", "false"):
            raise refuse_value(name, value)
        return value == "true"

    def whole(self, name: str) -> int | None:
        """A whole number, 0 or more; None where it is not given."""
        value = self.text(name)
        if not value:
            return None
        if not WHOLE_NUMBER.fullmatch(value):
            raise refuse_format(name)
        return int(value.lstrip("0") or "0")

    def read_list(self, name: str, separator: re.Pattern[str] = SEPARATOR) -> list[str]:
        """A list, separated by commas or bars unless told; an empty one is as good as none."""
        if name not in self._values:
            return []
        found = [item.strip() for item in separator.split(self._values[name])]
        items = [item for item in found if item]
        if len(items) > LONGEST_LIST:
            raise ApiError(f"Parameter `{name}` has more than {LONGEST_LIST} items")
        return items

    def field_names(self, name: str = "fields", *, is_query_known: bool = False) -> list[str]:
        """A list of names of fields, columns or tags, checked for their form."""
        items = self.read_list(name)
        for number, item in enumerate(items, 1):
            if not (FIELD_NAME.fullmatch(item) or (is_query_known and item == "@query")):
                raise refuse_format(name, number)
        return list(dict.fromkeys(items))

    def nct_ids(self, name: str) -> list[str]:
        """A list of ids, in the form that records have."""
        found = []
        for number, item in enumerate(self.read_list(name), 1):
            nct_id = find_nct_id(item)
            if nct_id is None:
                raise refuse_format(name, number)
            found.append(nct_id)
        return list(dict.fromkeys(found))


def _refuse_name(name: str, known: Collection[str]) -> ApiError:
    if "." in name and not any("." in each for each in known):
        return ApiError(f"Invalid prefix in parameter name: {quote(name)}")
    return ApiError(f"`{quote(name)}` is unknown parameter")
