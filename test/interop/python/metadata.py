"""
Runs the original's metadata reproducer on a topic until so many results are on the other topic. The values are those of
programs/describe-table.ts: whatever JSON text can look different in two languages.
"""

import argparse
import hashlib
import pathlib
import sys
import tempfile
import threading

from confluent_kafka import Consumer
from openmsistream import MetadataJSONReproducer

CONFIG = """[broker]
bootstrap.servers = {brokers}

[consumer]
auto.offset.reset = earliest
enable.auto.commit = False
key.deserializer = StringDeserializer
value.deserializer = DataFileChunkDeserializer

[producer]
key.serializer = StringSerializer
value.serializer = StringSerializer
"""


class DescribeTable(MetadataJSONReproducer):
    def _get_metadata_dict_for_file(self, datafile):
        text = datafile.bytestring.decode("utf-8")
        numbers = [float(word) for word in text.split() if word[0] in "-.0123456789"]
        return {
            "file": datafile.relative_filepath.as_posix(),
            "sha256": hashlib.sha256(datafile.bytestring).hexdigest(),
            "size": len(datafile.bytestring),
            "text": text,
            "numbers": numbers,
            "half": [number / 2 for number in numbers],
            "least": min(numbers, default=None),
            "whole": [int(number) for number in numbers if abs(number) < 1e300],
            "odd": [float("nan"), float("inf"), float("-inf"), -0.0, 2**70, True, {}, []],
            3: {"1.0": 1.0, 1.5: None, None: False, True: "yes"},
        }


def stop_after(given, reproducer):
    consumer = Consumer(
        {"bootstrap.servers": given.brokers, "group.id": given.group + "-end", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([given.produce_topic])
    left = given.count
    while left:
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            left -= 1
    consumer.close()
    reproducer.control_command_queue.put("q")


def main():
    parser = argparse.ArgumentParser()
    for name in ("brokers", "group", "consume-topic", "produce-topic"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--count", type=int, required=True)
    for name in ("heartbeat-topic", "log-topic", "id"):
        parser.add_argument("--" + name)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "reproducer.config"
        config.write_text(CONFIG.format(brokers=given.brokers))
        reproducer = DescribeTable(
            config,
            given.consume_topic,
            given.produce_topic,
            consumer_group_id=given.group,
            output_dir=pathlib.Path(folder) / "output",
            n_threads=1,
            n_consumer_threads=1,
            n_producer_threads=1,
            heartbeat_topic_name=given.heartbeat_topic,
            heartbeat_program_id=given.id,
            heartbeat_interval_secs=0.5,
            log_topic_name=given.log_topic,
            log_program_id=given.id,
            log_interval_secs=0.5,
        )
        threading.Thread(target=stop_after, args=(given, reproducer), daemon=True).start()
        reproducer.produce_processing_results_for_files_as_read()
        reproducer.close()
    sys.exit(0)


main()
