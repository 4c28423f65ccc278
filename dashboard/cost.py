"""What a channel that costs has cost so far, and what it comes to a month, in one line; and how often it is read."""

from dash import Dash, Input, Output, html

from dashboard.reader import Reader
from dashboard.words import clock, count, duration, moment, plural
from metrics.calls import Tally
from metrics.channel import Channel
from metrics.prices import SEEN, sent_a_month, spent, spent_a_month

COST = "channel-cost"
NOTE = "channel-note"
DAY_SECONDS = 72_000  # nearly; beyond it the time of day alone would mislead


def line() -> html.P:
    """Where the line stands; hidden where there is nothing to say."""
    return html.P(id=COST, className="caption", hidden=True)


def note() -> html.Span:
    """Where it is said, beside a fast refresh, that the channel is read less often."""
    return html.Span(id=NOTE, className="caption channel-note")


def register(app: Dash, reader: Reader, channel: Channel, tick: str, refresh: str) -> None:
    """``tick`` is the store that changes with each refresh, ``refresh`` the choice of how often that is."""
    if channel.calls is None:
        return
    calls, traits = channel.calls, channel.traits

    @app.callback(Output(COST, "children"), Output(COST, "hidden"), Input(tick, "data"))
    def show_cost(_window: dict) -> tuple[str, bool]:
        fleet = reader.fleet()
        return cost(calls.tally(), traits.source, len(fleet.alive), reader.now(), fleet.shared), False

    @app.callback(Output(NOTE, "children"), Input(refresh, "value"))
    def show_note(chosen: str) -> str:
        return f"{traits.source} is read {how_often(traits.read_seconds)}" if chosen == "10s" else ""


def cost(tally: Tally, source: str, instances: int, now: float, shared_cache: bool = False) -> str:
    """Since 12:04 UTC the manager made 1,204 calls to CloudWatch and read 81,600 metrics: about $0.82, ..."""
    asked = f"{plural(sum(tally.operations.values()), 'call')} to {source} and read {count(tally.metrics_read)} metrics"
    pace = spent_a_month(tally, now)
    a_month = f", or {dollars(pace)} a month at this pace" if pace is not None else ""
    since = clock(tally.since) if now - tally.since < DAY_SECONDS else moment(tally.since)
    return (
        f"Since {since} UTC the manager made {asked}: about {dollars(spent(tally))}{a_month}. "
        f"What {plural(instances, 'instance sends', 'instances send')} comes to about "
        f"{dollars(sent_a_month(instances, shared_cache))} a month. Prices of {SEEN}, without the free tier."
    )


def as_shown(amount: float) -> float:
    """Dollars in the digits that ``dollars`` shows of them: differences of these are what a reader would work out."""
    return round(amount) if amount >= 9.995 else round(amount, 2)


def dollars(amount: float) -> str:
    """$12, $0.45, under $0.01."""
    if amount >= 9.995:
        return f"${amount:,.0f}"
    return f"${amount:.2f}" if amount >= 0.01 or amount == 0 else "$0.01"


def how_often(seconds: float) -> str:
    return "once a minute" if seconds == 60 else f"every {duration(seconds)}"
