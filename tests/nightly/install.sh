#!/usr/bin/env bash
# Install Airflow and the schemas of Kubernetes into an environment of their own; print its Python.
#
#   tests/nightly/install.sh PYTHON      # a Python 3.11 to make it with
#
# Once for each lock file, into the cache: 76 MB of packages, 400 MB on disk.
set -euo pipefail
lock="$(dirname "$0")/requirements.lock"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/tokumei/nightly-$(cksum < "$lock" | tr ' ' -)"
mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
if [ ! -e "$folder/.installed" ]; then
  echo "installing Airflow for tests (once, half a minute or more)" >&2
  "$1" -m venv --clear "$folder/venv"
  "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock" >&2
  touch "$folder/.installed"
fi
echo "$folder/venv/bin/python"
