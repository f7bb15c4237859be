use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::{SignedDuration, Timestamp};
use rolecall_arn::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::table::{AnyTable, Table};

/// Tags by key.
pub(super) type Tags = BTreeMap<String, String>;

/// Everything EC2 keeps. Keys are `<account>/<region>/<id>`.
pub struct Ec2 {
    pub(crate) vpcs: Table<Vpc>,
    pub(crate) subnets: Table<Subnet>,
    pub(crate) security_groups: Table<SecurityGroup>,
    pub(crate) launch_templates: Table<LaunchTemplate>,
    pub(crate) instances: Table<Instance>,
    pub(crate) tokens: Table<Token>,
}

/// A virtual network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vpc {
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: String,
    /// `vpc-0…`
    pub id: String,
    /// Its addresses, such as `10.0.0.0/16`.
    pub cidr: String,
    /// Tags by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A part of a VPC in one zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subnet {
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: String,
    /// `subnet-0…`
    pub id: String,
    /// The VPC.
    pub vpc: String,
    /// Its addresses, such as `10.0.1.0/24`.
    pub cidr: String,
    /// `eu-central-1a`
    pub zone: String,
    /// Tags by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A firewall around network interfaces.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: String,
    /// `sg-0…`
    pub id: String,
    /// Its name, unique in the VPC.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The VPC.
    pub vpc: String,
    /// What it lets through.
    pub rules: Vec<Rule>,
    /// Tags by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// One rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `sgr-0…`
    pub id: String,
    /// Whether it is about traffic that leaves.
    pub egress: bool,
    /// `tcp`, `udp`, `icmp` or `-1` for all.
    pub protocol: String,
    /// First and last port; none for all protocols.
    pub ports: Option<(i64, i64)>,
    /// `cidrIpv4`, `cidrIpv6`, `groupId` or `prefixListId`.
    pub peer_kind: String,
    /// The addresses, group or list.
    pub peer: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A launch template.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: String,
    /// `lt-0…`
    pub id: String,
    /// Its name, unique in account and region.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// The version used when none is asked for.
    pub default_version: u64,
    /// Versions by number.
    pub versions: BTreeMap<u64, LaunchTemplateVersion>,
    /// Tags by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A version of a launch template; versions never change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchTemplateVersion {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// `LaunchTemplateData` by the names of the query protocol.
    pub data: Map<String, Value>,
}

/// An instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instance {
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: String,
    /// `i-0…`
    pub id: String,
    /// `r-0…`, the launch it came from.
    pub reservation: String,
    /// Its place among those launched together.
    pub index: usize,
    /// When it was launched, or last started.
    pub launched: Timestamp,
    /// What it was last told, and when.
    pub phase: Phase,
    /// `m5.large`
    pub kind: String,
    /// `x86_64` or `arm64`
    pub architecture: String,
    /// `ami-…`
    pub image: String,
    /// The VPC.
    pub vpc: String,
    /// The subnet.
    pub subnet: String,
    /// `eu-central-1a`
    pub zone: String,
    /// Its address in the subnet.
    pub address: Ipv4Addr,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// `eni-0…`
    pub interface: String,
    /// The volumes attached to it.
    pub volumes: Vec<Volume>,
    /// The instance profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Whether it is a spot instance.
    #[serde(default)]
    pub spot: bool,
    /// Base64, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<String>,
    /// The name of its key pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// `MetadataOptions` by the names of the query protocol.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The idempotency token it was launched with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Tags by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Tags of the network interface.
    #[serde(default)]
    pub interface_tags: BTreeMap<String, String>,
}

/// A volume attached to an instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Volume {
    /// `vol-0…`
    pub id: String,
    /// `/dev/xvda`
    pub device: String,
    /// GiB.
    pub size: i64,
    /// `gp3`
    pub kind: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Tags by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// An instance profile as it was at launch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    /// Its ARN, path included.
    pub arn: String,
    /// `AIPA…`
    pub id: String,
}

/// What an instance was last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// To start, at that time.
    Start(Timestamp),
    /// To stop, at that time.
    Stop(Timestamp),
    /// To end, at that time.
    Terminate(Timestamp),
}

