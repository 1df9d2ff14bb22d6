#!/bin/sh
# Writes .env for docker-compose.yml: every secret generated here, on this machine, readable by its owner only.
# Usage: deploy/make-env.sh [file]      (default: .env beside docker-compose.yml)
set -eu
# From the first byte on nobody else can read the file.
umask 077

file=${1:-"$(dirname "$0")/../.env"}
if [ -e "$file" ]; then
  echo "$file exists and stays as it is. Its keys decrypt what is in the database: move it away only with the data." >&2
  exit 1
fi

# Hexadecimal, because the passwords become parts of URLs.
hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

work="$file.tmp.$$"
trap 'rm -f "$work"' EXIT
cat >"$work" <<EOF
# Written by deploy/make-env.sh. Keep a copy in a safe place: without PENSTOCK_ENCRYPTION_KEYS and
# PENSTOCK_KEY_HASH_SECRET no virtual key in the database can be read or recognised again.

# Sent as X-Admin-Key by operators.
MASTER_KEY=mk-$(hex 32)
# version:base64 of 32 bytes; the last of a comma-separated list signs operators' tokens, all of them prove them.
PENSTOCK_TOKEN_SECRETS=1:$(head -c 32 /dev/urandom | base64 | tr -d '\n')
# Shown by gateways to governance.
PENSTOCK_SERVICE_TOKEN=$(hex 32)
PENSTOCK_KEY_HASH_SECRET=$(hex 32)
# version:base64 of 32 bytes; the last of a comma-separated list encrypts, all of them decrypt.
PENSTOCK_ENCRYPTION_KEYS=1:$(head -c 32 /dev/urandom | base64 | tr -d '\n')

POSTGRES_PASSWORD=$(hex 24)
REDIS_PASSWORD=$(hex 24)

# Without these two the gateway talks to the simulator of docker-compose.yml. Set both for the real provider.
#OPENAI_API_KEY=
#OPENAI_BASE_URL=https://api.openai.com/v1
EOF
# ln refuses where mv would overwrite a file that appeared meanwhile.
ln "$work" "$file"
echo "wrote $file"
