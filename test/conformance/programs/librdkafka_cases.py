"""Runs librdkafka (confluent-kafka) against the broker that is named and prints one JSON object per case.

A case is a function; what it returns is compared between brokers, so nothing in it may differ from run to run.
"""

import json
import sys
import time
import traceback

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)

BROKER = sys.argv[1]
CASES = []


def case(function):
    CASES.append(function)
    return function


# One for all cases: a client that is given up while it waits for an answer fails its call.
ADMIN = AdminClient({"bootstrap.servers": BROKER})


def admin():
    return ADMIN


def make_topic(name, partitions=1, **config):
    future = admin().create_topics([NewTopic(name, partitions, 1, config=config)])[name]
    future.result(20)
    wait_until(lambda: name in admin().list_topics(timeout=10).topics)
    return name


def wait_until(check, seconds=20):
    deadline = time.time() + seconds
    while not check():
        if time.time() > deadline:
            raise AssertionError("was waited for in vain")
        time.sleep(0.05)


def producer(**config):
    return Producer({"bootstrap.servers": BROKER, **{k.replace("_", "."): v for k, v in config.items()}})


def send(topic, count, partitions=1, **config):
    errors = []
    with_config = producer(**config)
    for index in range(count):
        with_config.produce(
            topic,
            key=str(index),
            value="value %d" % index,
            partition=index % partitions,
            headers=[("number", str(index).encode()), ("empty", None)],
            on_delivery=lambda error, _: error and errors.append(error.name()),
        )
        with_config.poll(0)
    with_config.flush(30)
    assert not errors, errors
    return with_config


def consumer(group, **config):
    settings = {
        "bootstrap.servers": BROKER,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
        "enable.auto.commit": False,
    }
    settings.update({k.replace("_", "."): v for k, v in config.items()})
    return Consumer(settings)


def read(consumers, count, seconds=30):
    """Polls all in turns until `count` different records have come."""
    seen = {}
    deadline = time.time() + seconds
    while len(seen) < count and time.time() < deadline:
        for each in consumers:
            for message in each.consume(500, 0.05):
                if message.error():
                    raise AssertionError(message.error().name())
                seen[(message.topic(), message.partition(), message.offset())] = message
    return seen


def spin(consumers, check, seconds=30):
    deadline = time.time() + seconds
    while not check():
        if time.time() > deadline:
            raise AssertionError("was waited for in vain")
        for each in consumers:
            each.consume(100, 0.02)


def error_name(function):
    try:
        result = function()
        return "no error: %r" % (result,)
    except KafkaException as error:
        return error.args[0].name()


# Producing

def compressed(compression):
    def run():
        topic = make_topic("compressed-" + compression, 2)
        send(topic, 1000, 2, compression_type=compression, linger_ms=20)
        reader = consumer("compressed-" + compression)
        reader.subscribe([topic])
        seen = read([reader], 1000)
        reader.close()
        values = {m.value() for m in seen.values()}
        some = seen[(topic, 1, 3)]
        return [len(seen), len(values), some.key().decode(), [[k, v and v.decode()] for k, v in some.headers()]]

    run.__name__ = "produce and read records compressed with " + compression
    return run


for name in ["none", "gzip", "snappy", "lz4", "zstd"]:
    case(compressed(name))


@case
def an_idempotent_producer():
    topic = make_topic("idempotent", 3)
    send(topic, 3000, 3, enable_idempotence=True)
    reader = consumer("idempotent")
    reader.subscribe([topic])
    seen = read([reader], 3000)
    reader.close()
    return [len(seen), len({m.value() for m in seen.values()})]


def with_acks(acks):
    def run():
        topic = make_topic("acks-%d" % (acks + 1))
        send(topic, 100, acks=acks)
        wait_until(lambda: end_offset(topic) == 100)
        return end_offset(topic)

    run.__name__ = "produce with acks %d" % acks
    return run


def end_offset(topic, partition=0):
    reader = consumer("end")
    try:
        return reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
    finally:
        reader.close()


for number in [0, 1, -1]:
    case(with_acks(number))


@case
def a_message_that_is_too_large():
    topic = make_topic("large", 1, **{"max.message.bytes": "2000"})
    errors = []
    p = producer(message_max_bytes=10_000_000)
    for size in [1000, 5000]:
        p.produce(topic, value=b"x" * size, on_delivery=lambda e, _: errors.append(e and e.name()))
        p.flush(20)
    return errors


