//! What each operation of S3 asks for, and whether CloudTrail records it without being told to:
//! management events only, as in AWS (CloudTrail User Guide, "Logging management events").

/// One operation.
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) action: &'static str,
    /// A management event, or a data event.
    pub(super) management: bool,
    pub(super) read_only: bool,
}

const fn management(name: &'static str, action: &'static str, read_only: bool) -> Operation {
    Operation {
        name,
        action,
        management: true,
        read_only,
    }
}

const fn data(name: &'static str, action: &'static str, read_only: bool) -> Operation {
    Operation {
        name,
        action,
        management: false,
        read_only,
    }
}

/// All that are emulated (Service Authorization Reference, "Actions, resources, and condition keys
/// for Amazon S3").
pub(super) const OPERATIONS: &[Operation] = &[
    management("ListBuckets", "s3:ListAllMyBuckets", true),
    management("CreateBucket", "s3:CreateBucket", false),
    management("DeleteBucket", "s3:DeleteBucket", false),
    management("GetBucketLocation", "s3:GetBucketLocation", true),
    management("GetBucketPolicy", "s3:GetBucketPolicy", true),
    management("PutBucketPolicy", "s3:PutBucketPolicy", false),
    management("DeleteBucketPolicy", "s3:DeleteBucketPolicy", false),
    data("HeadBucket", "s3:ListBucket", true),
    data("ListObjects", "s3:ListBucket", true),
    data("ListObjectsV2", "s3:ListBucket", true),
    data("GetObject", "s3:GetObject", true),
    data("HeadObject", "s3:GetObject", true),
    data("PutObject", "s3:PutObject", false),
    data("CopyObject", "s3:PutObject", false),
    data("DeleteObject", "s3:DeleteObject", false),
    data("DeleteObjects", "", false),
    data("CreateMultipartUpload", "s3:PutObject", false),
    data("UploadPart", "s3:PutObject", false),
    data("CompleteMultipartUpload", "s3:PutObject", false),
    data("AbortMultipartUpload", "s3:AbortMultipartUpload", false),
    data("ListParts", "s3:ListMultipartUploadParts", true),
];

/// The operation of that name.
pub(super) fn named(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}
