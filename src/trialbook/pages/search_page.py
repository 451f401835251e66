"""The search page: the box, the filters, the list of studies."""

from __future__ import annotations

from trialbook.pages.contents import FacetView, SearchView
from trialbook.pages.environment import render


def render_search_page(view: SearchView) -> str:
    """Render the search box with its filters and, once something was asked, the results.

    Parameters
    ----------
    view
        What to show. Everything in it is plain text; found words are marked by `Fragment.is_hit`.
    """
    return render("search.html", view=view, query=view.query, is_home=view.total is None and not view.error)


def render_values_page(view: FacetView) -> str:
    """Render all values of a filter as a form that leads back to the results."""
    return render("values.html", view=view, query="")
