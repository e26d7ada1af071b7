"""
Runs transactions with librdkafka and prints, as one JSON object, what it saw: results of each step, committed offsets, and
the records of both isolation levels.
"""

import argparse
import json
import time
import uuid

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic


def producer(brokers, transactional_id):
    made = Producer(
        {
            "bootstrap.servers": brokers,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": 30000,
            "retry.backoff.ms": 20,
        }
    )
    made.init_transactions(20)
    return made


def consumer(brokers, group, isolation):
    return Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "check.crcs": True,
        }
    )


def values(brokers, topic, isolation, last):
    reader = consumer(brokers, "read-" + uuid.uuid4().hex, isolation)
    reader.assign([TopicPartition(topic, 0, 0)])
    found = []
    while last not in found:
        message = reader.poll(20)
        if message is None:
            raise SystemExit(f"no {last} within 20 s: {found}")
        if message.error():
            raise SystemExit(str(message.error()))
        found.append(message.value().decode())
    reader.close()
    return found


def send(to, topic, *texts):
    for text in texts:
        to.produce(topic, text, partition=0)
    to.flush(20)


def error_of(call):
    """Name of the error that a call fails with, and whether that is fatal."""
    try:
        call()
    except KafkaException as error:
        return [error.args[0].name(), error.args[0].fatal()]
    return None


def member(brokers, group, topic):
    joined = consumer(brokers, group, "read_committed")
    joined.subscribe([topic])
    deadline = time.monotonic() + 20
    while not joined.assignment():
        if time.monotonic() > deadline:
            raise SystemExit("no assignment within 20 s")
        joined.poll(0.05)
    return joined


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--brokers", required=True)
    brokers = parser.parse_args().brokers
    topic, group, transactional_id = (f"{what}-{uuid.uuid4().hex}" for what in ("topic", "group", "tx"))
    admin = AdminClient({"bootstrap.servers": brokers})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)

    member_of_group = member(brokers, group, topic)

    def committed():
        return member_of_group.committed([TopicPartition(topic, 0)], 20)[0].offset

    seen = {"committed": [committed()]}
    first = producer(brokers, transactional_id)
    for text, offset, end in (("a", 5, first.commit_transaction), ("b", 7, first.abort_transaction)):
        first.begin_transaction()
        send(first, topic, text + "1", text + "2")
        offsets = [TopicPartition(topic, 0, offset)]
        first.send_offsets_to_transaction(offsets, member_of_group.consumer_group_metadata(), 20)
        end(20)
        seen["committed"].append(committed())

    first.begin_transaction()
    send(first, topic, "zombie")
    second = producer(brokers, transactional_id)
    second.begin_transaction()
    send(second, topic, "heir")
    second.commit_transaction(20)
    seen["fenced"] = error_of(lambda: first.commit_transaction(20))

    second.begin_transaction()
    send(second, topic, "last")
    second.commit_transaction(20)
    member_of_group.close()
    for isolation in ("read_committed", "read_uncommitted"):
        seen[isolation] = values(brokers, topic, isolation, "last")
    print(json.dumps(seen))


main()
