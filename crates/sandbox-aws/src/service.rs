use std::fmt;

/// A service of the emulated AWS endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// AWS Identity and Access Management.
    Iam,
    /// AWS Security Token Service.
    Sts,
    /// Amazon Elastic Kubernetes Service.
    Eks,
    /// Amazon Elastic Compute Cloud.
    Ec2,
    /// AWS CloudTrail.
    CloudTrail,
    /// AWS Organizations.
    Organizations,
    /// Amazon Simple Storage Service.
    S3,
}

/// How a service's requests and responses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Form fields in, XML out; lists are `member`s.
    Query,
    /// As `Query`, with EC2's own envelopes; lists are `item`s.
    Ec2,
    /// Paths and JSON bodies.
    RestJson,
    /// A target header and a JSON body.
    Json11,
    /// S3's own.
    S3,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 7] = [
        Self::Iam,
        Self::Sts,
        Self::Eks,
        Self::Ec2,
        Self::CloudTrail,
        Self::Organizations,
        Self::S3,
    ];

    /// The name in a signature's scope, in a host name and before the colon of an action.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Eks => "eks",
            Self::Ec2 => "ec2",
            Self::CloudTrail => "cloudtrail",
            Self::Organizations => "organizations",
            Self::S3 => "s3",
        }
    }

    /// The service of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The `eventSource` of its CloudTrail events.
    #[must_use]
    pub fn event_source(self) -> &'static str {
        match self {
            Self::Iam => "iam.amazonaws.com",
            Self::Sts => "sts.amazonaws.com",
            Self::Eks => "eks.amazonaws.com",
            Self::Ec2 => "ec2.amazonaws.com",
            Self::CloudTrail => "cloudtrail.amazonaws.com",
            Self::Organizations => "organizations.amazonaws.com",
            Self::S3 => "s3.amazonaws.com",
        }
    }

    /// How it talks.
    #[must_use]
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Iam | Self::Sts => Protocol::Query,
            Self::Eks => Protocol::RestJson,
            Self::Ec2 => Protocol::Ec2,
            Self::CloudTrail | Self::Organizations => Protocol::Json11,
            Self::S3 => Protocol::S3,
        }
    }

    /// The API version, which query requests name and XML namespaces contain.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
            Self::Eks => "2017-11-01",
            Self::Ec2 => "2016-11-15",
            Self::CloudTrail => "2013-11-01",
            Self::Organizations => "2016-11-28",
            Self::S3 => "2006-03-01",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
