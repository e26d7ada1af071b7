"""
Opens the tables of files in a folder LOGS with the original's own classes, and prints what it finds there as JSON.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

from openmsistream.data_file_io.actor.file_registry.stream_handler_registries import (
    StreamProcessorRegistry,
    StreamReproducerRegistry,
)


def rows(table):
    return sorted(
        [str(value) for value in dataclasses.astuple(line)] for line in table.objects
    )


def main():
    parser = argparse.ArgumentParser()
    for name in ("folder", "topic", "group"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--produce-topic")
    given = parser.parse_args()
    folder = pathlib.Path(given.folder)
    if given.produce_topic is None:
        registry = StreamProcessorRegistry(folder, given.topic, given.group)
    else:
        registry = StreamReproducerRegistry(folder, given.topic, given.produce_topic, given.group)
    print(
        json.dumps(
            {
                "rerun": sorted(str(path) for path in registry.filepaths_to_rerun),
                "in_progress": rows(registry.in_progress_table),
                "succeeded": rows(registry.succeeded_table),
            }
        )
    )


main()
# At its end it would write the tables again.
sys.stdout.flush()
os._exit(0)
