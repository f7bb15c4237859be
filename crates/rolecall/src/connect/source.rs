//! Where credentials come from, so that what is said of them is what mends them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::profiles;
use crate::environment::AwsEnvironment;

/// Where credentials come from, as far as the environment and the profiles tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// Keys in the environment.
    Environment,
    /// Keys of a profile.
    Keys { profile: String },
    /// Somebody signs in, and `aws sso login` knows this profile.
    Sso { profile: String },
    /// Somebody signs in with `aws login`.
    Login { profile: String },
    /// A program is run.
    Process { profile: String },
    /// A role is assumed with the token in a file.
    WebIdentity { file: PathBuf },
    /// Something else: a container, a machine, or nothing at all.
    Other { profile: Option<String> },
}

/// What to do about a role that may not be assumed.
pub(super) const NOT_ASSUMED: &str = "its trust policy must name this identity, and this identity \
                                      must be allowed `sts:AssumeRole` on it";

impl Source {
    /// The source by the order in which the SDK looks (AWS SDKs and Tools Reference Guide, "Understand
    /// the credential provider chain").
    pub(super) fn of(profile: Option<&str>, aws: &AwsEnvironment) -> Self {
        if profile.is_none() && aws.has_keys {
            return Self::Environment;
        }
        let profiles = profiles::settings(&aws.profile_files);
        let name = profile.unwrap_or("default");
        let of_profile = of_profile(name, &profiles);
        match (profile, &aws.web_identity_token_file) {
            (None, Some(file)) if of_profile.is_none() => Self::WebIdentity { file: file.clone() },
            _ => of_profile.unwrap_or(Self::Other {
                profile: profile.map(str::to_owned),
            }),
        }
    }

    /// What to do where they have run out.
    pub(super) fn sign_in(&self) -> String {
        match self {
            Self::Environment => "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
                                  AWS_SESSION_TOKEN anew, or unset them and name a profile with \
                                  --profile"
                .to_owned(),
            Self::Keys { profile } => {
                format!(
                    "write new keys into the profile `{profile}`: `aws configure --profile {profile}`"
                )
            }
            Self::Sso { profile } => format!("`aws sso login --profile {profile}` signs in again"),
            Self::Login { profile } => format!("`aws login --profile {profile}` signs in again"),
            Self::Process { profile } => format!(
                "run what `credential_process` of the profile `{profile}` says, and see whether it \
                 wants you to sign in"
            ),
            Self::WebIdentity { file } => new_token(file),
            Self::Other { profile } => format!(
                "`aws sts get-caller-identity{}` shows whether the AWS CLI has newer ones",
                option(profile.as_deref())
            ),
        }
    }

    /// What to do where none could be had, and this was said.
    pub(super) fn next_step(&self, said: &str) -> String {
        match self {
            Self::WebIdentity { file } => of_token(file, said),
            // A role that the profile, or one it refers to, assumes.
            _ if said.contains("AccessDenied") => NOT_ASSUMED.to_owned(),
            Self::Sso { profile } if said.contains("ForbiddenException") => format!(
                "`aws configure sso --profile {profile}` chooses among the accounts and roles that you \
                 are assigned to"
            ),
            Self::Sso { profile } if said.contains("sso-session") => format!(
                "`aws configure sso --profile {profile}` writes the section that is missing"
            ),
            Self::Sso { .. } => self.sign_in(),
            Self::Login { profile } => format!(
                "sessions of `aws login` are read by the AWS CLI: `eval \"$(aws configure \
                 export-credentials --profile {profile} --format env)\"`, then the command without \
                 the profile"
            ),
            Self::Process { profile } => format!(
                "run what `credential_process` of the profile `{profile}` says; it must end with 0 and \
                 print JSON with Version, AccessKeyId and SecretAccessKey"
            ),
            Self::Environment | Self::Keys { .. } | Self::Other { .. } => {
                let profile = match self {
                    Self::Keys { profile } => Some(profile.as_str()),
                    Self::Other { profile } => profile.as_deref(),
                    _ => None,
                };
                format!(
                    "`aws sts get-caller-identity{}` shows whether the AWS CLI can use them",
                    option(profile)
                )
            }
        }
    }
}

fn option(profile: Option<&str>) -> String {
    profile.map_or_else(String::new, |profile| format!(" --profile {profile}"))
}

fn new_token(file: &Path) -> String {
    let shown = file.display();
    format!("`{shown}` needs a new token; in a pod, the kubelet writes one before the old one ends")
}

