#!/usr/bin/env bash
# check-package.sh ROOT: packs the package, installs the tarball into an empty project elsewhere, and uses it as a user would.
set -euo pipefail
root=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# As `npm ci` has built it: a build would take away what others read meanwhile.
tarball=$(cd "$root" && npm pack --ignore-scripts --silent --pack-destination "$folder" | tail -n 1)
cp "$root"/.ci/consumer-project/* "$folder"
cd "$folder"
tarball_path=$folder/$tarball
npm install --no-audit "./$tarball" class-validator typescript@5 @types/node@20
# The broker is one file, as most of its start-up is the loading of modules.
if grep -qE "^(import|export) .* from [\"']\." node_modules/kafka-reproducer/dist/src/embedded-kafka/index.js; then
  echo 'dist/src/embedded-kafka/index.js is not bundled' >&2
  exit 1
fi
npx tsc -p .
node --enable-source-maps out/program.js
npx tsx program.ts
node --test out/line-counter.test.js

# Jest in a folder below, which finds the package in the folder above. The copy runs beside the original, with brokers of its own.
npm install --no-audit --no-save jest@30 ts-jest@29
cp -r "$root/.ci/jest-project" jest-project
cp jest-project/line-counter.test.ts jest-project/line-counter-again.test.ts
(cd jest-project && NODE_OPTIONS=--experimental-vm-modules npx jest --maxWorkers=2 --testTimeout=60000)

npx reproducer --version
npx reproducer demo
# The oldest Node that package.json allows, and the newer lines. Where one cannot be had, the rest still counts.
for version in 20.19.0 22 26; do
  if ! npx --yes --package "node@$version" -c 'node --version'; then
    echo "no Node $version here"
    continue
  fi
  npx --yes --package "node@$version" -c 'node node_modules/.bin/reproducer demo && node --test out/line-counter.test.js'
done
npx reproducer init lab-counts --package "file:$tarball_path"
(cd lab-counts && npm install --no-audit && npm test)
