#!/bin/bash
# Makes an Amazon Linux 2023 instance the NAT of the private subnets and says so once it has been seen to work.
#
# Runs as user data at the first boot and from cloud-init's per-boot folder at every later one: each step can be
# repeated. On the console it ends with exactly one line that begins with
#   TRADAI-NAT-READY  instance=<id> boot=<boot id> seconds=<n>
#   TRADAI-NAT-FAILED step=<step> reason=<last line of the step's error output>
# A failed step ends the script: no readiness signal, so the lifecycle hook is not continued.
# The services that it starts call it as well: `watch`, `pair` and `meter` are these services, `mend` puts the rules
# right, `mark VALUE` writes the tag, `peers` lists the instances of both groups, `tell EVENTS` puts events.
#
# Values come as export lines put before this script:
#   AWS_DEFAULT_REGION     required: the region of the calls to EC2
#   NAT_EIP_ALLOCATION_ID  the address to take when it is free; empty: none is taken
#   NAT_READY_TAG          key of the readiness tag; default tradai:nat-ready, its value begins with the boot id
#   NAT_SELFTEST_URLS      what self-test and watchman ask, one answer suffices; by address: no resolver is needed
#   NAT_GROUPS             the names of both groups where this NAT has a standby or is one; empty: it is alone. In a
#                          pair it takes no address, since the function alone moves it, and watches the other NAT
#   NAT_METRICS            environment and group, the dimensions of its metrics; empty: it puts none
#   NAT_MSS                the largest segment of a new connection; default 1460
set -euo pipefail

readonly METADATA=http://169.254.169.254/latest
readonly PER_BOOT=/var/lib/cloud/scripts/per-boot/tradai-nat
readonly CONNTRACK_MAX=65536 CONNTRACK_BUCKETS=16384 # 512 MB would default to about 4,096: full in no time
readonly INTERNET_MTU=1500                           # the interface's own is 9001
readonly SELFTEST_SECONDS=40
# of this script's own, which starts up to 20 s after the boot; the hook's heartbeat ends at 300 s
readonly WITHDRAW_UNTIL=15 METADATA_UNTIL=60 ADDRESS_UNTIL=90 READY_UNTIL=180
readonly MARKED=${MARKED:-/var/lib/tradai-nat-mark} # the tag's value as last written
readonly FORWARDED=${FORWARDED:-/run/tradai-nat-forwarded} # when the watchman last saw it forward
readonly TIMEOUTS=(--cli-connect-timeout 3 --cli-read-timeout 10)
readonly MODE=${1:-boot} VALUE=${2:-}
STEP=start

main() {
  if [ "$MODE" = boot ]; then
    boot
  else
    take_values
    [ -n "${INSTANCE_ID:-}" ] || read_metadata # the watchman hands on what it read
    "$MODE"
  fi
}

boot() {
  ERRORS=$(mktemp)
  trap 'finish $?' EXIT
  step values take_values
  step per-boot keep_for_every_boot
  step metadata read_metadata
  step withdraw withdraw_last_mark
  step forwarding forward_packets
  step path limit_path
  step masquerade masquerade_and_clamp
  step connection-table size_connection_table
  step redirects send_no_redirects
  step self-test test_own_masquerade
  step address take_address
  step ready signal_readiness
}

mend() { # as boot does; what is right stays as it is
  forward_packets
  limit_path
  masquerade_and_clamp
  size_connection_table
  send_no_redirects
}

step() {
  STEP=$1
  echo "tradai-nat: $STEP"
  "$2" 2>"$ERRORS"
}

finish() {
  local status=$1 reason
  reason=$(grep -v '^[[:space:]]*$' "$ERRORS" | tail -n 1 | cut -c 1-300 || true)
  rm -f "$ERRORS"
  [ -z "${BOOT_ID:-}" ] || start_services || echo 'tradai-nat: no watchman'
  if [ "$status" -eq 0 ]; then
    console "TRADAI-NAT-READY instance=$INSTANCE_ID boot=$BOOT_ID seconds=$SECONDS"
  else
    console "TRADAI-NAT-FAILED step=$STEP reason=${reason:-exit status $status}"
  fi
}

console() { # stdout goes to cloud-init's log; the function reads the console
  echo "$1"
  echo "$1" >/dev/console || true
}

