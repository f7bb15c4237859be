//! A few machine images, the same in every region but for their ids.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

use super::answer::{client, well_formed};
use super::ask::may_list;
use super::describe::{Filters, page};
use super::state::Tags;

/// A machine image of Amazon's.
pub(super) struct Image {
    pub(super) id: String,
    name: &'static str,
    pub(super) architecture: &'static str,
    owner: &'static str,
    created: &'static str,
    root: &'static str,
}

/// Name, architecture, owner, date and root device. The owners are those of the images EKS and
/// Bottlerocket publish (Amazon EKS User Guide, "Create nodes with optimized Amazon Linux AMIs").
const IMAGES: [(&str, &str, &str, &str, &str); 5] = [
    (
        "amazon-eks-node-al2023-x86_64-standard-1.33-v20260103",
        "x86_64",
        "602401143452",
        "2026-01-03T08:00:00.000Z",
        "/dev/xvda",
    ),
    (
        "amazon-eks-node-al2023-arm64-standard-1.33-v20260103",
        "arm64",
        "602401143452",
        "2026-01-03T08:00:00.000Z",
        "/dev/xvda",
    ),
    (
        "bottlerocket-aws-k8s-1.33-x86_64-v1.52.0-00000000",
        "x86_64",
        "092701018921",
        "2026-01-10T08:00:00.000Z",
        "/dev/xvda",
    ),
    (
        "bottlerocket-aws-k8s-1.33-aarch64-v1.52.0-00000000",
        "arm64",
        "092701018921",
        "2026-01-10T08:00:00.000Z",
        "/dev/xvda",
    ),
    (
        "al2023-ami-2023.9.20260105.0-kernel-6.1-x86_64",
        "x86_64",
        "137112412989",
        "2026-01-05T08:00:00.000Z",
        "/dev/xvda",
    ),
];

/// The images of a region.
pub(super) fn images(region: &str) -> Vec<Image> {
    IMAGES
        .iter()
        .map(|(name, architecture, owner, created, root)| {
            let digest = Sha256::digest(format!("{region}/{name}"));
            let hex: String = digest
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            Image {
                id: format!("ami-0{hex}"),
                name,
                architecture,
                owner,
                created,
                root,
            }
        })
        .collect()
}

impl Image {
    /// `ec2:Owner`, as policies name Amazon's images.
    pub(super) fn owner_key(&self) -> &'static str {
        "amazon"
    }
}

pub(super) fn describe(_state: &State, call: &mut Call<'_>) -> Outcome {
    may_list(call, "ec2:DescribeImages")?;
    let filters = Filters::of(
        call,
        &[
            "image-id",
            "name",
            "architecture",
            "owner-id",
            "owner-alias",
            "state",
            "is-public",
            "image-type",
            "root-device-type",
            "virtualization-type",
            "platform-details",
        ],
    )?;
    let wanted = call.parameters.texts("ImageId");
    let all = images(&call.region);
    for id in &wanted {
        if !well_formed(id, "ami-") {
            return Err(client(
                "InvalidAMIID.Malformed",
                format!("Invalid id: \"{id}\" (expecting \"ami-...\")"),
            ));
        }
        if !all.iter().any(|image| image.id == *id) {
            return Err(client(
                "InvalidAMIID.NotFound",
                format!("The image id '[{id}]' does not exist"),
            ));
        }
    }
    let owners = call.parameters.texts("Owner");
    let rows = all
        .iter()
        .filter(|image| wanted.is_empty() || wanted.contains(&image.id.as_str()))
        .filter(|image| {
            owners.is_empty() || owners.contains(&"amazon") || owners.contains(&image.owner)
        })
        .filter(|image| {
            filters.pass(&Tags::new(), |name| {
                vec![
                    match name {
                        "image-id" => &image.id,
                        "name" => image.name,
                        "architecture" => image.architecture,
                        "owner-id" => image.owner,
                        "owner-alias" => "amazon",
                        "state" => "available",
                        "is-public" => "true",
                        "image-type" => "machine",
                        "root-device-type" => "ebs",
                        "virtualization-type" => "hvm",
                        _ => "Linux/UNIX",
                    }
                    .to_owned(),
                ]
            })
        })
        .collect();
    let (rows, next) = page(call, rows, |image| image.id.clone())?;
    let shown: Vec<Value> = rows.into_iter().map(shown).collect();
    Ok(json!({"imagesSet": shown, "nextToken": next}))
}

fn shown(image: &Image) -> Value {
    json!({
        "imageId": image.id,
        "imageLocation": format!("amazon/{}", image.name),
        "imageState": "available",
        "imageOwnerId": image.owner,
        "imageOwnerAlias": "amazon",
        "creationDate": image.created,
        "isPublic": true,
        "architecture": image.architecture,
        "imageType": "machine",
        "name": image.name,
        "description": image.name,
        "platformDetails": "Linux/UNIX",
        "usageOperation": "RunInstances",
        "rootDeviceType": "ebs",
        "rootDeviceName": image.root,
        "virtualizationType": "hvm",
        "hypervisor": "xen",
        "enaSupport": true,
        "blockDeviceMapping": [{
            "deviceName": image.root,
            "ebs": {
                "deleteOnTermination": true,
                "volumeSize": 20,
                "volumeType": "gp3",
                "encrypted": false,
            },
        }],
        "tagSet": [],
    })
}
