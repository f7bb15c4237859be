//! Idempotency tokens (EC2 API Reference, "Ensuring idempotency in Amazon EC2 API requests").

use serde_json::Value;

use crate::call::Call;
use crate::failure::Failure;
use crate::state::State;

use super::answer::client;
use super::state::Token;

/// What the call answered when it was made before with the same token.
pub(super) fn earlier(state: &State, call: &Call<'_>) -> Result<Option<Value>, Failure> {
    let Some(key) = key(call) else {
        return Ok(None);
    };
    match state.ec2.tokens.get(&key) {
        None => Ok(None),
        Some(token) if token.parameters == parameters(call) => Ok(Some(token.output.clone())),
        Some(_) => Err(client(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous \
             request(s).",
        )),
    }
}

/// Keeps an answer for calls with the same token.
pub(super) fn remember(state: &mut State, call: &Call<'_>, output: &Value) {
    if let Some(key) = key(call) {
        let token = Token {
            parameters: parameters(call),
            output: output.clone(),
        };
        state.ec2.tokens.insert(&key, token);
    }
}

fn key(call: &Call<'_>) -> Option<String> {
    let token = call.parameters.text("ClientToken")?;
    Some(call.key(&format!("{}/{token}", call.operation)))
}

fn parameters(call: &Call<'_>) -> String {
    Value::Object(call.parameters.all().clone()).to_string()
}
