"""The VPC between the hosts: its router with routes, Elastic IP, source/destination check and security group.

The router itself tracks no connection, as AWS's mapping of public addresses is 1:1: only the NAT under test
does. A NAT's security group is stateful, each interface on its own: from the internet comes in what that very
interface has sent to. A packet that AWS would drop is dropped without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kernel.namespaces import Namespace

ELASTIC_IP = "203.0.113.10"
PUBLIC_RANGE = "203.0.113.0/24"
PRIVATE_TABLE = "100"


@dataclass(frozen=True, slots=True)
class Nat:
    """An instance: its port of the router, its private address, the public one that it is launched with."""

    port: str
    instance_id: str
    interface_id: str
    address: str
    launch_address: str


NAT_A = Nat("nat_a", "i-0000000000000000a", "eni-0000000000000000a", "10.0.1.10", "203.0.113.101")
NAT_B = Nat("nat_b", "i-0000000000000000b", "eni-0000000000000000b", "10.0.1.11", "203.0.113.102")
NATS = (NAT_A, NAT_B)

RULES = f"""
table ip vpc {{
  map public_of {{ type ipv4_addr : ipv4_addr; }}
  map private_of {{ type ipv4_addr : ipv4_addr; }}
  set group_udp {{ type inet_service; }}
  set sent_nat_a {{ type inet_proto . ipv4_addr . inet_service . inet_service; flags dynamic; size 65536; }}
  set sent_nat_b {{ type inet_proto . ipv4_addr . inet_service . inet_service; flags dynamic; size 65536; }}
  chain arrive {{
    type filter hook prerouting priority raw;
    iifname "internet" ip daddr set ip daddr map @private_of
  }}
  chain check_nat_a {{ }}
  chain check_nat_b {{ }}
  chain between_nats {{ }}
  chain group {{
    ip protocol tcp accept
    udp dport @group_udp accept
    drop
  }}
  chain forward {{
    type filter hook forward priority filter;
    iifname "internet" ip daddr {PUBLIC_RANGE} drop
    jump check_nat_a
    jump check_nat_b
    iifname {{ "nat_a", "nat_b" }} oifname {{ "nat_a", "nat_b" }} jump between_nats
    iifname "private" oifname {{ "nat_a", "nat_b" }} jump group
    iifname "nat_a" oifname "internet" add @sent_nat_a {{ meta l4proto . ip daddr . th dport . th sport }}
    iifname "nat_b" oifname "internet" add @sent_nat_b {{ meta l4proto . ip daddr . th dport . th sport }}
    iifname "internet" oifname "nat_a" meta l4proto . ip saddr . th sport . th dport != @sent_nat_a drop
    iifname "internet" oifname "nat_b" meta l4proto . ip saddr . th sport . th dport != @sent_nat_b drop
  }}
  chain leave {{
    type filter hook postrouting priority filter;
    oifname "internet" ip saddr set ip saddr map @public_of
    oifname "internet" ip saddr != {PUBLIC_RANGE} drop
  }}
}}
"""


class Vpc:
    """What the API calls change. Addresses are kept here as well, since a call's answer depends on them."""

    def __init__(self, router: Namespace) -> None:
        self._router = router
        self.public: dict[Nat, str] = {}
        self.target: Nat | None = None
        self.checked: set[Nat] = set()
        router.ip(
            "link set private up",
            "link set internet up",
            "address add 10.0.11.1/24 dev private",
            "address add 198.51.100.1/24 dev internet",
            f"rule add iif private lookup {PRIVATE_TABLE}",
            f"route add blackhole default table {PRIVATE_TABLE} metric 1000",
        )
        router.shell("echo 1 >/proc/sys/net/ipv4/ip_forward")
        router.nft(RULES)

    @property
    def holder(self) -> Nat | None:
        """Who carries the Elastic IP."""
        return next((nat for nat, address in self.public.items() if address == ELASTIC_IP), None)

    def attach(self, nat: Nat) -> None:
        """The instance's port comes up; a route that points at it works again."""
        self._router.ip(
            f"link set {nat.port} up",
            f"address add 10.0.1.1/32 dev {nat.port}",
            f"route add {nat.address}/32 dev {nat.port}",
        )
        # the VPC answers for its every address, at once
        conf = "/proc/sys/net/ipv4"
        self._router.shell(
            f"echo 1 >{conf}/conf/{nat.port}/proxy_arp; echo 0 >{conf}/neigh/{nat.port}/proxy_delay"
        )
        if self.target == nat:
            self.replace_route(nat)

    def launch(self, nat: Nat) -> None:
        """A new instance: a public address of its own, its check on, nothing sent yet."""
        fresh = self._publish(nat, nat.launch_address)
        self._router.nft("\n".join([f"flush set ip vpc sent_{nat.port}", *fresh]))
        self.set_check(nat, on=True)

    def associate_address(self, nat: Nat) -> None:
        """Give the Elastic IP to an instance, whoever had it, at one moment; that one is left without any."""
        former = self.holder
        withdrawn = self._unpublish(former) if former and former != nat else []
        self._router.nft("\n".join(withdrawn + self._publish(nat, ELASTIC_IP)))

    def _publish(self, nat: Nat, address: str) -> list[str]:
        rules = [
            *self._unpublish(nat),
            f"add element ip vpc public_of {{ {nat.address} : {address} }}",
            f"add element ip vpc private_of {{ {address} : {nat.address} }}",
        ]
        self.public[nat] = address
        return rules

    def _unpublish(self, nat: Nat) -> list[str]:
        if not (former := self.public.pop(nat, None)):
            return []
        return [
            f"delete element ip vpc public_of {{ {nat.address} }}",
            f"delete element ip vpc private_of {{ {former} }}",
        ]

    def replace_route(self, nat: Nat) -> None:
        """Point the private table's default route at an instance."""
        self.target = nat
        self._router.ip(
            f"route replace default via {nat.address} dev {nat.port} onlink table {PRIVATE_TABLE}"
        )

    def set_check(self, nat: Nat, *, on: bool) -> None:
        """Source/destination check: drop what is neither from nor to the instance's own address."""
        chain = f"check_{nat.port}"
        rules = [f"flush chain ip vpc {chain}"]
        if on:
            rules.append(f'add rule ip vpc {chain} iifname "{nat.port}" ip saddr != {nat.address} drop')
            rules.append(f'add rule ip vpc {chain} oifname "{nat.port}" ip daddr != {nat.address} drop')
        self._router.nft("\n".join(rules))
        self.checked = self.checked | {nat} if on else self.checked - {nat}

    def partition(self) -> None:
        """Nothing passes between the two NATs; each has its way to the internet."""
        self._router.nft("add rule ip vpc between_nats drop")

    def allow_udp(self, *ports: int) -> None:
        """The NAT's security group lets these UDP ports in besides all TCP."""
        elements = f"add element ip vpc group_udp {{ {', '.join(map(str, ports))} }}" if ports else ""
        self._router.nft(f"flush set ip vpc group_udp\n{elements}")
