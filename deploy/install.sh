#!/usr/bin/env bash
# Installs one app on this machine, from the release that this script is part of, and starts it. As root:
#   deploy/install.sh web|manager
# Its settings stand in /etc/hitrate/<app>.env already. ROOT_DIR puts what belongs to the system elsewhere, for tests.
set -euo pipefail

app=${1:-}
case $app in
  web) module=image_service health=http://127.0.0.1:8000/readyz state=ready ;;
  manager) module=dashboard health=http://127.0.0.1:8100/healthz state=alive ;;
  *) echo "usage: $0 web|manager" >&2; exit 2 ;;
esac
release=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=${ROOT_DIR:-}
settings=$root/etc/hitrate/$app.env
unit=hitrate-$app.service
seconds=${WAIT_SECONDS:-180}

[[ -r $settings ]] || { echo "$0: $settings is missing" >&2; exit 1; }

echo "hitrate: installing what $module needs"
"${PYTHON:-python3.11}" -m venv "$release/.venv"
"$release/.venv/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check --only-binary :all: \
  --requirement "$release/requirements.txt"
"$release/.venv/bin/python" -m compileall -q "$release/cache" "$release/metrics" "$release/web" "$release/$module"

if [[ $app == web ]]; then
  # Whose signature the database's certificate must bear.
  curl --fail --silent --show-error --retry 5 --output "$root/etc/hitrate/rds-ca.pem" \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
  chmod 644 "$root/etc/hitrate/rds-ca.pem"
  # The machine's own id: a host's name is made of its address, which another machine may have tomorrow.
  id=$root/var/lib/cloud/data/instance-id
  if [[ -r $id ]] && ! grep -q '^INSTANCE=' "$settings"; then
    echo "INSTANCE=$(<"$id")" >>"$settings"
  fi
fi

# The auto-scaler is a process of its own beside the manager, with the manager's settings.
units=("$unit")
[[ $app != manager ]] || units+=(hitrate-autoscaler.service)
for each in "${units[@]}"; do
  echo "hitrate: starting $each"
  install -m 644 -D "$release/deploy/systemd/$each" "$root/etc/systemd/system/$each"
done
systemctl daemon-reload
for each in "${units[@]}"; do
  systemctl enable --quiet "$each"
  systemctl restart "$each"
done

# "degraded" is not enough here: a first start without its database is a mistake in the settings.
for ((waited = 0; waited < seconds; waited += 2)); do
  if answer=$(curl --silent --max-time 5 "$health") && [[ ${answer//[[:space:]]/} == *"\"state\":\"$state\""* ]]; then
    echo "hitrate: $module is $state"
    exit 0
  fi
  sleep 2
done
echo "hitrate: $module is not $state after $seconds seconds; it last said: ${answer:-nothing}" >&2
journalctl --no-pager --lines 50 --unit "$unit" >&2
exit 1
