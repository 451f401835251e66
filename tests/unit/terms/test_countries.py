"""A country has many names, and each leads to it; what names none, or several, leads nowhere."""

from __future__ import annotations

import pytest

from trialbook.record.walk import find_present_country, get_country_names
from trialbook.terms.countries import find_country, find_spoken_country, find_states, suggest_countries


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("TR", "Turkey|Türkiye|Turkiye|TURKEY (TÜRKIYE)|Republic of Türkiye|Türkei|Turquie|TUR|tr"),
        ("US", "USA|U.S.|U.S.A.|us|United States of America|The United States|Estados Unidos|USA."),
        ("GB", "UK|U.K.|Great Britain|England|Scotland|Northern Ireland|GBR|"
               "United Kingdom of Great Britain and Northern Ireland"),
        ("KR", "South Korea|Korea, Republic of|Republic of Korea|Korea|Korea (Republic of)|Korea, South|S. Korea"),
        ("KP", "North Korea|Korea, Democratic People's Republic of|DPRK"),
        ("IR", "Iran|Iran, Islamic Republic of|Iran (Islamic Republic of)|Islamic Republic of Iran|IRN"),
        ("DE", "Germany|Deutschland|Allemagne|Alemania|Federal Republic of Germany|germany"),
        ("CN", "China|china|P.R. China|PR China|People's Republic of China|China?|CHN"),
        ("TW", "Taiwan|Taiwan, Province Of China|Taiwan (R.O.C.)|Republic of China"),
        ("CZ", "Czechia|Czech Republic|Česko"),
        ("NL", "The Netherlands|Netherlands (the)|Holland|Nederland|Netherlands (Kingdom of the)"),
        ("VE", "Venezuela, Bolivarian Republic of|Venezuela (Bolivarian Republic of)|Venezuela"),
        ("CD", "Congo, The Democratic Republic of the|DR Congo|Democratic Republic of Congo"),
        ("CG", "Congo|Republic of the Congo"),
        ("CI", "Cote d'Ivoire|Côte d’Ivoire|Ivory Coast"),
        ("MD", "Moldova, Republic of|Moldova (the Republic of)"),
        ("MK", "Macedonia, The Former Yugoslav Republic of|North Macedonia|FYROM"),
        ("ES", "España|Spain|Spanien"), ("CH", "Schweiz|Suisse|Switzerland"), ("BR", "Brasil|Brazil"),
        ("AT", "Österreich|Austria"), ("IE", "Republic of Ireland|Ireland"), ("VN", "Viet Nam|Vietnam"),
        ("RU", "Russian Federation|Russia|Россия|Rosja|俄罗斯|ロシア"), ("KZ", "Kazajistán|Kasachstan|Kazakistan"),
        ("JP", "日本|Japonsko|Японія|اليابان|일본"), ("HU", "Magyarország|Ungarn|Macaristan|Unkari"),
        ("ID", "Republik Indonesia"), ("AT", "Österreich (Austria)|Itävalta|Rakousko"), ("CZ", "Czech Rep."),
        ("TZ", "Tanzania, United Republic of"), ("SY", "Syrian Arab Republic"),
    ],
)  # fmt: skip
def test_every_name_of_a_country_leads_to_it(code: str, names: str) -> None:
    found = {name: find_country(name) for name in names.split("|")}
    assert {name: each and each.code for name, each in found.items()} == dict.fromkeys(found, code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Asia",
        "Europe",
        "North America",
        "Wuhan",
        "Republic",
        "Atlantis",
        "Chian",
        "of the",
        "Man",
        "Germany (France)",
        "Granada",
        "Viro",
    ],
)
def test_what_is_no_country_is_none(text: str) -> None:
    assert find_country(text) is None


def test_every_name_that_the_registry_has_used_is_its_own_country_s() -> None:
    for code, names in get_country_names().items():
        for name in names:
            found = find_country(name)
            assert found is not None
            assert (found.code, found.name) == (code, names[0]), name
            assert find_present_country(name) == names[0]


def test_within_a_text_codes_and_parts_of_countries_name_none() -> None:
    spoken = {
        each: find_spoken_country(each) for each in ("de", "IN", "England", "USA", "UK", "Türkiye", "Chad")
    }
    assert [each for each, found in spoken.items() if found] == ["USA", "UK", "Türkiye", "Chad"]


def test_states_by_code_and_by_name() -> None:
    assert [(each.country, each.name) for each in find_states("fl")] == [("US", "Florida")]
    assert [each.name for each in find_states("WA")] == ["Washington", "Western Australia"]
    assert [each.code for each in find_states("New York")] == ["NY"]
    assert find_states("XX") == ()


def test_a_slip_gets_a_suggestion() -> None:
    assert suggest_countries("Germny") == ("Germany",)
    assert suggest_countries("Chian") == ("China",)
    assert suggest_countries("Untied Kingdom") == ("United Kingdom",)
    assert suggest_countries("Hogwarts") == ()
