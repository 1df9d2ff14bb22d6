#!/bin/sh
# Lints and renders every chart under k8s/ with every values file of its ci/ folder, checks that what has no default is
# asked for in words, and that the apps, .env.example and the charts know the same variables.
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
# A helm built from source takes itself for one of Kubernetes 1.20 where it is not told otherwise.
kube=${KUBE_VERSION:-1.33.0}
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
  "$helm" template ci "$1" --kube-version "$kube" --namespace ci --values "$2" >"$work/rendered.yaml"
}

# Every secret of a pod must be a reference: no value may sit in a manifest.
has_no_inline_secret() {
  awk '
    /- name: (DATABASE_URL|REDIS_URL|MASTER_KEY|OPENAI_API_KEY|PENSTOCK_TOKEN_SECRETS|PENSTOCK_SERVICE_TOKEN|PENSTOCK_KEY_HASH_SECRET|PENSTOCK_ENCRYPTION_KEYS)$/ { name = $3; next }
    name != "" { if ($1 != "valueFrom:") { print name " is not a reference"; bad = 1 } name = "" }
    /^kind: Secret$/ { print "the chart renders a Secret"; bad = 1 }
    END { exit bad }' "$work/rendered.yaml"
}

# The process that faces the world must not hold what opens the database or proves an operator. It can decrypt, for the
# credentials of organizations, but reaches nothing encrypted that governance did not send it.
gateway_has_no_more_than_it_needs() {
  awk '
    /^kind: / { kind = $2 }
    /^  name: / { name = kind == "Deployment" ? $2 : "" }
    name ~ /-gateway$/ { seen = 1 }
    name ~ /-gateway$/ && /DATABASE_URL|MASTER_KEY|PENSTOCK_TOKEN_SECRETS/ { print name " has" $0; bad = 1 }
    END { if (!seen) { print "no gateway was rendered"; bad = 1 } exit bad }' "$work/rendered.yaml"
}

# What a configuration class requires its Deployment must give, and no secret more than the class declares.
deployments_fit_the_apps() {
  misfits=0
  for app in gateway governance admin worker; do
    awk -v suffix="-$app\$" '
      /^kind: / { kind = $2 }
      /^  name: / { name = kind == "Deployment" ? $2 : "" }
      name ~ suffix && /^            - name: [A-Z]/ { print $3 }' "$work/rendered.yaml" | sort -u >"$work/given"
    cat libs/platform/src/config/base-config.ts "apps/$app/src/config.ts" >"$work/classes"
    # Neither a default nor a question mark.
    required=$(sed -n 's/^  \([A-Z][A-Z0-9_]*\): [^=]*;$/\1/p' "$work/classes" | grep -vxF -f "$work/given")
    [ -z "$required" ] || { echo "$app lacks" $required; misfits=1; }
    sed -n 's/^  \([A-Z][A-Z0-9_]*\)[?!]\{0,1\}:.*/\1/p' "$work/classes" >"$work/declared"
    surplus=$(grep -E '(_URL|_KEYS?|_TOKEN|_SECRET)$' "$work/given" | grep -vxF -f "$work/declared")
    [ -z "$surplus" ] || { echo "$app does not read" $surplus; misfits=1; }
  done
  return $misfits
}

# Who may claim the address of a caller: without an Ingress nobody but the pod itself.
gateway_trusts() {
  expected=$1
  shift
  "$helm" template ci k8s/penstock --kube-version "$kube" --set image.repository=some --set secrets.existingSecret=some \
    "$@" >"$work/trust.yaml" || return 1
  awk '
    /^kind: / { kind = $2 }
    /^  name: / { name = kind == "Deployment" ? $2 : "" }
    name ~ /-gateway$/ && /- name: PENSTOCK_TRUSTED_PROXIES/ { getline; print $2 }' "$work/trust.yaml" >"$work/trusted"
  [ "$(cat "$work/trusted")" = "$expected" ] || { echo "the gateway trusts $(cat "$work/trusted")"; return 1; }
}

example_variables() {
  sed -n 's/^#\{0,1\}\([A-Z][A-Z0-9_]*\)=.*/\1/p' .env.example | sort -u
}

# A property of a configuration class is a variable.
app_variables() {
  cat libs/platform/src/config/base-config.ts apps/*/src/config.ts | sed -n 's/^  \([A-Z][A-Z0-9_]*\)[?!]\{0,1\}:.*/\1/p' | sort -u
}

example_is_complete() {
  example_variables >"$work/example"
  missing=$(app_variables | grep -vxF -f "$work/example")
  [ -z "$missing" ] || { echo "not in .env.example: $missing"; return 1; }
}

knows_all_variables() {
  unknown=0
  # The apps' own default of PENSTOCK_HOST is right in a container.
  for name in $(example_variables | grep -vx PENSTOCK_HOST); do
    case $name in
      # Set per app by the template.
      *_PORT) continue ;;
    esac
    if ! grep -rqF -- "$name" "$1/values.schema.json" "$1/templates"; then
      echo "$name is in .env.example but not in $1"
      unknown=1
    fi
  done
  return $unknown
}

check 'every variable of the apps is in .env.example' example_is_complete
for chart in k8s/*/; do
  chart=${chart%/}
  for values in "$chart"/ci/*.yaml; do
    name="$chart with $(basename "$values")"
    check "helm lint $name" "$helm" lint --strict "$chart" --values "$values"
    check "helm template $name" render "$chart" "$values"
    check "no secret in the manifests of $name" has_no_inline_secret
    check "no secret of others in the gateway of $name" gateway_has_no_more_than_it_needs
    check "the environment of every app in $name" deployments_fit_the_apps
  done
  check "$chart asks for image.repository" refuses 'image.repository is required' \
    "$helm" template ci "$chart" --kube-version "$kube" --set secrets.existingSecret=some
  check "$chart asks for secrets.existingSecret" refuses 'secrets.existingSecret is required' \
    "$helm" template ci "$chart" --kube-version "$kube" --set image.repository=some
  check "$chart refuses a value it does not know" refuses 'gatway' \
    "$helm" template ci "$chart" --kube-version "$kube" --set gatway.replicas=3
  check "$chart knows every variable of .env.example" knows_all_variables "$chart"
done

check 'a gateway without Ingress believes no X-Forwarded-For' gateway_trusts '"loopback"'
check 'a gateway behind an Ingress believes what config says' gateway_trusts '' \
  --set ingress.enabled=true --set ingress.host=llm.example.com
check 'a gateway believes whom its own value names' gateway_trusts '"10.42.7.0/24"' \
  --set gateway.trustedProxies=10.42.7.0/24

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
