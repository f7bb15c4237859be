use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::named::{arn_of, check_name, failure, find, find_at_home};
use super::state::Trail;
use super::tags::given_tags;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::parameters::Parameters;
use crate::state::State;

/// Settings that are kept and shown, and do nothing here.
const KEPT: [&str; 5] = [
    "SnsTopicName",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "KmsKeyId",
    "IsOrganizationTrail",
];
/// Trails with the same home region (CloudTrail User Guide, "Quotas in AWS CloudTrail").
const MOST: usize = 5;

/// `CreateTrail` (CloudTrail API Reference).
pub(super) fn create_trail(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let name = required(&call.parameters, "Name")?.to_owned();
    let arn = arn_of(state, call, &name);
    let tags = given_tags(&call.parameters)?;
    let asked = tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    call.authorize(&Ask::new("cloudtrail:CreateTrail", &arn).request_tags(asked))?;
    check_name(&name)?;
    let account = call.account();
    let mine = state.cloudtrail.seen_in(account, &call.region, false);
    if mine.iter().any(|trail| trail.name == name) {
        return Err(failure(
            "TrailAlreadyExistsException",
            format!("Trail {name} already exists for customer: {account}"),
        ));
    }
    if mine.len() >= MOST {
        return Err(failure(
            "MaximumNumberOfTrailsExceededException",
            format!(
                "User: {account} already has {MOST} trails in {}.",
                call.region
            ),
        ));
    }
    let mut trail = Trail {
        name,
        account: account.to_string(),
        region: call.region.clone(),
        global: true,
        tags,
        ..Trail::default()
    };
    set(&mut trail, &call.parameters);
    required(&call.parameters, "S3BucketName")?;
    check(state, &trail)?;
    let output = shown(state, &trail);
    state.cloudtrail.trails.insert(&trail.key(), trail);
    Ok(Value::Object(output))
}

/// `UpdateTrail`
pub(super) fn update_trail(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let trail = changing(state, call, "UpdateTrail", "Name")?;
    let mut trail = trail.clone();
    set(&mut trail, &call.parameters);
    check(state, &trail)?;
    let output = shown(state, &trail);
    state.cloudtrail.trails.insert(&trail.key(), trail);
    Ok(Value::Object(output))
}

/// `DeleteTrail`: files that were not delivered yet never will be.
pub(super) fn delete_trail(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let key = changing(state, call, "DeleteTrail", "Name")?.key();
    state.cloudtrail.trails.remove(&key);
    Ok(json!({}))
}

/// `DescribeTrails`: names nobody has are left out.
pub(super) fn describe_trails(state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("cloudtrail:DescribeTrails", "*"))?;
    let shadows = call
        .parameters
        .boolean("includeShadowTrails")
        .unwrap_or(true);
    let wanted = call.parameters.texts("trailNameList");
    for name in wanted.iter().filter(|name| !name.starts_with("arn:")) {
        check_name(name)?;
    }
    let list: Vec<Value> = state
        .cloudtrail
        .seen_in(call.account(), &call.region, shadows)
        .into_iter()
        .filter(|trail| {
            let arn = trail.arn(&state.partition);
            wanted.is_empty() || wanted.contains(&trail.name.as_str()) || wanted.contains(&&*arn)
        })
        .map(|trail| described(state, trail))
        .collect();
    Ok(json!({"trailList": list}))
}

/// `GetTrail`
pub(super) fn get_trail(state: &State, call: &mut Call<'_>) -> Outcome {
    let trail = reading(state, call, "GetTrail", "Name")?;
    Ok(json!({"Trail": described(state, trail)}))
}

/// `ListTrails`: all trails of the account, whatever their region.
pub(super) fn list_trails(state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("cloudtrail:ListTrails", "*"))?;
    let prefix = format!("{}/", call.account());
    let trails: Vec<Value> = state
        .cloudtrail
        .trails
        .seen_range(&prefix)
        .into_iter()
        .map(|(_, trail)| {
            json!({
                "TrailARN": trail.arn(&state.partition),
                "Name": trail.name,
                "HomeRegion": trail.region,
            })
        })
        .collect();
    Ok(json!({"Trails": trails}))
}

/// The trail a reading call names, if the caller may. CloudTrail asks before it looks.
pub(super) fn reading<'s>(
    state: &'s State,
    call: &Call<'_>,
    operation: &str,
    parameter: &str,
) -> Result<&'s Trail, Failure> {
    let name = required(&call.parameters, parameter)?;
    permit(state, call, operation, name)?;
    find(state, call, name)
}

