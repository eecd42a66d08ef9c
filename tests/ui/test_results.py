from tests.ui.fake_backend import hit
from ui.results import by_file


def test_hits_of_one_file_stand_together_in_the_order_of_the_best() -> None:
    a, b, again, other = hit("a.py"), hit("b.py"), hit("a.py", start=30), hit("a.py", repo="other")
    assert by_file([a, b, again, other]) == [[a, again], [b], [other]]
    assert by_file([]) == []
