"""`check_record` lets a whole record through and names what is wrong with any other."""

from __future__ import annotations

import gzip
import json

import pytest

from trialbook.errors import SourceFormatError
from trialbook.source.api_v2 import check_record, is_api_v2
from trialbook.source.containers import json_slices
from trialbook.source.limits import Limits

ID = '"identificationModule":{"nctId":"NCT00000001"}'


def body(rest: str = "", *, module: str = "") -> bytes:
    return f'{{"protocolSection":{{{ID}{module}}}{rest}}}'.encode()


def test_a_record_comes_out_as_its_values():
    assert check_record(body(',"hasResults":false')) == {
        "protocolSection": {"identificationModule": {"nctId": "NCT00000001"}},
        "hasResults": False,
    }


@pytest.mark.parametrize(
    "rest",
    [
        ',"a":1e5,"b":1.50,"c":-0,"d":"\\u00e9\\/","e":[ ]',
        ',"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]',
        ' ,\n "a" : 1 ',
        ',"big":123456789012345678901234567890',
    ],
)
def test_other_spellings_of_the_same_values_are_no_fault(rest):
    assert check_record(body(rest))["protocolSection"]


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        (body(',"a":1,"a":1'), "", "duplicate key 'a' at the top"),
        (body(',"a":1,"\\u0061":1'), "", "duplicate key 'a' at the top"),
        (body(module=',"statusModule":{"x":1,"x":2}'), "protocolSection.statusModule", "duplicate key 'x'"),
        (body(',"a":[0,{"b":{"x":1,"y":2,"x":1}}]'), "a[1].b", "duplicate key 'x' in a[1].b"),
        (body(',"a":{"x":{"z":1,"z":2}},"a":3'), "", "duplicate key"),
        # Numbers that grow when written anew make up for the key that is lost: lengths would agree.
        (body(',"a":1,"a":1,"n":1e6'), "", "duplicate key 'a'"),
    ],
)
def test_a_key_that_occurs_twice_is_named_with_its_place(data, path, words):
    with pytest.raises(SourceFormatError) as caught:
        check_record(data)
    assert words in str(caught.value)
    assert caught.value.path == path
    assert caught.value.nct_id == "NCT00000001"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"not json", "not valid JSON"),
        (body()[:-1], "not valid JSON"),
        (body() + body(), "not valid JSON"),
        (b"[]", "not a record"),
        (b"{}", "it has no id"),
        (b'{"protocolSection":[1]}', "it has no id"),
        (body().replace(b'"NCT00000001"', b"17"), "the id is no text"),
        (body().replace(b"NCT00000001", b""), "the id cannot be used"),
        (body().replace(b"NCT00000001", b"N" * 65), "the id cannot be used"),
        (body().replace(b"NCT00000001", b"NCT\\n1"), "the id cannot be used"),
        (body().replace(b"NCT00000001", b" NCT1"), "the id cannot be used"),
        (body(',"a":"\\ud800"'), "not valid JSON"),
        (body(',"a":"\0"'), "not valid JSON"),
        (body(',"a":1e999'), "not valid JSON"),
        (body(',"a":' + "9" * 5000), "not valid JSON"),
        (body(',"a":' + "[" * 5000 + "]" * 5000), "not valid JSON"),
    ],
)
def test_what_is_no_record_is_named(data, words):
    with pytest.raises(SourceFormatError, match=words):
        check_record(data)


def test_bytes_that_are_not_utf8_are_found():
    data = body(',"a":"x\xe9"').replace("\xe9".encode(), b"\xe9")
    with pytest.raises(SourceFormatError) as caught:
        check_record(data)
    assert f"byte {data.index(0xE9)} " in str(caught.value)
    assert "0xe9" in str(caught.value)


def test_nesting_is_bounded_where_it_says():
    def nested(depth: int) -> bytes:
        return body(',"a":' + "[" * (depth - 1) + "]" * (depth - 1))

    assert check_record(nested(200))
    with pytest.raises(SourceFormatError, match="more than 200 deep"):
        check_record(nested(201))
    with pytest.raises(SourceFormatError, match="more than 5 deep"):
        check_record(nested(6), Limits(max_depth=5))


def test_ids_of_other_registries_are_ids():
    for name in ("ISRCTN12345678", "CTRI/2010/091/000001", "EUCTR2010-012345-12-GB"):
        assert check_record(body().replace(b"NCT00000001", name.encode()))


@pytest.mark.parametrize("head", [b"{\\rtf1", b"[section]\nkey=1", b"<a>", b"", b"\x1f\x8b", b"{% raw %}"])
def test_what_only_starts_like_json_is_not_taken_for_it(head):
    assert not is_api_v2(head)


def test_every_real_record_passes(shared_data):
    count = 0
    for path in sorted((shared_data / "ctgov").glob("records*.jsonl.gz")):
        if "xml" not in path.name:
            for line in gzip.decompress(path.read_bytes()).splitlines():
                assert check_record(line) == json.loads(line)
                count += 1
    assert count == 4173


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a": 1} {"b": 2}', (8, "")),
        (b'{"a": 1},\n', (8, "")),
        (b"[1, 2]x", (6, "")),
        (b'{"a": 1}', (8, "")),
        (b'{"a": 1', (0, "Input data was truncated")),
        (b'{"a": "b', (0, "Input data was truncated")),
        (b"", (0, "Input data was truncated")),
    ],
)
def test_msgspec_says_where_a_value_ends_in_the_words_that_are_relied_upon(text, expected):
    # If this fails with a new msgspec, `_TRAILING` and `_TRUNCATED` are to be read out of its new words.
    assert json_slices._find_end(text) == expected
