"""What the tests of pages rely on: that a page is judged as it is, not on its way there."""

import pytest
from playwright.sync_api import Page

from tests.browser import assert_accessible

PAGE = """<!doctype html><html lang="en"><head><title>Slow</title><style>
    body { background: white; transition: color 600s; color: #ddd }
    body.there { color: black }
    @keyframes pulse { to { outline-color: red } }
    .forever { animation: pulse 1s infinite }
    </style></head><body><main><h1>It is read once it is there</h1><p class="forever">.</p></main></body></html>"""


def test_contrast_is_that_of_the_colours_a_transition_ends_with(page: Page) -> None:
    page.set_content(PAGE)
    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(page)
    page.evaluate("document.body.className = 'there'")
    assert_accessible(page)