take_values() {
  : "${AWS_DEFAULT_REGION:?is not set}" "${NAT_EIP_ALLOCATION_ID=}" "${NAT_READY_TAG:=tradai:nat-ready}"
  : "${NAT_MSS:=1460}" "${NAT_GROUPS=}" "${NAT_METRICS=}"
  : "${NAT_SELFTEST_URLS:=https://1.1.1.1/cdn-cgi/trace https://8.8.8.8/ https://9.9.9.9/}"
  export AWS_DEFAULT_REGION AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=5 AWS_PAGER=
}

keep_for_every_boot() { [ "$0" -ef "$PER_BOOT" ] || install -D -m 0700 "$0" "$PER_BOOT"; } # user data runs once

read_metadata() { # IMDSv2; set as globals
  INSTANCE_ID=$(try_until $METADATA_UNTIL instance_id)
  BOOT_ID=$(cat /proc/sys/kernel/random/boot_id)
  INTERFACE=$(ip -4 route show default | sed -nE 's/.* dev ([^ ]+).*/\1/p' | head -n 1)
  [ -n "$INTERFACE" ] || { echo 'no default route' >&2 && return 1; }
}

instance_id() { # each try with a fresh token: the service answers an old one with 401
  local token
  token=$(imds -X PUT "$METADATA/api/token" -H 'X-aws-ec2-metadata-token-ttl-seconds: 300') &&
    imds "$METADATA/meta-data/instance-id" -H "X-aws-ec2-metadata-token: $token"
}

try_until() { # the second of this script, then the command, which is tried once at least
  local until=$1
  shift
  until "$@"; do
    [ $SECONDS -lt "$until" ] || return 1
    sleep 2
  done
}

withdraw_last_mark() { # a later boot that fails must not count as ready; at the first one there is no mark
  [ "$0" -ef "$PER_BOOT" ] || return 0
  AWS_MAX_ATTEMPTS=1 try_until $WITHDRAW_UNTIL mark '' || echo 'tradai-nat: the last mark was not withdrawn'
}

imds() {
  curl --silent --show-error --fail --noproxy '*' --max-time 2 --retry 10 --retry-delay 1 --retry-connrefused "$@"
}

forward_packets() { echo 1 >/proc/sys/net/ipv4/ip_forward; }

limit_path() { # a longer packet is answered here, by ICMP, and not lost on its way
  local line route mtu
  line=$(ip -4 route show default dev "$INTERFACE" | head -n 1)
  mtu=$(ip link show "$INTERFACE" | sed -nE 's/.* mtu ([0-9]+) .*/\1/p')
  [ "$mtu" -lt $INTERNET_MTU ] || mtu=$INTERNET_MTU
  if [[ $line =~ ' mtu '([0-9]+) ]]; then
    [ "${BASH_REMATCH[1]}" -gt "$mtu" ] || return 0
    line=${line/"${BASH_REMATCH[0]}"/}
  fi
  read -ra route <<<"$line"
  ip -4 route replace "${route[@]}" dev "$INTERFACE" mtu "$mtu"
}

masquerade_and_clamp() { # the kernel is asked directly; only where it refuses are packages fetched
  rules_by_netlink "$INTERFACE" && return
  echo 'tradai-nat: no rules without packages, fetching iptables'
  rules_by_iptables
}

size_connection_table() { # after the rules, which load the module that owns these values
  echo $CONNTRACK_MAX >/proc/sys/net/netfilter/nf_conntrack_max
  echo $CONNTRACK_BUCKETS >/sys/module/nf_conntrack/parameters/hashsize
}

send_no_redirects() { # packets leave by the interface they came in on: a redirect would point hosts past the NAT
  local scope
  for scope in all default "$INTERFACE"; do
    echo 0 >"/proc/sys/net/ipv4/conf/$scope/send_redirects"
  done
}

# A client in a namespace of its own asks the internet through the rules above, as a private host would.
# Its network is that of benchmarks (RFC 2544), which no VPC routes.
test_own_masquerade() {
  local ns=tradai-selftest answered=1
  add_client $ns nat-selftest 198.18.0.1 198.18.0.2
  ask_the_internet $ns && answered=0
  ip netns delete $ns # takes the pair of interfaces with it
  return $answered
}

add_client() { # namespace, the NAT's end of the cable, both addresses
  ip netns delete "$1" 2>/dev/null || true
  ip link delete "$2" 2>/dev/null || true
  ip netns add "$1"
  ip link add "$2" type veth peer name client netns "$1"
  ip address add "$3/30" dev "$2"
  ip link set "$2" up
  ip -n "$1" address add "$4/30" dev client
  ip -n "$1" link set client up
  ip -n "$1" route add default via "$3"
}

