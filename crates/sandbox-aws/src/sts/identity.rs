use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_policy::Decision;
use serde_json::json;

use crate::call::Call;
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

/// What EC2 puts behind an `UnauthorizedOperation` and `DecodeAuthorizationMessage` reads.
pub(crate) fn encode_authorization_message(decision: &Decision) -> String {
    let text = serde_json::to_string(decision).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}