/// Likewise for a call that changes it.
pub(super) fn changing<'s>(
    state: &'s State,
    call: &Call<'_>,
    operation: &str,
    parameter: &str,
) -> Result<&'s Trail, Failure> {
    let name = required(&call.parameters, parameter)?;
    permit(state, call, operation, name)?;
    find_at_home(state, call, name)
}

fn permit(state: &State, call: &Call<'_>, operation: &str, name: &str) -> Result<(), Failure> {
    let arn = find(state, call, name)
        .map_or_else(|_| arn_of(state, call, name), |t| t.arn(&state.partition));
    let action = format!("cloudtrail:{operation}");
    let none = BTreeMap::new();
    let tags = find(state, call, name).map_or(&none, |trail| &trail.tags);
    call.authorize(&Ask::new(&action, &arn).resource_tags(tags))
}

fn required<'p>(parameters: &'p Parameters, name: &str) -> Result<&'p str, Failure> {
    parameters.text(name).ok_or_else(|| {
        failure(
            "InvalidParameterException",
            format!("{name} must be specified."),
        )
    })
}

fn set(trail: &mut Trail, parameters: &Parameters) {
    if let Some(bucket) = parameters.text("S3BucketName") {
        bucket.clone_into(&mut trail.bucket);
    }
    if let Some(prefix) = parameters.text("S3KeyPrefix") {
        trail.prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
    }
    let flag = |name: &str, field: &mut bool| {
        if let Some(value) = parameters.boolean(name) {
            *field = value;
        }
    };
    flag("IncludeGlobalServiceEvents", &mut trail.global);
    flag("IsMultiRegionTrail", &mut trail.multi_region);
    flag("EnableLogFileValidation", &mut trail.validation);
    for name in KEPT {
        match parameters.get(name) {
            Some(Value::String(text)) => trail.kept.insert(name.to_owned(), text.clone()),
            Some(Value::Bool(value)) => trail.kept.insert(name.to_owned(), value.to_string()),
            _ => None,
        };
    }
}

fn check(state: &State, trail: &Trail) -> Result<(), Failure> {
    if trail.multi_region && !trail.global {
        return Err(failure(
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        ));
    }
    if trail
        .kept
        .get("IsOrganizationTrail")
        .is_some_and(|value| value == "true")
    {
        return Err(failure(
            "OrganizationsNotInUseException",
            "The sandbox's accounts are in no organization of AWS Organizations.",
        ));
    }
    if trail.bucket.len() < 3 || trail.bucket.len() > 63 {
        return Err(failure(
            "InvalidS3BucketNameException",
            format!(
                "Bucket name must be between 3 and 63 characters. Specified name: {}",
                trail.bucket
            ),
        ));
    }
    if trail
        .prefix
        .as_ref()
        .is_some_and(|prefix| prefix.len() > 200)
    {
        return Err(failure(
            "InvalidS3PrefixException",
            "S3 prefix must not be longer than 200 characters.",
        ));
    }
    if state.s3.buckets.seen(&trail.bucket).is_none() {
        return Err(failure(
            "S3BucketDoesNotExistException",
            format!("S3 bucket {} does not exist!", trail.bucket),
        ));
    }
    if !super::deliver::may_write(state, trail) {
        return Err(failure(
            "InsufficientS3BucketPolicyException",
            format!(
                "Incorrect S3 bucket policy is detected for bucket: {}",
                trail.bucket
            ),
        ));
    }
    Ok(())
}

fn shown(state: &State, trail: &Trail) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    put("Name", trail.name.as_str().into());
    put("S3BucketName", trail.bucket.as_str().into());
    if let Some(prefix) = &trail.prefix {
        put("S3KeyPrefix", prefix.as_str().into());
    }
    put("IncludeGlobalServiceEvents", trail.global.into());
    put("IsMultiRegionTrail", trail.multi_region.into());
    put("TrailARN", trail.arn(&state.partition).into());
    put("LogFileValidationEnabled", trail.validation.into());
    put("IsOrganizationTrail", false.into());
    for (name, value) in &trail.kept {
        match name.as_str() {
            "IsOrganizationTrail" => put(name, (value == "true").into()),
            _ => put(name, value.as_str().into()),
        }
    }
    shown
}

fn described(state: &State, trail: &Trail) -> Value {
    let mut described = shown(state, trail);
    let custom = trail.selectors.is_some() || trail.advanced.is_some();
    described.insert("HomeRegion".to_owned(), trail.region.as_str().into());
    described.insert("HasCustomEventSelectors".to_owned(), custom.into());
    described.insert("HasInsightSelectors".to_owned(), false.into());
    Value::Object(described)
}
