"""Which words of a note name nothing that a patient has?"""

# Words of English, then words in which any patient's story is told: they name no patient's condition.
STOP_WORDS = frozenset({
    "a", "about", "above", "after", "again", "all", "also", "although", "an", "and", "any", "are", "as",
    "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can",
    "could", "did", "do", "does", "due", "during", "each", "few", "for", "from", "further", "had", "has",
    "have", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may",
    "me", "might", "more", "most", "my", "no", "nor", "not", "of", "on", "once", "only", "or", "other",
    "our", "out", "over", "own", "s", "same", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under",
    "until", "up", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom",
    "why", "will", "with", "would", "you", "your",
    "ago", "appears", "becomes", "began", "brought", "came", "clinic", "come", "comes",
    "complain", "complained", "complaining", "complains", "complaint", "continued", "currently", "daily",
    "day", "days", "denied", "denies", "department", "describes", "despite", "developed", "doctor", "ed",
    "emergency", "evaluated", "evaluation", "exam", "examination", "examined", "family", "father",
    "feels", "female", "found", "gave", "gentleman", "girl", "given", "go", "having", "hospital", "hour",
    "hours", "husband", "including", "initially", "just", "kg", "lady", "last", "later", "left", "like",
    "lives", "male", "man", "mg", "ml", "mm", "month", "months", "mother", "mr", "mrs",
    "never", "new", "none", "normal", "noted", "notes", "noticed", "now", "off", "office", "old", "one",
    "past", "patient", "patients", "per", "performed", "physical", "physician", "presented",
    "presenting", "presents", "prior", "pt", "recent", "recently", "referred", "remarkable", "reported",
    "reports", "revealed", "reveals", "right", "said", "saw", "seen", "several", "show", "showed", "shows",
    "significant", "since", "sister", "son", "started", "states", "status", "still", "taking", "three",
    "today", "told", "took", "two", "unremarkable", "visit", "week", "weeks", "well", "went", "wife",
    "within", "without", "woman", "year", "years", "yesterday", "yo", "young", "boy", "brother",
    "daughter", "admitted", "history",
})  # fmt: skip
