use rolecall_chain::{Link, Rule, Severity};

const PAGE: &str = " An access entry whose principal ARN differs from the node role's ARN only in its path.\n\
\n\
 ## What it checks\n\
 For each pool, the cluster needs an access entry for the **full** ARN of the node role.\n\
\n\
 ## Example\n\
 ```hcl\n\
 principal_arn = \"arn:aws:iam::111122223333:role/web-node\"\n\
 ```\n\
\n\
 ## Fix\n\
 - Refer to the role: `aws_iam_role.web_node.arn`.\n\
 - Or write its ARN with the path.\n";

pub(crate) static RC703: Rule = Rule::sample(
    "RC703",
    "access-entry-path-mismatch",
    Severity::Error,
    Link::AccessEntry,
    PAGE,
);

pub(crate) static RC710: Rule = Rule::sample(
    "RC710",
    "legacy-control-plane-drops-path",
    Severity::Note,
    Link::AccessEntry,
    " A role with a path under a control plane that drops it.\n",
);

pub(crate) static RC303: Rule = Rule::sample(
    "RC303",
    "path-outside-convention",
    Severity::Warning,
    Link::Role,
    " A node role under a path that the conventions do not name.\n",
);
