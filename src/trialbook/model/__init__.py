"""The record: typed, frozen, no input or output."""

from trialbook.model.ages import Age
from trialbook.model.dates import PartialDate, Precision
from trialbook.model.study import Study, encode_study, parse_record, parse_study

__all__ = ["Age", "PartialDate", "Precision", "Study", "encode_study", "parse_record", "parse_study"]
