"""
Reads a topic to its end with librdkafka, which shows committed records only, and prints one JSON object per message; key, value
and headers are base64.
"""

import argparse
import base64
import json
import uuid

from confluent_kafka import Consumer, KafkaError, TopicPartition


def text(content):
    return None if content is None else base64.b64encode(content).decode()


def main():
    parser = argparse.ArgumentParser()
    for name in ("brokers", "topic"):
        parser.add_argument("--" + name, required=True)
    given = parser.parse_args()
    consumer = Consumer(
        {
            "bootstrap.servers": given.brokers,
            "group.id": "read-" + uuid.uuid4().hex,
            "enable.auto.commit": False,
            "check.crcs": True,
            "enable.partition.eof": True,
        }
    )
    partitions = consumer.list_topics(given.topic, timeout=30).topics[given.topic].partitions
    left = {}
    for partition in partitions:
        _, end = consumer.get_watermark_offsets(TopicPartition(given.topic, partition), timeout=30)
        if end > 0:
            left[partition] = end
    consumer.assign([TopicPartition(given.topic, partition, 0) for partition in left])
    while left:
        message = consumer.poll(30)
        if message is None:
            raise SystemExit(f"no message for 30 s; ends not reached: {left}")
        partition = message.partition()
        if message.error() and message.error().code() != KafkaError._PARTITION_EOF:
            raise SystemExit(str(message.error()))
        if message.error():
            # Not the offset of the last message: a partition may end with the mark of a transaction. Before the end
            # an undecided transaction holds reading up; it comes again when that is decided.
            if message.offset() >= left.get(partition, 0):
                left.pop(partition, None)
            continue
        headers = {name: text(value) for name, value in message.headers() or []}
        record = {"partition": partition, "offset": message.offset(), "headers": headers}
        print(json.dumps({**record, "key": text(message.key()), "value": text(message.value())}))
    consumer.close()


main()
