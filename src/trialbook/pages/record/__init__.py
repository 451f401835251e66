"""The sections of a record page, in the order in which a reader needs them."""

from trialbook.pages.record.compose import compose_record

__all__ = ["compose_record"]
