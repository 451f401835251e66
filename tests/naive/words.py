"""Which words does a text have, letter by letter? The second implementation of `trialbook.terms.folding`."""

from __future__ import annotations

import unicodedata


def exact_words(text: str) -> list[str]:
    """Words as written: letters, digits, _, and single - ' ’ . between two of those."""
    words, word = [], ""
    for at, char in enumerate(text + " "):
        following = text[at + 1 : at + 2]
        if is_word_char(char) or (word and char in "-'’." and following and is_word_char(following)):
            word += char
        elif word:
            words.append(word)
            word = ""
    return words


def is_word_char(char: str) -> bool:
    return char.isalnum() or char == "_"


def folded_words(text: str) -> list[str]:
    """Lower-case words without accents, possessives, plural endings and British spelling."""
    plain = "".join("'" if char in "’‘ʼ´`" else char for char in text)
    plain = "".join(" " if is_symbol(char) else char for char in plain)
    plain = unicodedata.normalize("NFKD", plain).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    words, word = [], ""
    for at, char in enumerate(plain + " "):
        following = plain[at + 1 : at + 2]
        is_inside = bool(word) and bool(following) and following.isalnum()
        is_decimal = is_number(word) and char == "." and following.isdigit()
        if char.isalnum() and not (is_number(word) and "." in word and not char.isdigit()):
            word += char
        elif char.isalnum():
            words.append(word)
            word = char
        elif is_inside and (is_decimal or (char == "'" and "." not in word)):
            word += char
        elif word:
            words.append(word)
            word = ""
    return [singular(americanised(without_apostrophe(word))) for word in words]


def is_symbol(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char) in ("Sc", "Sk", "Sm", "So")


def is_number(word: str) -> bool:
    return bool(word) and all(char.isdigit() or char == "." for char in word)


def without_apostrophe(word: str) -> str:
    return (word[:-2] if word.endswith("'s") else word).replace("'", "")


def listed(text: str) -> list[str]:
    return text.split()


def paired(text: str) -> list[tuple[str, str]]:
    return [(pair.split("/")[0], pair.split("/")[1]) for pair in text.split()]


IRREGULAR = dict(
    paired("""
    analyses/analysis apices/apex appendices/appendix bacilli/bacillus bacteria/bacterium biases/bias
    bronchi/bronchus calculi/calculus calories/calorie calves/calf carcinomata/carcinoma children/child
    cortices/cortex crises/crisis criteria/criterion diverticula/diverticulum emboli/embolus feet/foot
    foci/focus fungi/fungus ganglia/ganglion gases/gas halves/half indices/index
    kilocalories/kilocalorie lenses/lens matrices/matrix men/man metastases/metastasis mice/mouse
    mitochondria/mitochondrion movies/movie nuclei/nucleus ova/ovum phenomena/phenomenon sera/serum
    stimuli/stimulus stomata/stoma teeth/tooth thrombi/thrombus uteri/uterus vertices/vertex women/woman
    """)
)
KEPT = listed("""
    aids always alias ards as atlas besides biceps bias caries chaos christmas cms corps cosmos diabetes
    facies forceps gas hers herpes his honduras kansas laos las lens mers ours pancreas perhaps
    quadriceps rabies sars scabies series species texas triceps versus was whereas yes
    """)
KEEP_E_AFTER_OS = listed(
    "closes doses exposes glucoses hoses loses microdoses noses overdoses poses purposes roses"
)
KEEP_E_AFTER_US = listed("uses abuses misuses reuses infuses refuses fuses diffuses")
LATIN_AE = listed("bursae fistulae larvae papillae sequelae striae venae vertebrae")

BRITISH_INSIDE = paired("""
    haem/hem aem/em oedem/edem oesoph/esoph oestr/estr paed/ped foet/fet rrhoea/rrhea pnoea/pnea
    sulph/sulf caes/ces gynaec/gynec anaest/anest faec/fec aetiol/etiol coeli/celi isation/ization
    tumour/tumor behaviour/behavior colour/color odour/odor labour/labor humour/humor favour/favor
    programme/program ageing/aging
    """)
BRITISH_ENDINGS = paired("aised/aized lised/lized omised/omized ising/izing geneic/genic geneics/genics")
BRITISH_RE = ("litre", "titre", "metre")


def is_foldable(word: str) -> bool:
    return len(word) > 3 and word.isalpha()


def americanised(word: str) -> str:
    if not is_foldable(word) or word in IRREGULAR:
        return word
    for british, american in BRITISH_INSIDE:
        word = word.replace(british, american)
    for british, american in BRITISH_ENDINGS:
        if word.endswith(british):
            word = word[: -len(british)] + american
    one = word.removesuffix("s")
    if one in ("centre", "fibre") or one.endswith(BRITISH_RE):
        word = one[:-2] + "er" + word[len(one) :]
    return word


def singular(word: str) -> str:
    if not is_foldable(word):
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in LATIN_AE:
        return word[:-1]
    if not word.endswith("s") or word in KEPT or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("stases", "theses", "lyses")):
        return word[:-2] + "is"
    if word.endswith("oses") and word not in KEEP_E_AFTER_OS:
        return word[:-2] + "is"
    if word.endswith("uses") and word[-5:-4] not in ("a", "o") and word not in KEEP_E_AFTER_US:
        return word[:-2]
    if word.endswith("aches") and not word.endswith(("oaches", "eaches")):
        return word[:-1]
    if word.endswith(("sses", "shes", "xes", "zzes", "ches")) or (word.endswith("oes") and len(word) > 5):
        return word[:-2]
    return word[:-1]


def joined_compounds(text: str) -> list[str]:
    """Two to four runs of letters and digits between single hyphens, written as one word."""
    held = "".join(char if char.isalnum() or char in "-_" else " " for char in text)
    parts = [(word, word.split("-")) for word in held.split()]
    return [
        "".join(inner)
        for word, inner in parts
        if "_" not in word and 2 <= len(inner) <= 4 and all(0 < len(part) <= 30 for part in inner)
    ]
