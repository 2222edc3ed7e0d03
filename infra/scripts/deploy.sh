#!/usr/bin/env bash
# The deployment, the same by hand and in both pipelines. Needs a signed-in Azure CLI and the variables that
# infra/params/base.bicepparam reads (docs/deployment.md).
#   infra/scripts/deploy.sh what-if PROFILE          what would change; changes nothing
#   infra/scripts/deploy.sh infrastructure PROFILE   makes it so
#   infra/scripts/deploy.sh app                      dist/app.zip onto the app, then waits until it is ready
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

need() {
  for name in "$@"; do
    if [ -z "${!name:-}" ]; then
      echo "The variable $name is not set (docs/deployment.md, Variables)." >&2
      exit 1
    fi
  done
}

parameters() {
  local file="infra/params/$1.bicepparam"
  if [ "$1" = base ] || [ ! -f "$file" ]; then
    echo "There is no profile $1: dev, small, medium or large." >&2
    exit 1
  fi
  echo "$file"
}

deployment_name() { echo "operations-$AZURE_ENV_NAME"; }

# Azure does not keep the case of output names.
output() {
  az deployment sub show --name "$(deployment_name)" --query properties.outputs --output json | node -e '
    const outputs = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const name = Object.keys(outputs).find((one) => one.toUpperCase() === process.argv[1]);
    if (name === undefined) throw new Error(`The deployment has no output ${process.argv[1]}: deploy the infrastructure first.`);
    console.log(outputs[name].value);
  ' "$1"
}

deploy_app() {
  need AZURE_ENV_NAME
  if [ ! -f dist/app.zip ]; then
    echo "dist/app.zip is missing: npm run package" >&2
    exit 1
  fi
  local group app url
  group=$(output AZURE_RESOURCE_GROUP)
  app=$(output APP_NAME)
  url=$(output APP_URL)
  # Rights that were given a moment ago may need minutes until they hold everywhere.
  local attempt
  for attempt in 1 2 3; do
    if az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src dist/app.zip --timeout 600; then
      break
    fi
    if [ "$attempt" = 3 ]; then exit 1; fi
    echo "Attempt $attempt failed; the next one follows in 60 s." >&2
    sleep 60
  done
  wait_until_ready "$url"
}

wait_until_ready() {
  local begun=$SECONDS
  until curl --fail --silent --show-error --max-time 20 "$1/api/health/ready"; do
    if [ $((SECONDS - begun)) -gt 600 ]; then
      echo "$1 was not ready within 10 minutes: docs/runbooks/site-ready.md" >&2
      exit 1
    fi
    sleep 10
  done
  echo
}

case "${1:-}" in
  what-if | infrastructure)
    [ $# -eq 2 ] || usage
    need AZURE_ENV_NAME AZURE_LOCATION
    file=$(parameters "$2")
    action=create
    [ "$1" = infrastructure ] || action=what-if
    az deployment sub "$action" --name "$(deployment_name)" --location "$AZURE_LOCATION" --parameters "$file"
    ;;
  app)
    [ $# -eq 1 ] || usage
    deploy_app
    ;;
  *) usage ;;
esac
