"""Which words say that somebody had something, may have it, or has it not? Those before it, and those behind.

After NegEx (Chapman 2001) and ConText (Harkema 2009), with what families and doctors write. A blank in a
pattern of this module stands for any white space.
"""

from __future__ import annotations

import re


def compile_cues(*phrases: str) -> re.Pattern[str]:
    """A pattern of alternatives in whatever case."""
    return re.compile("|".join(phrases).replace(" ", r"\s+"), re.IGNORECASE)


_NOT_DENIED = (
    r"\bno longer\b",
    r"\bnot (?:only|sure|certain|just|improv\w+|controlled|respond\w*|toler\w+|work\w*|yet known)\b",
    r"\bno (?:doubt|change|increase|relief|improvement|response|success)\b",
    r"\bwithout (?:success|response|relief|improvement|difficulty)\b",
    r"\b(?:not|never) (?:been )?(?:hospitali[sz]ed|admitted|relieved|associated|increased|related|caused|affected|changed"
    r"|prescribed \w+|ruled out|excluded)\b",
)
_CANNOT = r"(?:do|does|did|is|was|has|have|had|are|were|could|ca|wo|would)n['’]?t|cannot"
# What looks like a denial and is none is the group "none", so that it hides what it holds.
DENIED = compile_cues(
    f"(?P<none>{'|'.join(_NOT_DENIED)})",
    r"\b(?:no|nor|neither|none of|not|never|denie[sd]|denying|deny|without|w/o|negative (?:\w+ )?for|neg(?:ative)? (?:for|hx)"
    r"|neg\.? for|absence of|free (?:of|from)|ruled out|ruling out|excluded|excludes|lack of|lacks|rather than|unlikely"
    rf"|{_CANNOT})\b"
    r"(?: (?:(?:currently|presently|now|on|ever|any|an?|yet|been|be|have|had|has|having|received?|receiving"
    r"|undergone?|required?|needed?|take|taken|taking|use|used|get|got"
    r"|show|shown|show any"
    r"|a history of|diagnosed with|treated for)\b))*",
)
NON = re.compile(r"\bnon[\s-]$", re.IGNORECASE)
# Only these words may stand between such a cue and what it is said of, alone or in a list.
_LISTED = r"(?: (?:any|all|the|an?|his|her|my|their|to take|to start|taking|starting|treatment with|therapy with|of|oral|daily))*"
_LIST = r"(?: [\w-]+(?:,| and| or|,? (?:and|or))| [\w-]+/)*"
DECLINED = compile_cues(
    rf"\b(?:declin(?:es|ed|ing)|refus(?:es|ed|ing|al of)|unwilling to (?:take|start)){_LISTED}{_LIST}{_LISTED} $"
)
OFF = compile_cues(
    rf"(?<!and\s)(?<!wearing\s)\b(?:(?:came |come |coming |been |is |was |weaned |tapered |now |currently )*off"
    rf"|(?:switched|changed|transitioned|converted) (?:\w+ )?from){_LISTED}{_LIST}{_LISTED} $"
)
NAIVE_BEHIND = compile_cues(r"^[\s-]*(?:treatment[\s-]*)?na[iï]ve\b")
STARTED_BEHIND = compile_cues(
    r"^ (?:(?:was|is|has been|were) )?(?:re-?started|started|initiated|begun|resumed|added)\b(?![^.;]*\b(?:stopp|discont|quit))"
)
# What ended then: "stopped metformin in 2020".
ENDED = compile_cues(
    r"\b(?:stopped|quit|discontinued|ceased|completed|finished|off|d/c['’]?e?d|dc['’]?d|resolved|withdrawn|weaned|ended)\b"
)
# "Negative HIV test", but "HER2 negative breast cancer".
NEGATIVE = compile_cues(r"(?:^|[.,;(]|\b(?:and|with|had|has|a)\b) ?(?:negative|neg\.?|non-?reactive) $")
NOT_EXCLUDED = compile_cues(r"\bnot (?:yet )?(?:been )?(?:ruled|excluded)")
POSSIBLE = compile_cues(
    r"\b(?:suspect(?:s|ed|ing)?|suspicious for|suspicion (?:of|for)|possib(?:le|ly)|probabl[ey]|questionable|query|question of"
    r"|(?:may|might|could) (?:also )?(?:have|be|get|need|start|undergo)|r/o|rule out|ruling|concern(?:ed|ing|s)? (?:for|about|of)"
    r"|risk (?:of|for)|differential|versus|vs|planned (?:for)?|plan(?:s|ning)? (?:for|to)|scheduled for|about to start"
    r"|(?:will|to) be (?:\w+ )?(?:treated with|given|started on|put on)"
    r"|(?:to|will|going to|would like to) (?:start|begin|receive|undergo)|awaiting|listed for|(?:being )?considered for"
    r"|considering|candidate for|eligible for|interested in|(?:trials?|stud(?:y|ies)) of|evaluated? for|work-?up for"
    r"|screening for|to exclude|imp)\b",
    r"\bstarts(?= )",
    r"\?\s?(?=\w*$)",
)
_HISTORY = (
    r"(?:(?:past|prior|previous|remote|known|medical|surgical|pmh|significant for) )*(?:history|hx|h/o)\b"
    r"(?: (?:is )?(?:significant|notable|remarkable) for)?(?: (?:of|includes?))?"
)
PAST = compile_cues(
    rf"\b(?:{_HISTORY}|pmhx?|pshx?|s/p|status[ -]post|prev(?:ious(?:ly)?|\.)?|prior|past|former(?:ly)?|ex"
    r"|used to(?: (?:have|be|take|suffer from))?|once (?:had|was)|remote|no longer(?: (?:takes|taking|on|has|have|having"
    r"|uses|using|needs|receives))?|post(?!-\w+ )|failed|fail(?:ure|ing) of|trial(?:l?ed)"
    r"|tried|stopped(?: taking)?|quit|discontinued|ceased|progressed (?:on|after|through)|refractory to|after|following"
    r"|underwent|recovered from|cured of|survived|survivor of|sustained|completed|finished|received"
    r"|(?:was|were|been|had been) (?:\w+ )?(?:on|taking|treated with|given|treated for)|treated with)\b"
)
# These reach to the next comma alone: "s/p CABG, diabetes".
NEAR = compile_cues(r"s/p|status[ -]post|post|after|following|underwent")
HAD = re.compile(
    r"(?<!has\s)(?<!have\s)(?<!['’]ve\s)(?<!['’]s\s)\b(?:had|I['’]d)\s+(?!been\b)", re.IGNORECASE
)
_TURNS = (
    r"(?:s?he|it)['’]?s|but|however|who|which|presents?|presented|presenting|except|although|now|currently|still|today|on|has|have|with|is|takes"
    r"|taking|shows?|showed|revealed|suffers?|because|since|admitted|came|comes|she|he|I"
)
# Words that begin something else: a cue before them no longer holds.
TURN = compile_cues(
    rf"\b(?:{_TURNS}|p/w|c/o|though|yet|had|does|due|secondary|complicated|started|includ\w+|until|when|trial(?:l?ed)|tried"
    r"|failed|s/p|underwent|received|treated)\b",
    r"[()]",
)
TURN_OF_PAST = compile_cues(rf"\b(?:{_TURNS}|started|w|w/)\b", r"[()]", r",\s*(?:to|no|not|listed)\b")

