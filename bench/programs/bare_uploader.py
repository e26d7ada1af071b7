"""The practical limit of uploading: librdkafka alone. Reads each file once, takes its SHA-512 and that of each chunk, packs and produces.

No watching, no registry, nothing is read twice, acknowledgements are counted at the end.
"""

import argparse
import hashlib
import pathlib

import msgpack
from confluent_kafka import Producer


def chunk_messages(path, content, chunk_bytes, modified_at):
    """Key and value of each chunk, in the order of the file."""
    whole = hashlib.sha512(content).digest()
    folder, _, name = path.rpartition("/")
    count = -(-len(content) // chunk_bytes)
    for index in range(1, count + 1):
        start = (index - 1) * chunk_bytes
        data = content[start : start + chunk_bytes]
        chunk_hash = hashlib.sha512(data).digest()
        fields = [name, whole, chunk_hash, start, index, count, folder, "", data, modified_at]
        key = f"{folder.replace('/', '_')}_{name}_chunk_{index}_of_{count}"
        yield key, msgpack.packb(fields, use_bin_type=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("brokers", "topic", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--chunk-bytes", type=int, required=True)
    given = parser.parse_args()
    producer = Producer(
        {
            "bootstrap.servers": given.brokers,
            "linger.ms": 100,
            "batch.size": 2_000_000,
            "queue.buffering.max.kbytes": 262_144,
        }
    )
    root = pathlib.Path(given.folder)
    for file in sorted(each for each in root.rglob("*") if each.is_file()):
        path = file.relative_to(root).as_posix()
        modified_at = file.stat().st_mtime
        for key, value in chunk_messages(path, file.read_bytes(), given.chunk_bytes, modified_at):
            while True:
                try:
                    producer.produce(given.topic, value, key)
                    break
                except BufferError:
                    producer.poll(0.05)
        producer.poll(0)
    if producer.flush() != 0:
        raise SystemExit("not everything was acknowledged")


main()
