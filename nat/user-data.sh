#!/bin/bash
# Makes an Amazon Linux 2023 instance the NAT of the private subnets and says so once it has been seen to work.
#
# Runs as user data at the first boot and from cloud-init's per-boot folder at every later one: each step can be
# repeated. On the console it ends with exactly one line that begins with
#   TRADAI-NAT-READY  instance=<id> boot=<boot id> seconds=<n>
#   TRADAI-NAT-FAILED step=<step> reason=<last line of the step's error output>
# A failed step ends the script: no readiness signal, so the lifecycle hook is not continued.
#
# Values come as export lines put before this script:
#   AWS_DEFAULT_REGION     required: the region of the calls to EC2
#   NAT_EIP_ALLOCATION_ID  the address to take when it is free; empty: none is taken
#   NAT_READY_TAG          key of the readiness tag; default tradai:nat-ready, its value is the boot id
#   NAT_SELFTEST_URLS      what the self-test asks, one answer suffices; addresses, so that no resolver is needed
set -euo pipefail

readonly METADATA=http://169.254.169.254/latest
readonly PER_BOOT=/var/lib/cloud/scripts/per-boot/tradai-nat
readonly CONNTRACK_MAX=65536 CONNTRACK_BUCKETS=16384 # 512 MB would default to about 4,096: full in no time
readonly INTERNET_MSS=1460                           # the interface's own MTU is 9001, the internet's is 1500
readonly SELFTEST_SECONDS=40
# of this script's own, which starts up to 20 s after the boot; the hook's heartbeat ends at 300 s
readonly WITHDRAW_UNTIL=15 METADATA_UNTIL=60 ADDRESS_UNTIL=90 READY_UNTIL=180
STEP=start
ERRORS=$(mktemp)

main() {
  trap 'finish $?' EXIT
  step values take_values
  step per-boot keep_for_every_boot
  step metadata read_metadata
  step withdraw withdraw_last_mark
  step forwarding forward_packets
  step masquerade masquerade_and_clamp
  step connection-table size_connection_table
  step redirects send_no_redirects
  step self-test test_own_masquerade
  step address take_address
  step ready signal_readiness
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
  : "${NAT_SELFTEST_URLS:=https://1.1.1.1/cdn-cgi/trace https://8.8.8.8/ https://9.9.9.9/}"
  export AWS_DEFAULT_REGION AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=5 AWS_PAGER=
}

keep_for_every_boot() { # user data runs at the first boot alone
  [ "$0" -ef "$PER_BOOT" ] || install -D -m 0700 "$0" "$PER_BOOT"
}

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
  ip netns delete $ns 2>/dev/null || true
  ip link delete nat-selftest 2>/dev/null || true
  ip netns add $ns
  ip link add nat-selftest type veth peer name client netns $ns
  ip address add 198.18.0.1/30 dev nat-selftest
  ip link set nat-selftest up
  ip -n $ns address add 198.18.0.2/30 dev client
  ip -n $ns link set client up
  ip -n $ns route add default via 198.18.0.1
  ask_the_internet $ns && answered=0
  ip netns delete $ns # takes the pair of interfaces with it
  return $answered
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
  [ -n "$NAT_EIP_ALLOCATION_ID" ] || return 0
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
  ec2 create-tags --resources "$INSTANCE_ID" --tags "Key=$NAT_READY_TAG,Value=$1"
}

ec2() {
  aws ec2 "$@" --cli-connect-timeout 3 --cli-read-timeout 10
}

