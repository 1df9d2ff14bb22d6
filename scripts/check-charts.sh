#!/bin/sh
# Lints and renders every chart under k8s/ with every values file of its ci/ folder, checks that what has no default is
# asked for in words, and that chart, compose file and .env.example know the same variables.
# Exit: 0 fine, 1 a check failed, 3 skipped because there is no helm ($HELM names one that is not on PATH).
set -u
cd "$(dirname "$0")/.." || exit 1

helm=${HELM:-helm}
if ! command -v "$helm" >/dev/null 2>&1; then
  echo 'skipped: helm not found'
  exit 3
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
passed=0
# What helm keeps about its user plays no part here.
export HELM_CONFIG_HOME="$work" HELM_CACHE_HOME="$work" HELM_DATA_HOME="$work"

# check <sentence> <command...>: the output is shown when the command fails.
check() {
  sentence=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "ok    $sentence"
    passed=$((passed + 1))
  else
    echo "FAIL  $sentence"
    sed 's/^/      /' "$work/out"
    failed=$((failed + 1))
  fi
}

# refuses <words the message must have> <command...>
refuses() {
  words=$1
  shift
  if "$@" >"$work/refused" 2>&1; then
    echo 'was accepted'
    return 1
  fi
  grep -qF -- "$words" "$work/refused" || { cat "$work/refused"; return 1; }
}

# render <chart> <values file>: leaves the manifests for the checks that follow
render() {
  "$helm" template ci "$1" --namespace ci --values "$2" >"$work/rendered.yaml"
}

# Every secret of a pod must be a reference: no value may sit in a manifest.
has_no_inline_secret() {
  awk '
    /- name: (DATABASE_URL|REDIS_URL|MASTER_KEY|OPENAI_API_KEY|PENSTOCK_SERVICE_TOKEN|PENSTOCK_KEY_HASH_SECRET|PENSTOCK_ENCRYPTION_KEYS)$/ { name = $3; next }
    name != "" { if ($1 != "valueFrom:") { print name " is not a reference"; bad = 1 } name = "" }
    /^kind: Secret$/ { print "the chart renders a Secret"; bad = 1 }
    END { exit bad }' "$work/rendered.yaml"
}

# Variables of .env.example that belong to the machine of a developer or to the compose file alone.
only_local='^(POSTGRES_PASSWORD|REDIS_PASSWORD|PENSTOCK_VERSION|GATEWAY_BIND|SIMULATOR_[A-Z_]+|PENSTOCK_TEST_[A-Z_]+)$'

knows_all_variables() {
  [ -f .env.example ] || return 0
  unknown=0
  for name in $(sed -n 's/^#\{0,1\} \{0,1\}\([A-Z][A-Z0-9_]*\)=.*/\1/p' .env.example | sort -u | grep -Ev "$only_local"); do
    case $name in
      # Set by the template per app.
      GATEWAY_PORT | GOVERNANCE_PORT | ADMIN_PORT | WORKER_PORT) continue ;;
      # The apps' own default is right in a container.
      PENSTOCK_HOST) continue ;;
    esac
    if ! grep -rqF -- "$name" "$1/values.schema.json" "$1/templates"; then
      echo "$name is in .env.example but not in $1"
      unknown=1
    fi
  done
  return $unknown
}

for chart in k8s/*/; do
  chart=${chart%/}
  for values in "$chart"/ci/*.yaml; do
    name="$chart with $(basename "$values")"
    check "helm lint $name" "$helm" lint --strict "$chart" --values "$values"
    check "helm template $name" render "$chart" "$values"
    check "no secret in the manifests of $name" has_no_inline_secret
  done
  check "$chart asks for image.repository" refuses 'image.repository is required' \
    "$helm" template ci "$chart" --set secrets.existingSecret=some
  check "$chart asks for secrets.existingSecret" refuses 'secrets.existingSecret is required' \
    "$helm" template ci "$chart" --set image.repository=some
  check "$chart refuses a value it does not know" refuses 'gatway' \
    "$helm" template ci "$chart" --set gatway.replicas=3
  check "$chart knows every variable of .env.example" knows_all_variables "$chart"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