@case
def a_topic_that_is_made_by_producing():
    outcome = []
    p = producer()
    p.produce("made-by-producing", value=b"x", on_delivery=lambda e, m: outcome.append([e and e.name(), m.offset()]))
    p.flush(20)
    return outcome


@case
def a_partition_that_does_not_exist():
    topic = make_topic("no-partition")
    outcome = []
    p = producer(message_timeout_ms=8000)
    try:
        p.produce(topic, value=b"x", partition=7, on_delivery=lambda e, _: outcome.append(e and e.name()))
    except KafkaException as error:
        outcome.append(error.args[0].name())
    p.flush(20)
    return outcome


@case
def message_timestamps():
    topic = make_topic("timestamps")
    p = producer()
    for stamp in [1_000, 3_000, 2_000]:
        p.produce(topic, value=b"x", timestamp=stamp)
        p.flush(20)
    reader = consumer("timestamps")
    reader.assign([TopicPartition(topic, 0, 0)])
    seen = read([reader], 3)
    by_time = [
        reader.offsets_for_times([TopicPartition(topic, 0, stamp)], timeout=10)[0].offset
        for stamp in [0, 1_500, 2_500, 9_000]
    ]
    reader.close()
    return [[m.timestamp() for m in seen.values()], by_time]


@case
def broker_timestamps():
    topic = make_topic("append-time", 1, **{"message.timestamp.type": "LogAppendTime"})
    p = producer()
    p.produce(topic, value=b"x", timestamp=1_000)
    p.flush(20)
    reader = consumer("append-time")
    reader.assign([TopicPartition(topic, 0, 0)])
    kind, stamp = list(read([reader], 1).values())[0].timestamp()
    reader.close()
    return [kind, abs(stamp / 1000 - time.time()) < 60]


# Groups

def group_of_two(strategy):
    def run():
        topic = make_topic("group-" + strategy, 4)
        send(topic, 400, 4)
        events = []
        first, second = (consumer("two-" + strategy, partition_assignment_strategy=strategy) for _ in range(2))
        first.subscribe(
            [topic],
            on_assign=lambda _, parts: events.append(["assigned", len(parts)]),
            on_revoke=lambda _, parts: events.append(["revoked", len(parts)]),
        )
        spin([first], lambda: len(first.assignment()) == 4)
        second.subscribe([topic])
        spin([first, second], lambda: (len(first.assignment()), len(second.assignment())) == (2, 2))
        parts = sorted(p.partition for c in (first, second) for p in c.assignment())
        second.close()
        spin([first], lambda: len(first.assignment()) == 4)
        first.close()
        return [parts, events]

    run.__name__ = "two members share the partitions: " + strategy
    return run


for name in ["range", "roundrobin", "cooperative-sticky"]:
    case(group_of_two(name))


@case
def a_member_that_vanishes():
    topic = make_topic("vanishes", 2)
    first, second = consumer("vanishes"), consumer("vanishes", max_poll_interval_ms=6000)
    for each in (first, second):
        each.subscribe([topic])
    spin([first, second], lambda: len(first.assignment()) == 1 and len(second.assignment()) == 1)
    spin([first], lambda: len(first.assignment()) == 2)  # the second polls no longer
    result = len(first.assignment())
    first.close()
    second.close()
    return result


@case
def a_static_member_comes_back():
    topic = make_topic("static", 2)
    mine = lambda: consumer("static", group_instance_id="one", session_timeout_ms=10000)
    first = mine()
    first.subscribe([topic])
    spin([first], lambda: len(first.assignment()) == 2)
    other = consumer("static", group_instance_id="two", session_timeout_ms=10000)
    other.subscribe([topic])
    spin([first, other], lambda: len(other.assignment()) == 1 and len(first.assignment()) == 1)
    before = [p.partition for p in first.assignment()]
    first.close()
    again = mine()
    again.subscribe([topic])
    spin([again, other], lambda: len(again.assignment()) == 1)
    after = [p.partition for p in again.assignment()]
    again.close()
    other.close()
    return before == after