# Loads what `nft` would print as the following, in one transaction that replaces its predecessor. Amazon Linux
# ships python3 but no nft, and fetching one costs more than the rest of the boot (docs/decisions/0501).
#   table ip tradai_nat {
#     chain postrouting { type nat hook postrouting priority srcnat; oifname "ens5" masquerade }
#     chain forward { type filter hook forward priority mangle;
#                     tcp flags syn / syn,rst tcp option maxseg size set 1460 }
#   }
rules_by_netlink() {
  python3 - "$1" $INTERNET_MSS <<'PYTHON'
import os, socket, struct, sys

# Numbers of linux/netfilter/nf_tables.h; an attribute's number counts within its own message or expression.
BATCH_BEGIN, BATCH_END, NEW_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE = 0x10, 0x11, 0xA00, 0xA02, 0xA03, 0xA06
REQUEST, ACK, CREATE, APPEND = 0x1, 0x4, 0x400, 0x800
META_OIFNAME, META_L4PROTO, TRANSPORT, TCP_OPTION, REGISTER = 7, 16, 2, 1, 1
TABLE = "tradai_nat"

def attribute(number, value):
    nested = 0x8000 if isinstance(value, list) else 0
    if nested: value = b"".join(value)
    elif isinstance(value, str): value = value.encode() + b"\0"
    elif isinstance(value, int): value = struct.pack(">I", value & 0xFFFFFFFF)
    return struct.pack("=HH", 4 + len(value), number | nested) + value + bytes(-len(value) % 4)

def attributes(**numbered):  # a1=... is attribute 1
    return [attribute(int(name[1:]), value) for name, value in numbered.items()]

def message(kind, body=(), flags=ACK, family=socket.AF_INET, resource=0):
    body = struct.pack(">BBH", family, 0, resource) + b"".join(body)
    return struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 0, 0) + body

def chain(name, kind, hook, priority):
    return message(NEW_CHAIN, attributes(a1=TABLE, a3=name, a4=attributes(a1=hook, a2=priority), a7=kind), ACK | CREATE)

def rule(chain, *expressions):
    return message(NEW_RULE, attributes(a1=TABLE, a2=chain, a4=list(expressions)), ACK | CREATE | APPEND)

def expression(name, **numbered):
    return attribute(1, attributes(a1=name, a2=attributes(**numbered)))

def equals(value):
    return expression("cmp", a1=REGISTER, a2=0, a3=attributes(a1=value))

interface, mss = sys.argv[1].encode().ljust(16, b"\0"), struct.pack(">H", int(sys.argv[2]))
batch = [
    message(NEW_TABLE, attributes(a1=TABLE), ACK | CREATE),
    message(DELETE_TABLE, attributes(a1=TABLE)),
    message(NEW_TABLE, attributes(a1=TABLE), ACK | CREATE),
    chain("postrouting", "nat", hook=4, priority=100),
    rule("postrouting", expression("meta", a1=REGISTER, a2=META_OIFNAME), equals(interface), expression("masq")),
    chain("forward", "filter", hook=2, priority=-150),
    rule(
        "forward",
        expression("meta", a1=REGISTER, a2=META_L4PROTO), equals(bytes([socket.IPPROTO_TCP])),
        expression("payload", a1=REGISTER, a2=TRANSPORT, a3=13, a4=1),  # the byte of flags: SYN is 2, RST is 4
        expression("bitwise", a1=REGISTER, a2=REGISTER, a3=1, a4=attributes(a1=b"\6"), a5=attributes(a1=b"\0")),
        equals(b"\2"),
        expression("immediate", a1=REGISTER, a2=attributes(a1=mss)),
        expression("exthdr", a2=b"\2", a3=2, a4=2, a6=TCP_OPTION, a7=REGISTER),  # option 2, its two bytes at 2
    ),
]
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as kernel:
    kernel.settimeout(10)
    edge = {"flags": 0, "family": 0, "resource": 10}
    kernel.send(message(BATCH_BEGIN, **edge) + b"".join(batch) + message(BATCH_END, **edge))
    for _ in batch:
        error = -struct.unpack_from("=i", kernel.recv(65536), 16)[0]
        if error: sys.exit("nf_tables: " + os.strerror(error))
PYTHON
}

rules_by_iptables() {
  command -v iptables >/dev/null || fetch_iptables
  rule_once nat POSTROUTING -o "$INTERFACE" -j MASQUERADE
  rule_once mangle FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss $INTERNET_MSS
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
