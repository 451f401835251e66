"""Which words join, turn and narrow what a criterion says?"""

from __future__ import annotations

import re
from typing import Literal

from trialbook.eligibility.tree import Assertion
from trialbook.eligibility.words import compile_small

Type = Literal[
    "concept", "timed", "not", "except", "and", "or", "comma", "semi", "stop", "open", "close", "if", "assertion",
    "judgement", "example", "defined", "both", "either", "permits", "people", "word",
]  # fmt: skip

# What joins and turns. Longer forms come first; the first that fits at a place wins.
JOINTS: tuple[tuple[Type, str], ...] = (
    (
        "people",
        r"(?:adult |healthy )?(?:males?|m[ae]n|boys) ?(?:and|or|/|&|and/or) ?(?:non[- ]?pregnant )?"
        r"(?:females?|wom[ae]n|girls|adults)"
        r"|(?:adult |healthy )?(?:females?|wom[ae]n|girls) ?(?:and|or|/|&|and/or) ?(?:males?|m[ae]n|boys)"
        r"|(?:both|either|any|all) (?:sex(?:es)?|genders?)",
    ),
    (
        "judgement",
        r"(?:in|at|as per|per|by|according to|based on|as judged by|as determined by|as assessed by"
        r"|deemed by|considered by)?\s*(?:the )?(?:opinion|judge?ment|discretion|view|assessment"
        r"|decision|clinical judge?ment)s?\s*(?:of )?(?:the )?(?:principal |treating |study |site "
        r"|responsible |local )*(?:investigators?|physicians?|PI|clinicians?|doctors?"
        r"|sponsor)(?:'s?)?(?: or (?:designee|sponsor))?"
        r"|(?:in |at |per |by )?(?:the )?(?:principal |treating |study |site |local )*(?:investigator"
        r"|physician|PI|clinician|sponsor)(?:'s|s'|s)? (?:opinion|judge?ment|discretion|view|assessment"
        r"|decision)"
        r"|(?:as )?(?:judged|deemed|considered|thought|believed)(?: to be)? (?:not |un|in)(?:to be )?\w+"
        r"(?: [\w-]+){0,9}? by (?:the |an? |their )?(?:principal |treating |study |site |local )*(?:investigators?"
        r"|physicians?|PI|clinicians?|doctors?|researchers?|surgeons?|sponsor)"
        r"|(?:as )?(?:judged|deemed|considered|determined|assessed|believed|thought)(?: (?:appropriate"
        r"|unsuitable|unsafe|inappropriate|eligible|ineligible|unfit|suitable|necessary|clinically"
        r" significant|to be \w+))? by (?:the )?(?:principal |treating |study |site |local"
        r" )*(?:investigators?|physicians?|PI|clinicians?|sponsor|doctor)"
        r"|(?:the )?(?:principal |treating |study |site )*(?:investigator|physician|PI)s? (?:considers?"
        r"|believes?|deems?|feels?|judges?|thinks?|determines?)"
        r"|(?:that |which )?(?:(?:would|could|may|might|can|will|is likely to|are likely to)(?: potentially| significantly"
        r"| adversely| possibly)? (?:impair|affect|impact|limit|prevent|pose|put|place|render|make|increase the risk|influence"
        r"|alter|complicate)|(?:would|could|may|might|can|will|is likely to|are likely to|that|which|to)(?: potentially"
        r"| significantly| adversely| possibly)? (?:interfere|compromise|confound|preclude|jeopardi[sz]e|hinder|contraindicate"
        r"|be a contraindication|impede|bias))\b"
        r"|(?:(?:that |which |who )?(?:is|are|was|were) )?not (?:an? )?(?:suitable|eligible|appropriate|fit"
        r"|(?:good )?candidates?) (?:for|to)\b(?! (?:(?:be|participate|take part|enter|enrol\w*|join|inclu\w+|participation)\b"
        r"|(?:the|this) (?:study|trial|protocol)\b))",
    ),
    (
        "permits",
        r"(?:need|should|must|will|would|do|does) not (?:be )?(?:considered |regarded as |constitute )?(?:an? |as )?"
        r"(?:exclusions?(?: criteri(?:on|a))?|exclusionary|excluded)"
        r"|(?:is|are|will be|may be|would be)(?: still)? (?:allowed|permitted|acceptable|eligible|not"
        r" excluded|accepted|not exclusionary|not an exclusion)|(?:may|can|will)(?: still)?"
        r" (?:participate|be (?:included|enrolled|eligible|allowed|considered|permitted))(?: if)?"
        r"|(?:taking part|participation) (?:is|will be) (?:possible|allowed|permitted)|(?:may|can) take part",
    ),
    (
        "except",
        r"with the exceptions? (?:of|for)|with (?:an )?exceptions? (?:of|for)|exceptions?(?: are| is|"
        r" to this| include|:)|except(?:ing)?(?: for| in| if| that| when| where)?|excluding|unless"
        r"|other than|apart from|aside from|besides|not including|but not|with the exclusion of|not"
        r" counting|provided (?:that )?(?=they (?:do|have) not)",
    ),
    (
        "defined",
        r"(?:(?:as )?(?:defined|evidenced|shown|indicated|demonstrated|manifested|reflected"
        r"|characteri[sz]ed|measured|assessed|determined|documented|confirmed|established|diagnosed"
        r"|proven|verified|judged)(?: as| by| with| on| via| using| through| in| per| according to)(?:"
        r" having| an?| the)?|i\.e\.,?|ie,|defined:|definition:|that is,|meaning)",
    ),
    (
        "example",
        r"(?:e\.g\.?,?|eg\.?,|for example,?|for instance,?|such as,?|including(?:,)?(?: but)?(?:"
        r" not)?(?: limited)?(?: to)?:?|includ(?:es|e):?|especially|particularly|namely|like)",
    ),
    (
        "if",
        r"if|in case of|in the case of|when(?! (?:administered|measured|assessed|used|taken|compared))"
        r"|in the event of|provided(?: that)?|only if"
        r"|as long as",
    ),
    (
        "not",
        r"(?:is|are|will be|would be) (?:not (?:permitted|allowed)|prohibited)(?=\W*\Z|\s*[.;])"
        r"|(?:(?:is|are|will be|would be) )?(?:not eligible|ineligible)"
        r"(?: (?:for|to)"
        r"(?: (?:be|participate|take part|enter|enrol\w*|join|inclu\w+|participation|in|the|this|study|trial|protocol))+)?"
        r"|not(?: (?:be|have|having|been|had|currently|previously))*(?: (?:known to have|receiving|taking|using|treated with))?"
        r"|no(?: (?:known|prior(?! or\b)|previous(?! or\b)|evidence of|current|other|active|signs of|clinical evidence of|more"
        r"|clinically significant|significant))*|without(?: any| evidence of)?|(?:in )?(?:the )?absence of|lack of|free of"
        r"|free from|negative(?: for)?|never|neither|non(?=[ -]?(?:pregnan|lactat|breast|nursing|smok|diabet"
        r"|child|users?\b))|none|denies|rule[sd]? out|can ?not(?: be)?"
        r"|do(?:es)? not(?: have)?|did not|ha(?:s|ve) (?:not|never|no)|(?:is|are|was|were|must|should|will|may) not(?: be)?"
        r"|(?:is|are|was|were) (?:absent|not (?:present|detected|found|seen|evident))|excluded",
    ),
    ("assertion", r"__ASSERTION__"),
    ("both", r"both"),
    ("either", r"either"),
    ("or", r"and\s*/?\s*or|or\s*/\s*and|or else|or|nor|as well as(?= not)"),
    (
        "and",
        r"and|as well as|together with|in combination with|combined with|plus(?= )|&|but(?! not)|along"
        r" with|accompanied by|in addition to",
    ),
)
ASSERTIONS: tuple[tuple[Assertion, str], ...] = (
    (
        "family",
        r"family (?:medical )?history of|family member(?:s)? with|(?:first|second|1st|2nd)[- ]degree"
        r" relatives? (?:with|who)|familial history of",
    ),
    (
        "allergy",
        r"(?:known |any |history of |severe |documented |suspected |previous |prior |have |serious"
        r" )*(?:allerg(?:y|ies|ic)(?: reactions?)?|hypersensitiv(?:ity|e|ities)(?: reactions?)?"
        r"|intoleran(?:ce|t)|sensitivity|anaphyla\w+(?: reactions?| shock)?)(?: (?:or|and|/)"
        r" (?:allerg(?:y|ies|ic)(?: reactions?)?|hypersensitivity(?: reactions?)?|intoleran(?:ce|t)"
        r"|contraindications?|sensitivity|adverse reactions?))*(?: reactions?)? (?:to|against|of|for"
        r"|with)(?: any(?: of)?| the)*",
    ),
    (
        "at_risk",
        r"(?:at|with)(?: an?)? (?:high|higher|increased|elevated|significant|substantial|low"
        r"|moderate)?\s*risk (?:of|for)|risk of|risk for|predisposed to|predisposition to|prone to|risk"
        r" factors? for",
    ),
    (
        "planned",
        r"(?:are |is |who |be )?(?:planned|planning|plan|plans|scheduled|intend|intends|intending"
        r"|intention|anticipated|awaiting|candidates?|about|expect(?:ed|ing)?|likely)(?: to| for)(?:"
        r" (?:receive|undergo|need|require|be treated with|have|start|become|be|get|use|take|initiate"
        r"|the use of))*|(?:planned|scheduled|anticipated|elective|upcoming|intended)(?= )|will (?:be"
        r" )?(?:undergo(?:ing)?|receiv(?:e|ing)|requir(?:e|ing)|need|have|start)|(?:has |have )?(?:an "
        r"|a )?indications? for|undergoing|desire to|wish(?:es)? to|needs? for|requires?(?= )|need(?:s"
        r"|ing)?(?= )",
    ),
    (
        "able",
        r"(?:be |is |are )?(?:able|ability|capable|capacity|willing|willingness|agree(?:s|ment"
        r"|ing)?|consent(?:s|ing)?)(?: and (?:able|willing|capable|ability|willingness))?(?: or (?:able"
        r"|willing))?(?: to| of)(?: provide| give)?",
    ),
    (
        "history",
        r"(?:present|current|active)(?: or| and/or|/| and) (?:past|previous|prior)"
        r"|(?:past|previous|prior)(?: or| and/or|/| and) (?:present|current|active)"
        r"|(?:a |any |known |clinical |past |lifetime |previous |prior |documented |medical |personal |has |have "
        r"|had |with |recent )*histor(?:y|ies) (?:of|for|or presence of|or (?:current|evidence|active)"
        r" \w+ of)(?: (?:any|prior|previous|a|an|known|significant|clinically significant))*|status"
        r" post|s/p|(?:have |has |who )?previous(?:ly)?(?: (?:treated with|received|undergone|diagnosed"
        r" with|exposed to|exposure to))?|(?:have |has )?prior(?! to\b)|past|(?:have|has|who have|who"
        r" has) (?:ever |previously )?(?:had|been treated with|received|undergone|been diagnosed with"
        r"|experienced|suffered|taken|used|participated in)|had|former(?:ly)?|underwent|received|ever"
        r"|in the past(?=\s*(?:[.,;)]|\Z|and\b|or\b))",
    ),
)
_UNABLE = (
    r"(?:be |is |are )?(?:unable|inability|unwilling(?:ness)?|not able|not willing|incapable"
    r"|refus(?:al|es?|ed|ing)|declin(?:e|es|ing))(?: or (?:unwilling(?:ness)?|unable|inability"
    r"|refusal))?(?: to| of)?(?: provide| give| undergo)?"
)
_ALTERNATIVES = [
    (name, form if name != "assertion" else "|".join(rf"(?P<{kind}>{words})" for kind, words in ASSERTIONS))
    for name, form in JOINTS
]
# What turns comes last: of one place the longer forms of the others win.
_ORDERED = [each for each in _ALTERNATIVES if each[0] != "not"] + [
    each for each in _ALTERNATIVES if each[0] == "not"
]
_ANY = "|".join(rf"(?P<j_{name}>{form})(?!\w)" for name, form in _ORDERED)
# Both read small letters: a pattern that minds no case is twice as slow.
JOINT = compile_small(rf"(?<![\w-])(?:{_ANY})")
UNABLE = compile_small(_UNABLE)
# By the name of the group that found it.
TYPE_OF: dict[str, Type] = {f"j_{name}": name for name, _ in JOINTS}
COLON = re.compile(r":(?=\s+\S)")
STOP = re.compile(r"[.!?]+(?=\s+[A-Z(\d]|\s*\Z)|[.;]?\s*\n\s*(?=[A-Z])|:\s*(?=\n)")
ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|etc|no|dr|max|min|incl|resp|ca|cf|al|St|spp|sp|Inc|p\.o|i\.v"
    r"|b\.i\.d)|\b[A-Z])\Z"
)
