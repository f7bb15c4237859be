//! Whatever parses as an ARN, or as a part of one, prints as it was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_arn::{
    AccessEntryArn, Arn, ArnError, AssumedRoleArn, AwsAuthRoleArn, IamPath, InstanceProfileArn,
    Partition, RoleArn, UniqueId, UserArn, decode_once,
};

fn prints_as_written<T: std::str::FromStr<Err = ArnError> + std::fmt::Display>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text);
    }
}

fuzz_target!(|text: &str| {
    prints_as_written::<Arn>(text);
    prints_as_written::<Partition>(text);
    prints_as_written::<IamPath>(text);
    prints_as_written::<UniqueId>(text);
    prints_as_written::<RoleArn>(text);
    prints_as_written::<UserArn>(text);
    prints_as_written::<InstanceProfileArn>(text);
    prints_as_written::<AssumedRoleArn>(text);
    prints_as_written::<AwsAuthRoleArn>(text);
    prints_as_written::<AccessEntryArn>(text);
    if let Ok(decoded) = decode_once(text) {
        assert!(decoded.len() <= text.len());
        assert!(text.contains('%') || decoded == text);
    }
});
