//! OpenID Connect providers, which roles for service accounts trust.

use serde_json::{Value, json};

use super::checks::Checks;
use super::failures::{already_exists, invalid_input, quota};
use super::named::{self, authorize_on, bare_arn};
use super::shown::{self, answered, date, nothing};
use super::{OidcProvider, key, tags};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;
use crate::tag_on_create;

/// Providers of an account (IAM User Guide, "IAM and AWS STS quotas").
const MOST: usize = 100;

pub(super) fn create(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .text("Url", 1..=255)
        .tags()
        .done()?;
    let account = call.account();
    let parameters = &call.parameters;
    let owned = |name| -> Vec<String> {
        let texts = parameters.texts(name).into_iter();
        texts.map(str::to_owned).collect()
    };
    let full = parameters.required("Url")?;
    let url = full.strip_prefix("https://").unwrap_or_default();
    let mut provider = OidcProvider {
        account,
        url: url.trim_end_matches('/').to_owned(),
        client_ids: owned("ClientIDList"),
        thumbprints: owned("ThumbprintList"),
        created: call.now,
        tags: named::Tags::new(),
    };
    let given = parameters.tags("Tags");
    let arn = provider.arn(&state.partition);
    let ask = Ask::new("iam:CreateOpenIDConnectProvider", &arn)
        .request_tags(given.iter().map(|(key, value)| (&**key, &**value)));
    call.authorize(&ask)?;
    let pairs = given.iter().map(|(key, value)| (key, value));
    tag_on_create::authorize(call, "iam:TagOpenIDConnectProvider", &arn, pairs)?;
    if url.is_empty() || url.contains(['?', '#', ' ']) {
        return Err(invalid_input("Invalid Open ID Connect Provider URL"));
    }
    let key = key(account, &provider.url);
    if state.iam.oidc_providers.contains(&key) {
        return Err(already_exists(format!(
            "Provider with url {full} already exists."
        )));
    }
    let scope = super::key(account, "");
    if state.iam.oidc_providers.range(&scope, None).count() >= MOST {
        return Err(quota("OpenIdConnectProvidersPerAccount", MOST));
    }
    tags::add(&mut provider.tags, given)?;
    let mut output = json!({"OpenIDConnectProviderArn": arn});
    if let Value::Object(members) = &mut output {
        shown::put_tags(members, &provider.tags);
    }
    state.iam.oidc_providers.insert(&key, provider);
    answered(call, output)
}

pub(super) fn get(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .arn("OpenIDConnectProviderArn")
        .done()?;
    let provider = named::read::<OidcProvider>(state, call)?;
    Ok(json!({
        "Url": provider.url,
        "ClientIDList": provider.client_ids,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": date(provider.created),
        "Tags": shown::tag_list(&provider.tags),
    }))
}

pub(super) fn list(state: &State, call: &mut Call<'_>) -> Outcome {
    authorize_on(call, &bare_arn(state, call.account(), "oidc-provider", ""))?;
    let scope = key(call.account(), "");
    let providers: Vec<Value> = state
        .iam
        .oidc_providers
        .seen_after(&scope, None)
        .map(|(_, provider)| json!({"Arn": provider.arn(&state.partition)}))
        .collect();
    Ok(json!({"OpenIDConnectProviderList": providers}))
}

pub(super) fn delete(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .arn("OpenIDConnectProviderArn")
        .done()?;
    let key = named::write::<OidcProvider>(state, call, |ask| ask)?;
    state.iam.oidc_providers.remove(&key);
    nothing()
}

pub(super) fn add_client_id(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let (key, id) = client_id(state, call)?;
    state.iam.oidc_providers.change(&key, |provider| {
        if !provider.client_ids.contains(&id) {
            provider.client_ids.push(id);
        }
    });
    nothing()
}

pub(super) fn remove_client_id(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let (key, id) = client_id(state, call)?;
    state.iam.oidc_providers.change(&key, |provider| {
        provider.client_ids.retain(|known| *known != id);
    });
    nothing()
}

pub(super) fn update_thumbprint(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .arn("OpenIDConnectProviderArn")
        .list("ThumbprintList")
        .done()?;
    let key = named::write::<OidcProvider>(state, call, |ask| ask)?;
    let thumbprints = call.parameters.texts("ThumbprintList").into_iter();
    let thumbprints = thumbprints.map(str::to_owned).collect();
    state
        .iam
        .oidc_providers
        .change(&key, |provider| provider.thumbprints = thumbprints);
    nothing()
}

/// Checks and authorises a call about one audience.
fn client_id(state: &State, call: &Call<'_>) -> Result<(String, String), Failure> {
    Checks::of(&call.parameters)
        .arn("OpenIDConnectProviderArn")
        .text("ClientID", 1..=255)
        .done()?;
    let key = named::write::<OidcProvider>(state, call, |ask| ask)?;
    Ok((key, call.parameters.required("ClientID")?.to_owned()))
}
