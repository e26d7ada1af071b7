"""The Python original as a user would write it: OpenMSIStream's DataFileStreamReproducer with the smallest useful result.

Built in code, because a reproducer of openmsistream 1.8.8 cannot be started by its own command line. Threads and the
consumer's settings are those that its command line and its example configuration have.
"""

import argparse
import json
import pathlib

from openmsistream import DataFileStreamReproducer
from openmsistream.data_file_io import ReproducerMessage

CONFIGURATION = """
[broker]
bootstrap.servers = {brokers}

[consumer]
group.id = {group}
auto.offset.reset = earliest
enable.auto.commit = False
fetch.min.bytes = {fetch_min}
key.deserializer = StringDeserializer
value.deserializer = DataFileChunkDeserializer

[producer]
key.serializer = StringSerializer
value.serializer = StringSerializer
"""


class Summary(ReproducerMessage):
    """Path, size and SHA-512 of a file as JSON."""

    def __init__(self, datafile):
        super().__init__(datafile)
        self.file = datafile

    @property
    def msg_value(self):
        return json.dumps(
            {
                "filename": self.file.relative_filepath.as_posix(),
                "size": len(self.file.bytestring),
                "sha512": self.file.check_file_hash.hex(),
            }
        )


class Summarizer(DataFileStreamReproducer):
    """One Summary per file."""

    def _get_processing_result_message_for_file(self, datafile, lock):
        return Summary(datafile)

    @classmethod
    def run_from_command_line(cls, args=None):
        raise NotImplementedError


def main():
    parser = argparse.ArgumentParser()
    for name in ("brokers", "topic", "out", "group", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--fetch-min", default="100000")
    given = parser.parse_args()
    folder = pathlib.Path(given.folder)
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "reproducer.config"
    configuration.write_text(
        CONFIGURATION.format(brokers=given.brokers, group=given.group, fetch_min=given.fetch_min)
    )
    summarizer = Summarizer(
        str(configuration),
        given.topic,
        given.out,
        output_dir=folder / "output",
        consumer_group_id=given.group,
        n_threads=2,
        n_consumer_threads=2,
        n_producer_threads=2,
    )
    summarizer.produce_processing_results_for_files_as_read()


main()
