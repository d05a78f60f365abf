#!/usr/bin/env bash
# Build Prism, Beam's portable engine for one machine, and print the path of its program.
#
#   tokumei anonymize POLICY.yaml --runner=PrismRunner --prism_location="$(tests/engines/prism/install.sh)"
#
# Needs Go. Built once into the cache (about 65 MB), where Go also keeps its sources; Beam would otherwise fetch a
# binary from the network.
set -euo pipefail
. "$(dirname "$0")/../../../deploy/versions.env"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/tokumei"
folder="$cache/prism-$BEAM"
if [ ! -x "$folder/prism" ]; then
  echo "building Prism $BEAM (once, a minute or more)" >&2
  mkdir -p "$folder"
  building="$(mktemp -d "$folder/XXXXXX")"
  trap 'rm -rf "$building"' EXIT
  export GOPATH="$cache/go" GOMODCACHE= GOCACHE="$cache/go-build" GOFLAGS=-modcacherw GOBIN="$building"
  go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$BEAM" >&2
  mv "$building/prism" "$folder/prism"
fi
echo "$folder/prism"
