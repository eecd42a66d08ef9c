#!/usr/bin/env bash
set -euo pipefail

ROOT=$(pwd)

# Prints a message and leaves.
die() {
  echo "error: $1" >&2
  exit 1
}

function build {
  local target=$1
  make "$target" || die "no $target"
}

build all