@case
def a_static_name_that_is_taken():
    topic = make_topic("fenced")
    first, second = (consumer("fenced", group_instance_id="one") for _ in range(2))
    first.subscribe([topic])
    spin([first], lambda: len(first.assignment()) == 1)
    second.subscribe([topic])
    names = []

    def fenced():
        second.consume(10, 0.05)
        for message in first.consume(10, 0.05):
            names.append(message.error() and message.error().name())
        return names

    wait_until(fenced)
    second.close()
    return names[0]


@case
def commits_and_resumes():
    topic = make_topic("commits")
    send(topic, 10)
    first = consumer("commits")
    first.subscribe([topic])
    read([first], 10)
    first.commit(offsets=[TopicPartition(topic, 0, 4, "a note")], asynchronous=False)
    first.close()
    second = consumer("commits")
    committed = second.committed([TopicPartition(topic, 0)], timeout=10)[0]
    second.subscribe([topic])
    seen = read([second], 6)
    second.close()
    return [committed.offset, committed.metadata, sorted(offset for _, _, offset in seen)]


@case
def metadata_of_a_commit_that_is_too_long():
    topic = make_topic("long-metadata")
    c = consumer("long-metadata")
    c.subscribe([topic])
    spin([c], lambda: len(c.assignment()) == 1)
    ok = error_name(lambda: [p.error for p in c.commit(offsets=[TopicPartition(topic, 0, 1, "x" * 4096)], asynchronous=False)])
    bad = error_name(lambda: c.commit(offsets=[TopicPartition(topic, 0, 1, "x" * 4097)], asynchronous=False))
    c.close()
    return [ok, bad]


@case
def a_commit_of_a_stranger():
    topic = make_topic("stranger")
    member = consumer("stranger")
    member.subscribe([topic])
    spin([member], lambda: len(member.assignment()) == 1)
    other = consumer("stranger")
    name = error_name(lambda: other.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False))
    other.close()
    member.close()
    return name


@case
def offsets_out_of_range():
    topic = make_topic("out-of-range")
    send(topic, 10)
    admin().delete_records([TopicPartition(topic, 0, 5)])[TopicPartition(topic, 0)].result(20)
    result = []
    for reset, start in [("earliest", 1), ("latest", 1), ("earliest", 99)]:
        c = consumer("range", auto_offset_reset=reset)
        c.assign([TopicPartition(topic, 0, start)])
        seen = read([c], 1, 5)
        result.append(min((o for _, _, o in seen), default=None))
        c.close()
    return result


@case
def pause_seek_and_resume():
    topic = make_topic("seek", 2)
    send(topic, 20, 2)
    c = consumer("seek")
    c.assign([TopicPartition(topic, 0, 0), TopicPartition(topic, 1, 0)])
    read([c], 20)
    c.pause([TopicPartition(topic, 1)])
    c.seek(TopicPartition(topic, 0, 7))
    again = sorted(key[1:] for key in read([c], 3))
    c.close()
    return again


@case
def small_fetches_of_large_messages():
    topic = make_topic("small-fetches")
    p = producer()
    for _ in range(5):
        p.produce(topic, value=b"x" * 500_000)
        p.flush(20)
    c = consumer("small-fetches", fetch_message_max_bytes=1000)
    c.assign([TopicPartition(topic, 0, 0)])
    seen = read([c], 5)
    c.close()
    return [len(m.value()) for m in seen.values()]


# Transactions

def transactional(name):
    return producer(transactional_id=name, transaction_timeout_ms=10000)


@case
def a_transaction_that_commits_and_one_that_aborts():
    topic = make_topic("transactions", 2)
    p = transactional("tx")
    p.init_transactions(20)
    for number, finish in enumerate([p.commit_transaction, p.abort_transaction, p.commit_transaction]):
        p.begin_transaction()
        for index in range(4):
            p.produce(topic, value="%d-%d" % (number, index), partition=index % 2)
        p.flush(10)
        finish(20)
    result = []
    for isolation, expected in [("read_committed", 8), ("read_uncommitted", 12)]:
        c = consumer("tx-" + isolation, isolation_level=isolation)
        c.subscribe([topic])
        result.append(sorted(m.value().decode() for m in read([c], expected).values()))
        c.close()
    return result


