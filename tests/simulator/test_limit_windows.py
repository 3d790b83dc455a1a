"""The rolling windows: no interval of a window's length ever holds more than its limit; refusals cost nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.simulator.limits import App, DailyWindow, Limits, RollingWindow
from tests.support.simulator import start_simulator

PRIVATE, PUBLIC = App(1, private=True), App(2, private=False)
gaps = st.lists(st.floats(0, 4, allow_nan=False), max_size=120)


@given(limit=st.integers(1, 8), seconds=st.floats(0.5, 10), gaps=gaps)
def test_no_window_is_ever_over_its_limit(limit: int, seconds: float, gaps: list[float]) -> None:
    window, now = RollingWindow(limit, seconds), 0.0
    admitted: list[float] = []
    for gap in gaps:
        now += gap
        younger = [moment for moment in admitted if now - moment < seconds]
        assert window.take(now) is (len(younger) < limit)  # it refuses exactly when the window is full
        if len(younger) < limit:
            admitted.append(now)
    for moment in admitted:
        assert sum(0 <= moment - other < seconds for other in admitted) <= limit


@given(gaps=gaps)
def test_a_full_day_refuses_until_midnight_and_touches_no_other_window(gaps: list[float]) -> None:
    limits = Limits((1000, 10.0), (1000, 1.0), 5, utc_offset=0.0)
    now, admitted = 86_400.0 * 3, 0
    for gap in gaps:
        now += gap
        refusal = limits.admit(PRIVATE, "burst", now)
        admitted += refusal is None
        assert refusal in (None, "daily")
    assert admitted == min(5, len(gaps))
    assert limits.daily.used(now) == admitted
    assert limits.admit(PUBLIC, "burst", now) is None  # the day belongs to private apps
    assert limits.admit(PRIVATE, "burst", limits.daily.resets_at(now)) is None


def test_the_day_ends_at_midnight_of_the_account() -> None:
    daily = DailyWindow(3, utc_offset=19_800.0)
    assert daily.resets_at(0.0) == 86_400.0 - 19_800.0
    assert all(daily.take(0.0) for _ in range(3))
    assert not daily.take(66_599.0)
    assert daily.take(66_600.0)


def test_searches_do_not_use_up_the_burst_allowance() -> None:
    limits = Limits((2, 10.0), (3, 1.0), 100, utc_offset=0.0)
    answers = [limits.admit(PRIVATE, "search", 100.0) for _ in range(4)]
    assert answers == [None, None, None, "search"]
    assert [limits.admit(PRIVATE, "burst", 100.0) for _ in range(3)] == [None, None, "burst"]
    assert limits.admit(PUBLIC, "burst", 100.0) is None  # each app has its own burst window
    assert limits.daily.used(100.0) == 5  # refused ones are not counted


def test_the_burst_limit_over_http() -> None:
    with start_simulator(burst="5/30") as hubspot:
        answers = [hubspot.get("/account-info/2026-09/details") for _ in range(7)]
        assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
        assert [a.headers["x-hubspot-ratelimit-remaining"] for a in answers] == ["4", "3", "2", "1", "0", "0", "0"]
        assert answers[0].headers["x-hubspot-ratelimit-max"] == "5"
        assert answers[0].headers["x-hubspot-ratelimit-interval-milliseconds"] == "30000"
        refused = answers[-1].json
        assert refused["policyName"] == "TEN_SECONDLY_ROLLING"
        assert refused["errorType"] == "RATE_LIMIT"
        assert "category" not in refused
        assert "retry-after" not in answers[-1].headers
        assert hubspot.get("/account-info/v3/details", token=hubspot.access_token()).status == 200  # another app
        assert hubspot.state()["rateLimitedBy"] == {"burst": 2}
        hubspot.advance(30)
        assert hubspot.get("/account-info/2026-09/details").status == 200


def test_the_search_and_daily_limits_over_http() -> None:
    with start_simulator(search="5/30", daily=8) as hubspot:
        searches = [hubspot.post("/crm/v3/objects/contacts/search", {}) for _ in range(6)]
        assert [answer.status for answer in searches] == [200] * 5 + [429]
        assert not [name for name in searches[0].headers if "ratelimit" in name]
        assert searches[-1].json["category"] == "RATE_LIMITS"
        assert searches[-1].json["message"] == "You have reached your secondly limit."
        rest = [hubspot.get("/crm/v3/objects/contacts") for _ in range(4)]
        assert [answer.status for answer in rest] == [200] * 3 + [429]
        assert rest[2].headers["x-hubspot-ratelimit-daily-remaining"] == "0"
        assert rest[3].json["policyName"] == "DAILY"
        oauth = hubspot.get("/crm/v3/objects/contacts", token=hubspot.access_token())
        assert oauth.status == 200
        assert "x-hubspot-ratelimit-daily" not in oauth.headers
        hubspot.advance(86_400)
        usage = hubspot.get("/account-info/v3/api-usage/daily/private-apps").json["results"][0]
        assert (usage["usageLimit"], usage["currentUsage"], usage["fetchStatus"]) == (8, 1, "SUCCESS")
