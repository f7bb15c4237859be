//! The network of a cluster: files that declare roles seldom declare subnets, and a node class picks
//! them by tags, so what its selectors ask for is made.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_arn::AccountId;
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
        tags.extend(subnet_tags.clone());
        let mut subnets = Vec::new();
        let made = self.make(account, region, |api| {
            let vpc = api("CreateVpc", &[("CidrBlock", "10.0.0.0/16")])?;
            let vpc = element(&vpc, "vpcId").unwrap_or_default();
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
            let mut names: BTreeSet<String> = group_names;
            names.insert(format!("eks-cluster-sg-{cluster}"));
            for name in names {
                let mut tags = group_tags.clone();
                tags.insert(
                    format!("kubernetes.io/cluster/{cluster}"),
                    "owned".to_owned(),
                );
                tags.insert("aws:eks:cluster-name".to_owned(), cluster.to_owned());
                tags.insert("karpenter.sh/discovery".to_owned(), cluster.to_owned());
                tags.retain(|key, _| !key.starts_with("aws:"));
                let fields = [
                    ("VpcId", vpc.as_str()),
                    ("GroupName", name.as_str()),
                    ("GroupDescription", "EKS created security group"),
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
        Network { subnets }
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
