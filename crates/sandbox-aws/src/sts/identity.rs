use serde_json::json;

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::ids;
use crate::operation::Outcome;
use crate::state::State;

/// Needs no permission (STS API Reference, `GetCallerIdentity`).
pub(super) fn get_caller_identity(_state: &State, call: &mut Call<'_>) -> Outcome {
    let caller = call.caller();
    Ok(json!({
        "Arn": caller.arn,
        "UserId": caller.user_id,
        "Account": caller.account.to_string(),
    }))
}

/// The account a key belongs to, whether or not there is such a key (STS API Reference,
/// `GetAccessKeyInfo`).
pub(super) fn get_access_key_info(state: &State, call: &mut Call<'_>) -> Outcome {
    let key = call.parameters.required("AccessKeyId")?;
    let mut constraints = super::constraints::Constraints::default();
    constraints.length("accessKeyId", Some(key), 16, 128);
    constraints.letters("accessKeyId", Some(key), "", r"[\w]*");
    constraints.check()?;
    call.authorize(&Ask::new("sts:GetAccessKeyInfo", "*"))?;
    let known = state.iam.access_keys.get(key).map(|key| key.account);
    let account = known
        .or_else(|| ids::account_of(key))
        .ok_or_else(|| Failure::new("ValidationError", 400, "Access key Id is not valid"))?;
    Ok(json!({"Account": account.to_string()}))
}