/// What to do about a token that is not taken for a role (STS API Reference,
/// `AssumeRoleWithWebIdentity`).
fn of_token(file: &Path, said: &str) -> String {
    let shown = file.display();
    if said.contains("OpenIDConnect") {
        "make the token's issuer an identity provider of the role's account: `eksctl utils \
         associate-iam-oidc-provider --cluster CLUSTER --approve`"
            .to_owned()
    } else if said.contains("AccessDenied") {
        format!(
            "the role's trust policy must let the token's issuer, subject and audience call \
             `sts:AssumeRoleWithWebIdentity`; they are the claims iss, sub and aud of `{shown}`"
        )
    } else if said.to_lowercase().contains("expired") {
        new_token(file)
    } else {
        format!(
            "`{shown}` must hold the token that the role's trust policy speaks of; in a pod, EKS mounts \
             it where the service account has the annotation `eks.amazonaws.com/role-arn`; elsewhere, \
             unset AWS_WEB_IDENTITY_TOKEN_FILE"
        )
    }
}

type Profiles = BTreeMap<String, BTreeMap<String, String>>;

/// The source of a profile, which may be that of another one it refers to.
fn of_profile(name: &str, profiles: &Profiles) -> Option<Source> {
    let mut name = name;
    // A profile that leads back to itself is told by the SDK.
    for _ in 0..=profiles.len() {
        let settings = profiles.get(name)?;
        let has = |key: &str| settings.contains_key(key);
        let profile = name.to_owned();
        if let Some(source) = settings.get("source_profile")
            && has("role_arn")
            && source != name
        {
            name = source;
            continue;
        }
        return if has("sso_session") || has("sso_start_url") {
            Some(Source::Sso { profile })
        } else if has("login_session") {
            Some(Source::Login { profile })
        } else if has("credential_process") {
            Some(Source::Process { profile })
        } else if let Some(file) = settings.get("web_identity_token_file") {
            let file = PathBuf::from(file);
            Some(Source::WebIdentity { file })
        } else if has("aws_access_key_id") {
            Some(Source::Keys { profile })
        } else {
            None
        };
    }
    None
}

/// Why a token's file cannot be read, which the SDK tells without its name.
pub(super) fn unreadable(source: &Source) -> Option<String> {
    let Source::WebIdentity { file } = source else {
        return None;
    };
    let error = fs::read_to_string(file).err()?;
    Some(format!(
        "the token file `{}` cannot be read: {error}",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::{NOT_ASSUMED, Source};
    use crate::environment::AwsEnvironment;

    const CONFIG: &str = "
[default]
region = eu-central-1
[profile corp]
sso_session = corp
[sso-session corp]
sso_region = eu-central-1
[profile child] # of corp
role_arn = arn:aws:iam::111122223333:role/Child
source_profile = corp
[profile vault]
credential_process=vault exec
[profile one]
role_arn = arn:aws:iam::111122223333:role/One
source_profile = two
[profile two]
role_arn = arn:aws:iam::111122223333:role/Two
source_profile = one
";

    #[test]
    fn the_source_is_found_through_profiles_that_refer_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, CONFIG).unwrap();
        let mut aws = AwsEnvironment {
            profile_files: vec![file],
            ..AwsEnvironment::default()
        };
        let sso = Source::Sso {
            profile: "corp".to_owned(),
        };
        let again = "`aws sso login --profile corp` signs in again";
        assert_eq!(sso.sign_in(), again);
        assert_eq!(sso.next_step("the SSO token has expired"), again);
        assert_eq!(sso.next_step("AccessDenied: no"), NOT_ASSUMED);
        assert_eq!(Source::of(Some("corp"), &aws), sso);
        assert_eq!(Source::of(Some("child"), &aws), sso);
        let vault = Source::Process {
            profile: "vault".to_owned(),
        };
        assert_eq!(Source::of(Some("vault"), &aws), vault);
        let other = Source::Other {
            profile: Some("one".to_owned()),
        };
        assert_eq!(Source::of(Some("one"), &aws), other);
        assert_eq!(Source::of(None, &aws), Source::Other { profile: None });
        aws.web_identity_token_file = Some("/token".into());
        let web = Source::WebIdentity {
            file: "/token".into(),
        };
        assert_eq!(Source::of(None, &aws), web);
        aws.has_keys = true;
        assert_eq!(Source::of(None, &aws), Source::Environment);
    }
}