_AUXILIARY = (
    r"(?:(?:has|have|had)(?: (?:also|since|now))?(?: been)?|(?:was|were|is|are|been|being|tested|came back|turned out|it was)"
    r"(?: (?:also|since|later|now|all|then))?)\s*"
)
_LINK = rf"^(?P<gap>[^.;:()]{{0,40}}?)\s*,?\s*\b(?:{_AUXILIARY})?"
DENIED_BEHIND = compile_cues(
    rf"{_LINK}(?:ruled out|excluded|negative|neg\b|non[\s-]?reactive|not reactive|absent|not (?:present|found|seen|given"
    rf"|detected|done|confirmed)|unlikely"
    r"|denied|declined|refused)"
)
POSSIBLE_BEHIND = compile_cues(
    rf"{_LINK}(?:(?:possible|suspected|probable)(?! (?!by|on|in|but|and|because|since|at|due|to|from|after)\w)"
    r"|likely|(?:being )?(?:investigated|worked up|looked into)|(?:planned|scheduled|considered)(?! (?:for|to)\b)"
    r"|pending|cannot be excluded"
    r"|not (?:yet )?(?:been )?(?:excluded|ruled out)|to be ruled out|unclear|questioned|in question|soon)\b",
    r"^\s*\?",
)
# No dose, which looks like one: "metformin 2000 mg".
YEAR = r"(?:\d{1,2}/)?(?:19|20)\d\d\b(?!\s*(?:m?c?g\b|mg|ml|units?|iu|kcal|/))"
IN_A_YEAR = compile_cues(rf"^ in {YEAR}")
_COUNT = r"(?:\d+|two|three|four|five|ten|several|many|some)"
PAST_BEHIND = compile_cues(
    rf"{_LINK}(?:stopped|resected|excised"
    r"|discontinued|done|d/c['’]?e?d|dc['’]?d|resolved|cured|withdrawn|in (?:full |complete )?remission"
    r"|did\s?n['’]t work|no longer works?|healed"
    rf"|(?<=\s){_AUXILIARY}(?:gone|removed|over|tried|failed|done|finished|completed|ended|treated in))\b",
    r"^ \((?:was |is )?(?:stopped|discontinued|d/c['’]?e?d|resolved|ended|off)\b",
    r"^\s*,?\s*(?:did\s?n['’]?t|no longer|never) (?:work|help)",
    r"^[^.;:,()]{0,30}?\b(?:gave|caused)\b[^.;]{0,40}\b(?:so|and)\b[^.;]{0,20}\b(?:quit|stop)",
    rf"^\s*(?:x\s?\d+ )?\(?(?:in )?{YEAR}",
    rf"^ (?:\w+ )?{_COUNT}\s?(?:years?|yrs?|y|months?|mos?) ago\b",
    r"^,? (?:many |some |several |a few )?(?:years|months|ages) ago\b",
    r"^ (?:last year|as an? (?:child|teenager|infant|baby))\b",
    r"^ until\b",
    r"^\s*(?:->|→)\s*(?:progress|PD\b|failed|stopped)",
    r"^ failed\b(?=\s*(?:[.,;]|$))",
)
# What began then is there still: "diagnosed with lupus in 2015".
BEGAN = compile_cues(
    r"\b(?:diagnosed|diagnosis|dx(?:['’]?d)?|found|known|developed|onset|since|told|began|started|noticed)\b[^.;,]{0,30}$"
)
WHEN = re.compile(r"^[^a-z]*(?:in\s+)?[\d(]|\bago\b|\blast\s+year\b", re.IGNORECASE)
# At the end of a gap it joins verbs: "treated and cured".
AND = re.compile(r"\b(?:and|or|nor)\b(?=\s+\w)", re.IGNORECASE)
NO_LONGER = compile_cues(r"^\s*any(?:\s?more| longer)\b")
# What lasts so long is there, whatever stands before the comma: "never had diabetes, MS for 10 years".
LASTS = compile_cues(
    rf"^\s*(?:(?:for|x)\s?(?:(?:the (?:last|past)|about|over) )?{_COUNT}\s?(?:years?|yrs?|y|months?|mo)|since)\b"
)
# These speak of one word, not of what follows: "ex-smoker, COPD".
OF_A_PERSON = compile_cues(r"(?:ex|former)")
A_PERSON = compile_cues(r"\b(?:smoker|drinker|user|alcoholic|athlete|addict)s?\b")
# What one thing alone did: "has colitis, and infliximab stopped working".
OF_ONE = compile_cues(
    r"\b(?:stopped (?:working|helping)|did\s?n['’]?t (?:work|help)|no longer (?:works?|helps?))\b",
    r"\bstopped$",
)
# With one of these between, what follows is said of something else.
VERB = compile_cues(
    r"\b(?:has|have|had|with|on|but|takes|no|not|denies|who|is|was|were|are|shows?|and (?:on|is|has|no))\b",
    r",\s*(?:on|no|now|s/p)\b",
)
