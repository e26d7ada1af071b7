"""Produces what comes on standard input with librdkafka: one JSON object per line with key, value (both base64) and partition."""

import argparse
import base64
import json
import sys

from confluent_kafka import Producer


def main():
    parser = argparse.ArgumentParser()
    for name in ("brokers", "topic", "compression"):
        parser.add_argument("--" + name, required=True)
    given = parser.parse_args()
    producer = Producer(
        {
            "bootstrap.servers": given.brokers,
            "compression.type": given.compression,
            # Long enough that several messages go into one compressed batch.
            "linger.ms": 50,
        }
    )
    failures = []

    def on_delivery(error, _message):
        if error is not None:
            failures.append(str(error))

    for line in sys.stdin:
        message = json.loads(line)
        producer.produce(
            given.topic,
            base64.b64decode(message["value"]),
            base64.b64decode(message["key"]),
            message["partition"],
            on_delivery,
        )
        producer.poll(0)
    left = producer.flush(60)
    if failures or left:
        sys.exit(f"not delivered: {left} left, {failures[:3]}")


main()
