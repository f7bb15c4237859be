use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Role, key};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

pub(super) fn get_role(state: &State, call: &mut Call<'_>) -> Outcome {
    let name = call.parameters.required("RoleName")?;
    let role = state.iam.roles.seen(&key(call.account(), name));
    let arn = role.map_or_else(
        || {
            format!(
                "arn:{}:iam::{}:role/{name}",
                state.partition,
                call.account()
            )
        },
        |role| role.arn(&state.partition),
    );
    let mut ask = Ask::new("iam:GetRole", &arn);
    if let Some(role) = role {
        ask = ask.resource_tags(&role.tags);
    }
    call.authorize(&ask)?;
    let role = role.ok_or_else(|| no_role(name))?;
    Ok(json!({"Role": shown(state, role)}))
}

fn no_role(name: &str) -> Failure {
    Failure::new(
        "NoSuchEntity",
        404,
        format!("The role with name {name} cannot be found."),
    )
    .recorded_as("NoSuchEntityException")
}

fn shown(state: &State, role: &Role) -> Value {
    json!({
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn(&state.partition),
        "CreateDate": role.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "AssumeRolePolicyDocument": utf8_percent_encode(&role.trust, NON_ALPHANUMERIC).to_string(),
        "MaxSessionDuration": role.max_session,
    })
}
