//! The ConfigMap `aws-auth`: read, its text edited, and written as what was read.

use kube::api::{Patch, PostParams};
use serde_json::json;

use super::attempt::Step;
use super::error::CarryError;
use super::map_roles::{Edit, Edited, edited};
use super::objects::{done, failed, params};
use super::{Carrier, FIELD_MANAGER};
use crate::kube::CONFIG_MAP;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "aws-auth";
const WHAT: &str = "configmaps/kube-system/aws-auth";

impl Carrier<'_> {
    pub(super) async fn edit_aws_auth(&self, edit: &Edit<'_>) -> Step {
        let kube = match self.kube().await {
            Ok(kube) => kube,
            Err(step) => return step,
        };
        let api = kube.api(CONFIG_MAP, Some(NAMESPACE));
        let found = match api.get_opt(NAME).await {
            Ok(found) => found,
            Err(error) => return failed(&error, "kubernetes:get", WHAT),
        };
        let text = found.as_ref().and_then(|found| {
            let text = found.data.get("data")?.get("mapRoles")?.as_str()?;
            Some(text.to_owned())
        });
        let text = match edited(text.as_deref().unwrap_or_default(), edit) {
            Ok(Edited::Already) => return Step::Done,
            Ok(Edited::To(text)) => text,
            Ok(Edited::Otherwise(found)) => {
                return Step::changed("`mapRoles` in `aws-auth`", found);
            }
            Err(problem) => return Step::Failed(CarryError::Map { problem }),
        };
        let Some(found) = found else {
            // A cluster without managed node groups has none until somebody makes it.
            return self.create_aws_auth(&kube, text).await;
        };
        // Written only if it is still what was read.
        let patch = json!({
            "metadata": { "resourceVersion": found.metadata.resource_version },
            "data": { "mapRoles": text },
        });
        let answer = api.patch(NAME, &params(), &Patch::Merge(&patch)).await;
        done(answer, "kubernetes:patch", WHAT)
    }

    async fn create_aws_auth(&self, kube: &crate::kube::Kube, text: String) -> Step {
        let mut map = kube.object(CONFIG_MAP, NAMESPACE, NAME);
        map.data = json!({ "data": { "mapRoles": text } });
        let params = PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PostParams::default()
        };
        let api = kube.api(CONFIG_MAP, Some(NAMESPACE));
        let answer = api.create(&params, &map).await;
        done(answer, "kubernetes:create", WHAT)
    }
}