@case
def offsets_in_a_transaction():
    topic, out = make_topic("tx-in"), make_topic("tx-out")
    send(topic, 5)
    c = consumer("tx-offsets", isolation_level="read_committed")
    c.subscribe([topic])
    read([c], 5)
    p = transactional("tx-offsets")
    p.init_transactions(20)
    result = []
    for finish, offset in [(p.abort_transaction, 5), (p.commit_transaction, 3)]:
        p.begin_transaction()
        p.produce(out, value=b"x")
        p.send_offsets_to_transaction([TopicPartition(topic, 0, offset)], c.consumer_group_metadata(), 20)
        finish(20)
        result.append(c.committed([TopicPartition(topic, 0)], timeout=10)[0].offset)
    c.close()
    return result


@case
def a_producer_that_is_fenced():
    topic = make_topic("tx-fenced")
    old, new = transactional("fenced"), transactional("fenced")
    old.init_transactions(20)
    old.begin_transaction()
    old.produce(topic, value=b"old")
    old.flush(10)
    new.init_transactions(20)
    name = error_name(lambda: old.commit_transaction(20))
    new.begin_transaction()
    new.produce(topic, value=b"new")
    new.commit_transaction(20)
    c = consumer("tx-fenced", isolation_level="read_committed")
    c.assign([TopicPartition(topic, 0, 0)])
    values = [m.value().decode() for m in read([c], 1).values()]
    c.close()
    return [name, values]


# Admin

@case
def topics_are_made_described_grown_and_deleted():
    a = admin()
    make_topic("life", 2)
    described = a.describe_topics(TopicCollection(["life"]))["life"].result(20)
    a.create_partitions([NewPartitions("life", 4)])["life"].result(20)
    wait_until(lambda: len(a.list_topics("life", timeout=10).topics["life"].partitions) == 4)
    a.delete_topics(["life"])["life"].result(20)
    wait_until(lambda: "life" not in a.list_topics(timeout=10).topics)
    return [
        described.is_internal,
        [[p.id, p.leader.id, [r.id for r in p.replicas], [r.id for r in p.isr]] for p in described.partitions],
    ]


@case
def what_is_refused_about_topics():
    a = admin()
    make_topic("present")
    make = lambda *args, **kwargs: error_name(lambda: a.create_topics([NewTopic(*args, **kwargs)])[args[0]].result(20))
    return [
        make("present", 1, 1),
        make("bad name", 1, 1),
        make("none", 0, 1),
        make("three", 1, 3),
        make("setting", 1, 1, config={"nonsense": "1"}),
        make("value", 1, 1, config={"retention.ms": "soon"}),
        error_name(lambda: a.delete_topics(["absent"])["absent"].result(20)),
        error_name(lambda: a.create_partitions([NewPartitions("present", 1)])["present"].result(20)),
        error_name(lambda: a.describe_topics(TopicCollection(["absent"]))["absent"].result(20)),
    ]


@case
def settings_of_a_topic():
    a = admin()
    make_topic("settings", 1, **{"retention.ms": "1000"})
    resource = ConfigResource(ConfigResource.Type.TOPIC, "settings")

    def own():
        entries = a.describe_configs([resource])[resource].result(20)
        return sorted([e.name, e.value, e.source] for e in entries.values() if e.source == 1)

    def alter(*changes):
        wanted = ConfigResource(
            ConfigResource.Type.TOPIC,
            "settings",
            incremental_configs=[ConfigEntry(n, v, incremental_operation=op) for n, op, v in changes],
        )
        return error_name(lambda: a.incremental_alter_configs([wanted])[wanted].result(20))

    result = [own()]
    result.append(alter(("cleanup.policy", AlterConfigOpType.APPEND, "compact")))
    wait_until(lambda: len(own()) == 2)
    result.append(own())
    result.append(alter(("cleanup.policy", AlterConfigOpType.DELETE, None), ("retention.ms", AlterConfigOpType.SET, "2000")))
    wait_until(lambda: len(own()) == 1)
    result.append(own())
    result.append(alter(("retention.ms", AlterConfigOpType.SET, "soon")))
    result.append(alter(("nonsense", AlterConfigOpType.SET, "1")))
    result.append(alter(("retention.ms", AlterConfigOpType.APPEND, "1")))
    return result


@case
def names_of_the_settings_of_a_topic():
    make_topic("all-settings")
    resource = ConfigResource(ConfigResource.Type.TOPIC, "all-settings")
    entries = admin().describe_configs([resource])[resource].result(20)
    return sorted(
        [e.name, e.value, e.is_default, e.is_read_only, e.is_sensitive] for e in entries.values()
    )