ask_the_internet() {
  local ns=$1 url until=$((SECONDS + SELFTEST_SECONDS))
  while [ $SECONDS -lt $until ]; do
    for url in $NAT_SELFTEST_URLS; do
      ip netns exec "$ns" curl --silent --show-error --noproxy '*' --output /dev/null \
        --connect-timeout 2 --max-time 4 "$url" && return
    done
    sleep 1
  done
  return 1
}

take_address() { # never from another: a planned replacement gets it from the function, together with the routes
  [ -n "$NAT_EIP_ALLOCATION_ID" ] && [ -z "$NAT_GROUPS" ] || return 0
  try_until $ADDRESS_UNTIL associate_address || echo 'tradai-nat: the address was not taken: the function moves it'
}

associate_address() {
  local answer
  answer=$(ec2 associate-address --allocation-id "$NAT_EIP_ALLOCATION_ID" \
    --instance-id "$INSTANCE_ID" --no-allow-reassociation 2>&1) && return
  case $answer in
    *Resource.AlreadyAssociated*) echo 'tradai-nat: the address is taken, by this instance or by a serving one' ;;
    *) echo "$answer" >&2 && return 1 ;;
  esac
}

signal_readiness() { try_until $READY_UNTIL mark "$BOOT_ID"; }

mark() {
  local value=${1-$VALUE}
  ec2 create-tags --resources "$INSTANCE_ID" --tags "Key=$NAT_READY_TAG,Value=$value" || return
  echo "$value" >"$MARKED" || true
}

ec2() { aws ec2 "$@" "${TIMEOUTS[@]}"; }

start_services() { # after a boot that failed as well: what passes is mended, and then the mark says so
  start_service watchman watch || return
  [ -z "$NAT_GROUPS" ] || start_service peer pair || return
  [ -z "$NAT_METRICS" ] || start_service meter meter
}

start_service() {
  systemctl stop "tradai-nat-$1" 2>/dev/null || true
  systemd-run --quiet --unit="tradai-nat-$1" --collect --property=Restart=always --property=RestartSec=2 \
    "$PER_BOOT" "$2"
}

watch() {
  add_client tradai-watchman nat-watchman 198.18.0.5 198.18.0.6
  export NAT_SELFTEST_URLS MARKED FORWARDED INSTANCE_ID BOOT_ID INTERFACE
  exec python3 - "$0" /run/netns/tradai-watchman <<'PROGRAM'
# include nat/watchman.py
PROGRAM
}

pair() {
  export FORWARDED INSTANCE_ID BOOT_ID INTERFACE
  exec python3 - "$0" <<'PROGRAM'
# include nat/peer.py
PROGRAM
}

meter() {
  export NAT_METRICS NAT_GROUPS FORWARDED INSTANCE_ID INTERFACE AWS_MAX_ATTEMPTS=1
  exec python3 - "$0" <<'PROGRAM'
# include nat/meter.py
PROGRAM
}

peers() {
  ec2 describe-instances --output json --query 'Reservations[].Instances[].{Id:InstanceId,Address:PrivateIpAddress,Tags:Tags}' \
    --filters "Name=tag:aws:autoscaling:groupName,Values=${NAT_GROUPS/ /,}" Name=instance-state-name,Values=running
}

tell() { aws events put-events --entries "$VALUE" "${TIMEOUTS[@]}"; }

rules_by_netlink() {
  python3 - "$1" "$NAT_MSS" <<'PROGRAM'
# include nat/rules.py
PROGRAM
}

rules_by_iptables() {
  command -v iptables >/dev/null || fetch_iptables
  rule_once nat POSTROUTING -o "$INTERFACE" -j MASQUERADE
  rule_once mangle FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss "$NAT_MSS"
  rule_once mangle FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
}

rule_once() {
  local table=$1
  shift
  iptables -w 10 -t "$table" -C "$@" 2>/dev/null || iptables -w 10 -t "$table" -A "$@"
}

fetch_iptables() { # dnf has run out of memory on 512 MB, and has met its own makecache timer: swap, and three tries
  local swap=/var/tradai-nat.swap fetched=1
  fallocate --length 1G $swap # the kernel swaps to such a file, on XFS too, since 4.18
  chmod 0600 $swap
  mkswap --quiet $swap
  swapon $swap
  for _ in 1 2 3; do
    timeout 60 dnf install --assumeyes --quiet --setopt=install_weak_deps=False iptables-nft && fetched=0 && break
    sleep 2
  done
  swapoff $swap && rm -f $swap
  return $fetched
}

main