/// The state an instance is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    /// Starting.
    Pending,
    /// Up.
    Running,
    /// On its way down for good.
    ShuttingDown,
    /// Down for good.
    Terminated,
    /// On its way down.
    Stopping,
    /// Down.
    Stopped,
}

/// What a call with an idempotency token answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// The parameters of the call, as JSON.
    pub parameters: String,
    /// The output.
    pub output: Value,
}

/// How long an instance takes to start, stop and end, in sandbox time.
const STARTING: SignedDuration = SignedDuration::from_secs(8);
const STOPPING: SignedDuration = SignedDuration::from_secs(15);
/// How long a terminated instance is still shown (EC2 User Guide, "Terminate Amazon EC2 instances").
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

impl InstanceState {
    /// Code and name in the API.
    #[must_use]
    pub fn code_and_name(self) -> (u8, &'static str) {
        match self {
            Self::Pending => (0, "pending"),
            Self::Running => (16, "running"),
            Self::ShuttingDown => (32, "shutting-down"),
            Self::Terminated => (48, "terminated"),
            Self::Stopping => (64, "stopping"),
            Self::Stopped => (80, "stopped"),
        }
    }
}

impl Instance {
    /// The state at a time; none when it is long gone.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> Option<InstanceState> {
        let after = |since: Timestamp, long: SignedDuration| now.duration_since(since) >= long;
        Some(match self.phase {
            Phase::Start(at) if after(at, STARTING) => InstanceState::Running,
            Phase::Start(_) => InstanceState::Pending,
            Phase::Stop(at) if after(at, STOPPING) => InstanceState::Stopped,
            Phase::Stop(_) => InstanceState::Stopping,
            Phase::Terminate(at) if after(at, REMEMBERED) => return None,
            Phase::Terminate(at) if after(at, STOPPING) => InstanceState::Terminated,
            Phase::Terminate(_) => InstanceState::ShuttingDown,
        })
    }

    /// `ip-10-0-1-23.eu-central-1.compute.internal` (EC2 User Guide, "EC2 instance hostnames and
    /// domains").
    #[must_use]
    pub fn private_dns(&self) -> String {
        let [a, b, c, d] = self.address.octets();
        if self.region == "us-east-1" {
            format!("ip-{a}-{b}-{c}-{d}.ec2.internal")
        } else {
            format!("ip-{a}-{b}-{c}-{d}.{}.compute.internal", self.region)
        }
    }
}

impl Ec2 {
    pub(crate) fn new() -> Self {
        Self {
            vpcs: Table::new("ec2.vpcs"),
            subnets: Table::new("ec2.subnets"),
            security_groups: Table::new("ec2.security-groups"),
            launch_templates: Table::new("ec2.launch-templates"),
            instances: Table::new("ec2.instances"),
            tokens: Table::new("ec2.tokens"),
        }
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn AnyTable; 6] {
        [
            &mut self.vpcs,
            &mut self.subnets,
            &mut self.security_groups,
            &mut self.launch_templates,
            &mut self.instances,
            &mut self.tokens,
        ]
    }

    /// Puts a subnet there, for loading.
    pub fn put_subnet(&mut self, subnet: Subnet) {
        let key = format!("{}/{}/{}", subnet.account, subnet.region, subnet.id);
        self.subnets.insert(&key, subnet);
    }

    /// Puts a security group there, for loading.
    pub fn put_security_group(&mut self, group: SecurityGroup) {
        let key = format!("{}/{}/{}", group.account, group.region, group.id);
        self.security_groups.insert(&key, group);
    }

    /// The instances of all accounts and regions that run at a time.
    pub fn running(&self, now: Timestamp) -> impl Iterator<Item = &Instance> {
        self.instances
            .range("", None)
            .map(|(_, instance)| instance)
            .filter(move |instance| instance.state(now) == Some(InstanceState::Running))
    }

    /// The instance of an id, whatever its account and region.
    #[must_use]
    pub fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances
            .range("", None)
            .map(|(_, instance)| instance)
            .find(|instance| instance.id == id)
    }
}
