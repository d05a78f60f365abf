#!/usr/bin/env bash
# Deploy the workflow, run it every night for one policy, and raise an alert where a night fails or does not come.
#
#   PROJECT=my-project REGION=asia-northeast1 POLICIES=my-policies BUCKET=my-releases TEMP=my-temp \
#     TEMPLATE=gs://my-temp/templates/tokumei-0.1.0.json IMAGE=…/tokumei@sha256:… \
#     CHANNEL=projects/my-project/notificationChannels/123 \
#     deploy/scheduler/schedule.sh members
#
# MAX_WORKERS, MACHINE_TYPE, LABELS (a JSON object) and FLEXRS (1: cheaper, and begun within six hours) may be set too.
# Reads gs://$POLICIES/members.yaml, writes under gs://$BUCKET/out. Buckets, template and the account tokumei are
# those of deploy/README.md (Dataflow). The account tokumei-nightly launches: roles/workflows.invoker,
# roles/dataflow.developer, and roles/iam.serviceAccountUser on tokumei. Running it again changes what is there.
set -euo pipefail
name="tokumei-$1"
domain="$PROJECT.iam.gserviceaccount.com"
here="$(dirname "$0")"

gcloud workflows deploy tokumei-nightly --project="$PROJECT" --location="$REGION" \
  --source="$here/nightly.workflow.yaml" --service-account="tokumei-nightly@$domain"

flexrs=FLEXRS_UNSPECIFIED hours=6
if [ -n "${FLEXRS:-}" ]; then flexrs=FLEXRS_COST_OPTIMIZED hours=12; fi

# The execution API takes the arguments as JSON within JSON.
argument='{"region": "%s", "job_name": "%s", "template": "%s", "policy": "%s", "output": "%s", "image": "%s", "service_account": "%s", "temp_bucket": "%s", "max_workers": %d, "machine_type": "%s", "labels": %s, "flexrs_goal": "%s", "hours": %d}'
# shellcheck disable=SC2059  # the format is the one above
argument="$(printf "$argument" "$REGION" "$name" "$TEMPLATE" \
  "gs://$POLICIES/$1.yaml" "gs://$BUCKET/out" "$IMAGE" "tokumei@$domain" "gs://$TEMP" \
  "${MAX_WORKERS:-8}" "${MACHINE_TYPE:-n2-standard-2}" "${LABELS:-"{}"}" "$flexrs" "$hours")"
body="{\"argument\": \"${argument//\"/\\\"}\"}"

verb=create
if gcloud scheduler jobs describe "$name" --project="$PROJECT" --location="$REGION" >/dev/null 2>&1; then verb=update; fi
gcloud scheduler jobs "$verb" http "$name" --project="$PROJECT" --location="$REGION" \
  --schedule="15 2 * * *" --time-zone=Asia/Tokyo --http-method=POST --message-body="$body" \
  --uri="https://workflowexecutions.googleapis.com/v1/projects/$PROJECT/locations/$REGION/workflows/tokumei-nightly/executions" \
  --oauth-service-account-email="tokumei-nightly@$domain"

# One alert for all policies: it has the name of the workflow.
alert="$(gcloud monitoring policies list --project="$PROJECT" --filter='displayName="tokumei-nightly"' --format='value(name)')"
if [ -n "$alert" ]; then
  change=(update "$alert" "--set-notification-channels=$CHANNEL")
else
  change=(create "--notification-channels=$CHANNEL")
fi
gcloud monitoring policies "${change[@]}" --project="$PROJECT" --policy-from-file="$here/alert.json"
