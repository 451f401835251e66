"""Pages: pure functions from a record or a view to HTML or plain text."""

from trialbook.pages.docs_page import render_docs_page
from trialbook.pages.events_page import render_events_page, write_events_csv
from trialbook.pages.history_page import render_diff_page, render_history_page
from trialbook.pages.message_page import render_message_page
from trialbook.pages.patient_page import render_patient_page
from trialbook.pages.related_page import render_related_page
from trialbook.pages.report_page import render_report_page
from trialbook.pages.search_page import render_search_page, render_values_page
from trialbook.pages.study_page import render_study_page
from trialbook.pages.study_text import render_study_text

__all__ = [
    "render_diff_page",
    "render_docs_page",
    "render_events_page",
    "render_history_page",
    "render_message_page",
    "render_patient_page",
    "render_related_page",
    "render_report_page",
    "render_search_page",
    "render_study_page",
    "render_study_text",
    "render_values_page",
    "write_events_csv",
]
