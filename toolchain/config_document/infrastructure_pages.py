"""The document's pages on the platform, its network, NAT and data."""

from __future__ import annotations

from toolchain.config_document.blocks import Bullets, Grid, Rows, Section

PLATFORM = Section(
    "The platform",
    "platform.py",
    "The stack's name is the environment. The toolkit's own functions run where the platform does.",
    (
        Rows(
            "Everywhere",
            {
                "Environment": "environment",
                "Region": "region",
                "Availability zones": "availability_zones",
                "Compute": "compute_mode",
                "Logs are kept, days": "log_retention_days",
            },
        ),
    ),
)
TAGS = Section(
    "Required tags",
    "platform.py",
    "Every resource carries these. Where a tag accepts several values, any of them is right: "
    "Pulumi manages the platform, SAM this toolkit.",
    (Grid("required_tags", "Tag", {"Accepted": ""}),),
)
NAMES = Section(
    "Names",
    "platform.py",
    "Tables, buckets, functions, services and the NAT's parts follow the first pattern. The cluster and the "
    "database are `tradai-{env}`, and the NAT function has a name of its own in prod.",
    (
        Rows(
            "Pattern of a name",
            {
                "Resource": "naming.resource",
                "Secret": "naming.secret",
                "Alarm": "naming.alarm",
                "SNS topic": "naming.topic",
            },
        ),
    ),
)
NETWORK = Section(
    "Network",
    "network.py",
    "One VPC, three tiers in two zones. A function inside the VPC can reach, while the NAT is down, only the "
    "services that have an endpoint: not EC2, Auto Scaling, SNS or CloudWatch.",
    (
        Rows(
            "VPC",
            {
                "CIDR": "network.vpc.cidr",
                "Id": "network.vpc.id",
                "DNS hostnames": "network.vpc.dns_hostnames",
                "DNS support": "network.vpc.dns_support",
                "Flow logs": "network.vpc.flow_logs",
                "Gateway endpoints": "network.endpoints.gateway",
                "Interface endpoints, how many": "network.endpoints.interface_count",
                "One network ACL a tier": "network.network_acls.one_per_tier",
            },
        ),
        Grid(
            "network.subnets",
            "Subnet",
            {
                "Tier": "tier",
                "Zone": "availability_zone",
                "CIDR": "cidr",
                "Route table": "route_table",
            },
        ),
        Grid(
            "network.route_tables",
            "Route table",
            {"`0.0.0.0/0` goes to": "default_route", "Name tag": "name", "Ids": "ids"},
        ),
        Grid(
            "network.security_groups",
            "Security group",
            {
                "Name": "name",
                "May be open to the world": "open_to_world",
                "Protocols": "protocols",
                "Ingress": "ingress",
                "Egress": "egress",
                "Refused, known and accepted": "accepted_gaps",
            },
        ),
    ),
)
NAT = Section(
    "NAT",
    "nat.py",
    "One small instance carries all traffic from the private subnets to the internet. Auto Scaling "
    "replaces it when it dies; the function moves the address and the routes to the replacement.",
    (
        Rows(
            "Instance",
            {
                "Name tag": "nat.name",
                "Instance type": "nat.instance_type",
                "Launch template": "nat.launch_template",
                "Image": "nat.image.family",
                "Architecture": "nat.image.architecture",
                "The latest image at each launch": "nat.image.latest",
                "Subnet": "nat.subnet",
                "IMDSv2 required": "nat.imdsv2_required",
                "Detailed monitoring": "nat.detailed_monitoring",
                "Static Elastic IP": "nat.eip.static",
                "The address is attached by": "nat.eip.attached_by",
                "IP forwarding (`net.ipv4.ip_forward`)": "nat.boot.ip_forwarding",
                "Masquerade by": "nat.boot.masquerade_by",
                "Elastic IP associated": "nat.boot.eip_associated",
                "Source/destination check": "nat.boot.source_destination_check",
            },
        ),
        Rows(
            "Auto Scaling group",
            {
                "Name": "nat.group.name",
                "The standby's, alike": "nat.standby_group",
                "Minimum size": "nat.group.min_size",
                "Maximum size": "nat.group.max_size",
                "Desired capacity": "nat.group.desired_capacity",
                "Health check": "nat.group.health_check",
            },
        ),
        Rows(
            "Failover",
            {
                "Function that moves the routes": "nat.function",
                "Alarm": "nat.alarm",
                "A NAT gateway may take its place": "nat.may_use_nat_gateway",
                "It takes at least, s": "nat.failover_seconds.at_least",
                "It takes at most, s": "nat.failover_seconds.at_most",
                "Saved against a NAT gateway, USD a month": "nat.monthly_saving_usd",
            },
        ),
        Grid(
            "nat.lifecycle_hooks",
            "Lifecycle hook",
            {"Name": "name", "Transition": "transition", "Heartbeat, s": "heartbeat_seconds"},
        ),
        Bullets("A failover, as the platform tells it", "nat.failover_flow"),
    ),
)
DYNAMODB = Section(
    "DynamoDB",
    "data.py",
    "S is a string, N a number, B binary. *May be reaped* says whether ttl_reaper may delete expired items; "
    "the three tables that say no are never touched.",
    (
        Grid(
            "dynamodb.tables",
            "Table",
            {
                "Name": "name",
                "Partition key": "key.partition",
                "Sort key": "key.sort",
                "Global secondary indexes": "indexes",
            },
        ),
        Grid(
            "dynamodb.tables",
            "Table",
            {
                "TTL attribute": "ttl.attribute",
                "Lifetime of an item, s": "ttl.lifetime_seconds",
                "May be reaped": "may_be_reaped",
                "Point-in-time recovery": "point_in_time_recovery",
                "Billing": "billing_mode",
                "Encrypted": "encrypted",
                "Deletion protection": "deletion_protection",
                "Written in this region only": "written_here_only",
                "Remark": "note",
            },
        ),
    ),
)
DATA = Section(
    "S3 and RDS",
    "data.py",
    "",
    (
        Grid(
            "s3.buckets",
            "Bucket",
            {
                "Name": "name",
                "Encryption": "encryption",
                "Public access blocked": "public_access_blocked",
                "Versions": "versioning",
                "TLS only": "tls_only",
                "Lifecycle": "lifecycle",
            },
        ),
        Rows(
            "RDS",
            {
                "Identifier": "rds.identifier",
                "Engine": "rds.engine",
                "Version": "rds.version",
                "Class": "rds.instance_class",
                "Multi-AZ": "rds.multi_az",
                "Backups are kept, days": "rds.backup_retention_days",
                "Protected from deletion": "rds.deletion_protection",
                "Encrypted": "rds.storage_encrypted",
                "SSL enforced": "rds.ssl_enforced",
                "SSL is enforced by the parameter": "rds.ssl_parameter",
            },
        ),
    ),
)

PAGES = (PLATFORM, NAMES, TAGS, NETWORK, NAT, DYNAMODB, DATA)