@case
def listed_offsets():
    topic = make_topic("listed")
    p = producer()
    for stamp in [1_000, 3_000, 2_000]:
        p.produce(topic, value=b"x", timestamp=stamp)
        p.flush(20)
    at = TopicPartition(topic, 0)
    result = []
    for spec in [OffsetSpec.earliest(), OffsetSpec.latest(), OffsetSpec.max_timestamp(), OffsetSpec.for_timestamp(1_500), OffsetSpec.for_timestamp(9_000)]:
        for isolation in [IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED]:
            found = admin().list_offsets({at: spec}, isolation_level=isolation)[at].result(20)
            result.append([found.offset, found.timestamp])
    return result


@case
def groups_are_listed_described_and_deleted():
    a = admin()
    topic = make_topic("admin-group", 2)
    c = consumer("admin-group", client_id="me")
    c.subscribe([topic])
    spin([c], lambda: len(c.assignment()) == 2)
    listed = [[g.group_id, g.is_simple_consumer_group, g.state.name, g.type.name] for g in a.list_consumer_groups(states={ConsumerGroupState.STABLE}).result(20).valid]
    described = a.describe_consumer_groups(["admin-group"])["admin-group"].result(20)
    refused = error_name(lambda: a.delete_consumer_groups(["admin-group"])["admin-group"].result(20))
    c.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    c.close()
    a.alter_consumer_group_offsets([ConsumerGroupTopicPartitions("admin-group", [TopicPartition(topic, 1, 7)])])["admin-group"].result(20)
    offsets = a.list_consumer_group_offsets([ConsumerGroupTopicPartitions("admin-group")])["admin-group"].result(20)
    a.delete_consumer_groups(["admin-group"])["admin-group"].result(20)
    gone = error_name(lambda: a.delete_consumer_groups(["admin-group"])["admin-group"].result(20))
    absent = error_name(lambda: a.describe_consumer_groups(["admin-group"])["admin-group"].result(20).state.name)
    return [
        [g for g in listed if g[0] == "admin-group"],
        described.state.name,
        described.partition_assignor,
        [[m.client_id, len(m.assignment.topic_partitions)] for m in described.members],
        refused,
        sorted([p.partition, p.offset] for p in offsets.topic_partitions),
        gone,
        absent,
    ]


@case
def the_cluster():
    described = admin().describe_cluster(include_authorized_operations=True).result(20)
    return [
        [n.id for n in described.nodes],
        described.controller.id,
        len(described.cluster_id),
        sorted(o.name for o in described.authorized_operations or []),
    ]


@case
def allowed_operations_of_topics_and_groups():
    a = admin()
    make_topic("allowed")
    topics = a.describe_topics(TopicCollection(["allowed"]), include_authorized_operations=True)
    send("allowed", 1)
    c = consumer("allowed")
    c.subscribe(["allowed"])
    read([c], 1)
    groups = a.describe_consumer_groups(["allowed"], include_authorized_operations=True)
    result = [
        sorted(o.name for o in topics["allowed"].result(20).authorized_operations or []),
        sorted(o.name for o in groups["allowed"].result(20).authorized_operations or []),
    ]
    c.close()
    return result


@case
def a_client_of_the_newer_group_protocol():
    make_topic("newer")
    c = Consumer({"bootstrap.servers": BROKER, "group.id": "newer", "group.protocol": "consumer", "auto.offset.reset": "earliest"})
    c.subscribe(["newer"])
    send("newer", 5)
    seen = []
    wait_until(lambda: read_or_fail(c, seen) == 5)
    c.close()
    return len(seen)


def read_or_fail(c, seen):
    message = c.poll(0.5)
    if message is not None and message.error():
        raise KafkaException(message.error())
    if message is not None:
        seen.append(message.value())
    return len(seen)


def main():
    for function in CASES:
        name = function.__name__.replace("_", " ")
        try:
            seen, passed = json.dumps(function()), True
        except Exception as error:  # each case for itself
            last = traceback.extract_tb(error.__traceback__)[-1]
            seen, passed = "%s: %s (%s)" % (type(error).__name__, str(error)[:200], last.name), False
        print(json.dumps({"test": name, "hasPassed": passed, "seen": seen}), flush=True)


main()
