#!/usr/bin/env bash
# Installs what the browser tests need: Chromium, from the distribution. Does nothing where it is there already.
set -euo pipefail
if command -v chromium >/dev/null || [ -x "${CHROMIUM_PATH:-}" ]; then exit 0; fi
as_root=''
if [ "$(id -u)" -ne 0 ]; then as_root='sudo'; fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
$as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
