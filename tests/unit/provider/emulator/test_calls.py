"""The memory of calls and the line of the access log."""

from takeup.provider.emulator.calls import CallLog, Entry, line, shortened

NOON = 1_700_000_000.0


def test_the_last_calls_are_kept_and_all_are_counted() -> None:
    """The ring forgets the oldest call; the totals do not."""
    log = CallLog(kept=2)
    heard: list[Entry] = []
    log.listen(heard.append)
    for n in range(3):
        log.add(Entry(at=n, operation="query", status=404 if n else 200))
    assert [entry.at for entry in log.entries] == [1, 2]
    assert [entry.at for entry in log.last(1)] == [2]
    assert log.last(0) == ()
    assert log.totals == {"query": 3}
    assert log.statuses == {("query", 200): 1, ("query", 404): 2}
    assert len(heard) == 3
    log.clear()
    assert (log.entries, log.totals) == ((), {})


def test_the_line_of_a_call_that_went_well() -> None:
    """Time, operation, channel and uid, status, milliseconds."""
    entry = Entry(at=NOON, operation="start", cname="hall", uid="10001", status=200, ms=1.23)
    assert line(entry) == "22:13:20 start hall/10001 200 1.2ms"


def test_the_line_of_a_call_that_was_refused() -> None:
    """Code, fault, reason and notes follow."""
    entry = Entry(NOON, "start", "hall", "1", 400, 2, "failed!", "answer", 1, ("maxIdleTime must be 5..10", "b"))
    assert line(entry) == "22:13:20 start hall/1 400/2 1.0ms [answer] failed! (maxIdleTime must be 5..10; b)"


def test_the_line_of_a_call_without_an_answer() -> None:
    """Where the connection closed there is no status."""
    assert line(Entry(NOON, "stop", "h", "1", fault="lostResponse")) == "22:13:20 stop h/1 closed 0.0ms [lostResponse]"


def test_a_line_holds_nothing_that_a_terminal_obeys() -> None:
    """Control characters, bidirectional marks, lone surrogates and line breaks are escaped, letters kept."""
    text = line(Entry(NOON, "start", "会议\x1b[2J\r\n\u202e\ud800", "x" * 200, 200))
    assert "会议\\x1b[2J\\r\\n\\u202e\\ud800/" in text
    assert text.isprintable()
    assert "x" * 65 not in text


def test_a_time_beyond_all_dates_is_no_error() -> None:
    """A clock can be stepped further than a date goes."""
    entry = Entry(at=1e300, operation="query")
    assert line(entry).startswith("23:59:59")
    assert entry.as_json()["at"].startswith("9999-12-31")


def test_a_path_is_shortened() -> None:
    """No whole resourceId and no query string stands in a log."""
    assert shortened(f"/v1/{'r' * 256}/query?token=CANARY") == "/v1/rrrrrrrr.../query"
