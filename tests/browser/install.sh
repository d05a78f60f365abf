#!/usr/bin/env bash
# Install a browser, a Japanese font and axe-core into a folder of their own; print the folder.
#
#   tests/browser/install.sh
#
# Needs Node 20 or newer. Once for each lock file, into the cache: 170 MB of packages, and 200 MB of the browser unpacked.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/tokumei/browser-$(cat "$here/package-lock.json" "$here/install.sh" | cksum | tr ' ' -)"
mkdir -p "$folder/tmp"
exec 9>"$folder/.lock"
flock 9
if [ ! -e "$folder/.installed" ]; then
  echo "installing a browser for tests (once, a minute or less)" >&2
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cat > "$folder/fonts.conf" <<END
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>$folder/node_modules/@expo-google-fonts/noto-sans-jp/400Regular</dir>
<dir>$folder/node_modules/@expo-google-fonts/noto-sans-jp/700Bold</dir>
<cachedir>$folder/fonts</cachedir>
</fontconfig>
END
  touch "$folder/.installed"
fi
echo "$folder"
