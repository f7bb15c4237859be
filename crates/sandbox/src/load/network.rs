//! The network of a cluster: files that declare roles seldom declare subnets, and a node class picks
//! them by tags, so what its selectors ask for is made.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_arn::AccountId;
use rolecall_sandbox_aws::ec2::{SecurityGroup, Subnet};
use serde_json::Value;

use super::Loader;
use super::api::element;

/// What was made for a cluster.
pub(super) struct Network {
    pub(super) subnets: Vec<String>,
}

const ZONES: [(&str, &str); 3] = [
    ("a", "10.0.0.0/20"),
    ("b", "10.0.16.0/20"),
    ("c", "10.0.32.0/20"),
];

impl Loader<'_> {
    /// A VPC, a subnet in each of three zones and a security group, tagged so that the selectors of
    /// all declared node classes find them.
    pub(super) fn network(&mut self, account: AccountId, region: &str, cluster: &str) -> Network {
        let mut tags = BTreeMap::from([
            (
                format!("kubernetes.io/cluster/{cluster}"),
                "shared".to_owned(),
            ),
            ("kubernetes.io/role/internal-elb".to_owned(), "1".to_owned()),
            ("karpenter.sh/discovery".to_owned(), cluster.to_owned()),
        ]);
        let subnet_tags = self.selected("subnetSelectorTerms");
        let group_tags = self.selected("securityGroupSelectorTerms");
        let group_names = self.named_groups();
        tags.extend(subnet_tags);
        // Tags of AWS's own are not for users to give.
        tags.retain(|key, _| !key.starts_with("aws:"));
        let mut subnets = Vec::new();
        let mut vpc_id = String::new();
        let made = self.make(account, region, |api| {
            let vpc = api("CreateVpc", &[("CidrBlock", "10.0.0.0/16")])?;
            let vpc = element(&vpc, "vpcId").unwrap_or_default();
            vpc_id.clone_from(&vpc);
            for (zone, block) in ZONES {
                let zone = format!("{region}{zone}");
                let fields = [
                    ("VpcId", vpc.as_str()),
                    ("CidrBlock", block),
                    ("AvailabilityZone", zone.as_str()),
                ];
                let mut fields: Vec<(String, String)> = owned(&fields);
                tag_fields(&mut fields, "subnet", &tags);
                let fields: Vec<(&str, &str)> = borrowed(&fields);
                let subnet = api("CreateSubnet", &fields)?;
                subnets.extend(element(&subnet, "subnetId"));
            }
            // EKS makes the cluster's own; classes may ask for others.
            let mut names: BTreeSet<String> = group_names;
            names.insert(format!("{cluster}-nodes"));
            let mut tags = group_tags;
            tags.retain(|key, _| !key.starts_with("aws:"));
            tags.insert("karpenter.sh/discovery".to_owned(), cluster.to_owned());
            for name in names {
                let fields = [
                    ("VpcId", vpc.as_str()),
                    ("GroupName", name.as_str()),
                    ("GroupDescription", "nodes"),
                ];
                let mut fields = owned(&fields);
                tag_fields(&mut fields, "security-group", &tags);
                api("CreateSecurityGroup", &borrowed(&fields))?;
            }
            Ok(())
        });
        if let Err(refusal) = made {
            self.note(
                None,
                format!(
                    "the network of cluster `{cluster}` was not made whole: {}",
                    refusal.message
                ),
            );
        }
        self.by_id(account, region, &vpc_id);
        Network { subnets }
    }

    /// Subnets and security groups that node classes name by their ids: no API makes one with a given
    /// id, so they are put there.
    fn by_id(&self, account: AccountId, region: &str, vpc: &str) {
        for (number, id) in self
            .ids("subnetSelectorTerms", "subnet-")
            .into_iter()
            .enumerate()
        {
            let (zone, _) = ZONES.get(number % ZONES.len()).unwrap_or(&("a", ""));
            let subnet = Subnet {
                account,
                region: region.to_owned(),
                id,
                vpc: vpc.to_owned(),
                cidr: format!("10.0.{}.0/24", 64 + number % 128),
                zone: format!("{region}{zone}"),
                tags: BTreeMap::new(),
            };
            self.aws.write(|state| state.ec2.put_subnet(subnet));
        }
        for id in self.ids("securityGroupSelectorTerms", "sg-") {
            let group = SecurityGroup {
                account,
                region: region.to_owned(),
                name: id.clone(),
                id,
                description: "nodes".to_owned(),
                vpc: vpc.to_owned(),
                rules: Vec::new(),
                tags: BTreeMap::new(),
            };
            self.aws.write(|state| state.ec2.put_security_group(group));
        }
    }

    fn ids(&self, terms: &str, prefix: &str) -> BTreeSet<String> {
        self.terms(terms)
            .filter_map(|term| Some(term.get("id")?.as_str()?.to_owned()))
            .filter(|id| id.starts_with(prefix))
            .collect()
    }

    fn make<T>(
        &mut self,
        account: AccountId,
        region: &str,
        make: impl FnOnce(
            &dyn Fn(&str, &[(&str, &str)]) -> Result<String, super::api::Refusal>,
        ) -> Result<T, super::api::Refusal>,
    ) -> Result<T, super::api::Refusal> {
        let api = self.api(account);
        make(&|action, fields| api.query("ec2", region, action, fields))
    }

    /// The tags that the selector terms of all node classes ask for.
    fn selected(&self, terms: &str) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        for term in self.terms(terms) {
            let asked = term.get("tags").and_then(Value::as_object);
            for (key, value) in asked.into_iter().flatten() {
                // `*` asks for the key alone.
                let value = value
                    .as_str()
                    .filter(|value| *value != "*")
                    .unwrap_or("true");
                tags.insert(self.place.settle(key), self.place.settle(value));
            }
        }
        tags.retain(|key, value| !key.contains("${") && !value.contains("${"));
        tags
    }

    fn named_groups(&self) -> BTreeSet<String> {
        self.terms("securityGroupSelectorTerms")
            .filter_map(|term| Some(self.place.settle(term.get("name")?.as_str()?)))
            .filter(|name| !name.contains("${"))
            .collect()
    }

    fn terms(&self, terms: &str) -> impl Iterator<Item = &Value> {
        let path = format!("/spec/{terms}");
        self.load
            .manifests
            .iter()
            .filter_map(move |manifest| manifest.object.pointer(&path)?.as_array())
            .flatten()
    }
}

fn tag_fields(fields: &mut Vec<(String, String)>, kind: &str, tags: &BTreeMap<String, String>) {
    if tags.is_empty() {
        return;
    }
    fields.push((
        "TagSpecification.1.ResourceType".to_owned(),
        kind.to_owned(),
    ));
    for (number, (key, value)) in tags.iter().enumerate() {
        let number = number + 1;
        fields.push((format!("TagSpecification.1.Tag.{number}.Key"), key.clone()));
        fields.push((
            format!("TagSpecification.1.Tag.{number}.Value"),
            value.clone(),
        ));
    }
}

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
