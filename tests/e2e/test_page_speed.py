"""The benchmark of the page measures what it says."""

import pytest
from playwright.sync_api import Browser

from benchmarks import page_speed as benchmark
from tests.e2e.conftest import Server

pytestmark = pytest.mark.e2e


def test_a_query_is_timed_until_its_answer_is_painted(server: Server, browser: Browser) -> None:
    assert all(0 < took < 60_000 for took in benchmark.first_paints(browser, server.url, 1))
    with browser.new_context() as context:
        (answer,) = benchmark.answers(context.new_page(), server.url, ["retry_failed_upload"])
    assert answer["search_ms"] is not None
    assert answer["search_ms"] < answer["painted_ms"]
