"""Sends and reads messages with librdkafka and prints the times as JSON: BROKER TOPIC COUNT BYTES PINGS."""

import json
import os
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition

broker, topic, count, size, pings = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
value = os.urandom(size)
producer = Producer({"bootstrap.servers": broker, "acks": "all", "linger.ms": 0, "queue.buffering.max.kbytes": 2_000_000})
producer.list_topics(topic, timeout=20)
started = time.perf_counter()
for _ in range(count):
    producer.produce(topic, value=value, partition=0)
    producer.poll(0)
producer.flush(120)
send_seconds = time.perf_counter() - started

consumer = Consumer({"bootstrap.servers": broker, "group.id": topic, "fetch.wait.max.ms": 50})
consumer.assign([TopicPartition(topic, 0, 0)])
started = None  # From the first message to the last; one by one, as a call for several waits out its time for the last few.
seen = 0
while seen < count:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    if started is None:
        started = time.perf_counter()
    seen += 1
read_seconds = time.perf_counter() - started

latencies = []
for _ in range(pings):
    started = time.perf_counter()
    producer.produce(topic, value=b"ping", partition=0)
    producer.flush(20)
    latencies.append((time.perf_counter() - started) * 1000)
consumer.close()
print(json.dumps({"sendSeconds": send_seconds, "readSeconds": read_seconds, "latenciesMs": latencies}))
