#!/usr/bin/env bash
# Deploy the workflow, and run it every night for one policy.
#
#   PROJECT=my-project REGION=asia-northeast1 BUCKET=my-bucket IMAGE=…/tokumei@sha256:… \
#     deploy/scheduler/schedule.sh members
#
# Reads gs://$BUCKET/policies/members.yaml, writes under gs://$BUCKET/out. Needs the Flex Template
# gs://$BUCKET/templates/tokumei.json and these accounts: tokumei-nightly may run workflows and launch jobs
# (roles/workflows.invoker, roles/dataflow.developer, and roles/iam.serviceAccountUser on tokumei), tokumei does
# the work. Running it again changes what is there.
set -euo pipefail
name="tokumei-$1"
domain="$PROJECT.iam.gserviceaccount.com"
here="$(dirname "$0")"

gcloud workflows deploy tokumei-nightly --project="$PROJECT" --location="$REGION" \
  --source="$here/nightly.workflow.yaml" --service-account="tokumei-nightly@$domain"

# The execution API takes the arguments as JSON within JSON.
argument='{"region": "%s", "job_name": "%s", "template": "%s", "policy": "%s", "output": "%s", "image": "%s", "service_account": "%s", "temp": "%s"}'
# shellcheck disable=SC2059  # the format is the one above
argument="$(printf "$argument" "$REGION" "$name" "gs://$BUCKET/templates/tokumei.json" \
  "gs://$BUCKET/policies/$1.yaml" "gs://$BUCKET/out" "$IMAGE" "tokumei@$domain" "gs://$BUCKET/temp")"
body="{\"argument\": \"${argument//\"/\\\"}\"}"

verb=create
if gcloud scheduler jobs describe "$name" --project="$PROJECT" --location="$REGION" >/dev/null 2>&1; then verb=update; fi
gcloud scheduler jobs "$verb" http "$name" --project="$PROJECT" --location="$REGION" \
  --schedule="15 2 * * *" --time-zone=Asia/Tokyo --http-method=POST --message-body="$body" \
  --uri="https://workflowexecutions.googleapis.com/v1/projects/$PROJECT/locations/$REGION/workflows/tokumei-nightly/executions" \
  --oauth-service-account-email="tokumei-nightly@$domain"
