"""Documents and words as log events: two writers at once, retention, clocks that differ, logs that aren't there."""

import pytest
from botocore.stub import Stubber

from cache.config import DEFAULT, MIB, edited
from metrics.calls import Calls
from metrics.channel import Announcement, ChannelUnavailable, VersionConflict
from metrics.cloudwatch_channel import CloudWatchChannel
from metrics.cloudwatch_client import SENDING, Client, Silence
from metrics.cloudwatch_configuration import Tail
from metrics.cloudwatch_log import Event, LogStream
from tests.test_channel_contract import NOW as TIME
from tests.test_cloudwatch_sending import NOW

DAY = 86_400
GROUP = "/hitrate/Hitrate"


@pytest.fixture
def cloud(aws):
    aws.reset()
    return aws


class World:
    """One clock for all who read and write."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.now = NOW

    def channel(self, ahead=0.0, pause=lambda seconds: None):
        return CloudWatchChannel("cloudwatch://Hitrate", clock=lambda: self.now + ahead, pause=pause)

    def append(self, document):
        """As another writer does, who looks at nothing."""
        self.cloud.client("logs").put_log_events(
            logGroupName=GROUP, logStreamName="configuration",
            logEvents=[{"timestamp": int(self.now * 1000), "message": document.model_dump_json()}],
        )  # fmt: skip

    def events(self):
        from moto.backends import get_backend

        from tests.moto_server import REGION

        return get_backend("logs")["123456789012"][REGION].groups[GROUP].streams["configuration"].events


@pytest.fixture
def world(cloud):
    return World(cloud)


def edit(base=DEFAULT, id=None, **change):
    return edited(base, change, now=TIME, id=id)


def test_of_two_who_write_at_once_the_one_that_loses_is_told_which_won(world):
    mine, theirs = edit(id="m", capacity_bytes=2 * MIB), edit(id="a", capacity_bytes=3 * MIB)
    at_once = [theirs]
    writer = world.channel(pause=lambda seconds: at_once and world.append(at_once.pop()))
    with pytest.raises(VersionConflict) as conflict:
        writer.publish(mine)
    assert conflict.value.newest == theirs
    assert writer.newest() == world.channel().newest() == theirs


def test_of_two_who_write_at_once_the_one_that_wins_is_not_troubled(world):
    mine, theirs = edit(id="m", capacity_bytes=2 * MIB), edit(id="z", capacity_bytes=3 * MIB)
    at_once = [theirs]
    writer = world.channel(pause=lambda seconds: at_once and world.append(at_once.pop()))
    writer.publish(mine)
    assert writer.newest() == world.channel().newest() == mine
    assert writer.history() == [mine, DEFAULT]


def test_a_persons_edit_beats_the_autoscalers_of_the_same_moment(world):
    machine, person = edit(id="a", author="autoscaler"), edit(id="z", author="maria")
    world.channel().publish(machine)
    world.append(person)
    assert world.channel().newest() == person


def test_a_document_that_can_not_be_read_back_is_not_called_saved(world, monkeypatch):
    waited = []
    writer = world.channel(pause=waited.append)
    monkeypatch.setattr(Tail, "read", lambda self, start_ms=0: [])
    with pytest.raises(ChannelUnavailable, match="can't be read back yet"):
        writer.publish(edit())
    assert 3 < sum(waited) < 15


def test_a_document_that_is_seen_late_is_waited_for(world):
    writer = world.channel()
    unseen = [3]
    true_read = writer._configuration._stream.read

    def read(*args):
        events = list(true_read(*args))
        if world.cloud.faults.asked.count("PutLogEvents") and unseen[0]:
            unseen[0] -= 1
            return iter(())
        return iter(events)

    writer._configuration._stream.read = read
    document = edit()
    writer.publish(document)
    assert unseen == [0]
    assert writer.newest() == document


def test_an_answer_that_is_lost_writes_no_second_version(world):
    world.cloud.faults.inject("lost", "PutLogEvents", times=1)
    writer, document = world.channel(), edit()
    world.channel().announce(Announcement("a", NOW, 0, "lru", 1))  # the group is there by now
    world.cloud.faults.inject("lost", "PutLogEvents", times=1)
    writer.publish(document)
    assert world.channel().history() == [document, DEFAULT]


def test_the_newest_is_appended_again_each_day_and_outlives_what_retention_takes(world):
    first = edit(policy="random")
    second = edit(first, capacity_bytes=2 * MIB)
    manager = world.channel()
    for document in (first, second):
        manager.publish(document)
    manager.keep()
    assert len(world.events()) == 2
    strict_until = NOW + 5000  # what is later, AWS would refuse today: so the past is moved, not the present
    for event in world.events():
        event.timestamp -= 40 * DAY * 1000
    world.now = strict_until
    manager = world.channel()
    manager.keep()
    manager.keep()
    assert len(world.events()) == 3
    del world.events()[:2]  # by retention
    fresh = world.channel()
    assert fresh.newest() == second
    assert fresh.history() == [second, DEFAULT]
    third = edit(second, capacity_bytes=3 * MIB)
    fresh.publish(third)
    assert world.channel().newest() == third


def test_a_document_that_nobody_appended_again_for_long_is_still_found(world):
    document = edit(policy="random")
    world.channel().publish(document)
    for event in world.events():
        event.timestamp -= 200 * DAY * 1000
    assert world.channel().newest() == document


def test_a_service_reads_no_years_of_history_to_know_the_newest(world):
    document = DEFAULT
    for number in range(5):
        document = edit(document, capacity_bytes=(number + 1) * MIB)
        world.channel().publish(document)
    for event in world.events()[:3]:
        event.timestamp -= 50 * DAY * 1000
    service = world.channel()
    assert service.newest() == document
    assert [each.version for each in service.history(after=3)] == [5, 4]
    assert [each.version for each in service.history(after=1)] == [5, 4, 3, 2]
    assert [each.version for each in service.history()] == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("ahead", [-1800, 1800, 6600])
def test_a_writer_whose_clock_is_wrong_hides_nobodys_edit(world, ahead):
    reader = world.channel()
    assert reader.newest() == DEFAULT
    document = DEFAULT
    for number in range(6):
        document = edit(document, capacity_bytes=(number + 1) * MIB)
        world.channel(ahead if number % 2 else 0).publish(document)
        world.now += 40
        assert reader.newest() == document


def test_what_else_stands_in_the_stream_is_overlooked(world):
    document = edit(policy="random")
    world.channel().publish(document)
    for text in ("hello", "[]", '{"version": 9}', '{"version": "2", "parent": 1, "id": "a", "author": "b"}'):
        world.cloud.client("logs").put_log_events(
            logGroupName=GROUP, logStreamName="configuration",
            logEvents=[{"timestamp": int(NOW * 1000), "message": text}],
        )  # fmt: skip
    assert world.channel().newest() == document


def test_a_word_outlives_a_program_that_says_more(world):
    world.channel().announce(Announcement("a", NOW, 3, "lru", 1))
    world.cloud.client("logs").put_log_events(
        logGroupName=GROUP, logStreamName="instances",
        logEvents=[
            {"timestamp": int(NOW * 1000), "message": text}
            for text in ("no word", "{}", '{"instance": "b", "time": 1, "version": 2, "policy": "lru", '
                         '"capacity_bytes": 5, "mood": "good"}')
        ],
    )  # fmt: skip
    assert [(word.instance, word.version) for word in world.channel().announcements()] == [("a", 3), ("b", 2)]


# --- rights, with botocore's Stubber --------------------------------------------------------------------------------


@pytest.fixture
def stubbed(cloud):
    client = Client("logs", SENDING, Calls(0), Silence())
    with Stubber(client.made()) as stub:
        yield LogStream(client, GROUP, "instances"), stub


def test_who_may_not_make_a_group_that_is_there_still_writes_to_it(stubbed):
    stream, stub = stubbed
    stub.add_client_error("put_log_events", "ResourceNotFoundException")
    stub.add_client_error("create_log_group", "AccessDeniedException", http_status_code=400)
    stub.add_response("create_log_stream", {})
    stub.add_response("put_log_events", {})
    assert stream.append([Event(int(NOW * 1000), "text")], NOW) == 0
    stub.assert_no_pending_responses()


def test_a_group_that_another_made_in_the_meantime_is_no_problem(stubbed):
    stream, stub = stubbed
    stub.add_client_error("put_log_events", "ResourceNotFoundException")
    for operation in ("create_log_group", "create_log_stream"):
        stub.add_client_error(operation, "ResourceAlreadyExistsException")
    stub.add_response("put_log_events", {})
    assert stream.append([Event(int(NOW * 1000), "text")], NOW) == 0


def test_a_group_that_can_not_be_made_is_named(stubbed):
    stream, stub = stubbed
    stub.add_client_error("put_log_events", "ResourceNotFoundException")
    for operation in ("create_log_group", "create_log_stream"):
        stub.add_client_error(operation, "AccessDeniedException")
    stub.add_client_error("put_log_events", "ResourceNotFoundException")
    with pytest.raises(ChannelUnavailable, match=GROUP):
        stream.append([Event(int(NOW * 1000), "text")], NOW)


def test_a_log_is_read_until_its_token_repeats_through_pages_that_are_empty(stubbed):
    stream, stub = stubbed
    event = {"timestamp": 5, "message": "text", "ingestionTime": 6}
    pages = [("a", []), ("b", [event]), ("c", []), ("d", [event]), ("d", [])]
    for token, events in pages:
        stub.add_response("get_log_events", {"events": events, "nextForwardToken": token, "nextBackwardToken": "x"})
    assert list(stream.read()) == [Event(5, "text")] * 2
    stub.assert_no_pending_responses()


def test_events_that_logs_refuse_are_counted(stubbed):
    stream, stub = stubbed
    stub.add_response("put_log_events", {"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 2}})
    events = [Event(int(NOW * 1000) + number, "text") for number in range(5)]
    assert stream.append([*events, Event(0, "too old to be sent at all")], NOW) == 3
