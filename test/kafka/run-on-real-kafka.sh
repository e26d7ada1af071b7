#!/usr/bin/env bash
# Runs the tests that are worth it on a real Apache Kafka: the driver, the promises, the interplay with the Python original.
#
#   test/kafka/run-on-real-kafka.sh [--version 4.1.0] [arguments of vitest ...]
#
# The broker's jars come from Maven Central. Without Java 17 and Maven nothing runs, and the reason is printed (exit code
# 0, or 77 with KAFKA_REPRODUCER_REPORT_SKIP=1). A broker that runs already: set KAFKA_REPRODUCER_TEST_BROKERS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=()
if [[ ${1:-} == --version ]]; then
  version=(--version "$2")
  export KAFKA_REPRODUCER_KAFKA_VERSION=$2
  shift 2
fi

[[ -f dist/src/index.js ]] || npm run --silent build
tests=(npx vitest run --config vitest.kafka.config.ts "$@")
if [[ -n ${KAFKA_REPRODUCER_TEST_BROKERS:-} ]]; then
  exec "${tests[@]}"
fi
# The tests kill workers, so the group must forget them soon.
status=0
npx tsx test/real-kafka/launch.ts "${version[@]}" --set group.min.session.timeout.ms=1000 -- "${tests[@]}" || status=$?
if [[ $status == 77 && ${KAFKA_REPRODUCER_REPORT_SKIP:-} != 1 ]]; then exit 0; fi
exit "$status"
