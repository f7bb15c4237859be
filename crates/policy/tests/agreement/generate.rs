//! Policies and requests out of a string of bytes. Few values, so that they meet often.

use serde_json::{Map, Value, json};

use super::naive::{Asked, Policies};

/// Chooses by reading bytes; a spent string chooses the first of everything.
pub(crate) struct Choice<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

const ACTIONS: [&str; 9] = [
    "s3:GetObject",
    "s3:PutObject",
    "ec2:RunInstances",
    "sts:AssumeRole",
    "kms:Decrypt",
    "iam:PassRole",
    "sqs:SendMessage",
    "S3:GETOBJECT",
    "sts:GetCallerIdentity",
];
const ACTION_PATTERNS: [&str; 12] = [
    "*",
    "*",
    "*",
    "s3:*",
    "S3:getobject",
    "*:Get*",
    "s3:?etObject",
    "ec2:Run*",
    "sts:AssumeRole",
    "kms:*",
    "iam:Pass?ole",
    "s*:*e*",
];
const RESOURCES: [&str; 10] = [
    "arn:aws:s3:::bucket/ann/key",
    "arn:aws:s3:::bucket/a:b:c",
    "arn:aws:sqs:eu-west-1:111122223333:jobs",
    "arn:aws:sqs:eu-west-1:444455556666:jobs",
    "arn:aws:kms:eu-west-1:111122223333:key/1",
    "arn:aws:iam::111122223333:role/team/app",
    "*",
    "arn:aws:iam::444455556666:role/app",
    "arn:aws:logs:eu-west-1:111122223333:log-group:/a/b:*",
    "arn:aws-cn:s3:::bucket",
];
const RESOURCE_PATTERNS: [&str; 28] = [
    "*",
    "*",
    "*",
    "*",
    "*",
    "*",
    "*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:sqs",
    "arn:aws:sqs:*:jobs",
    "arn:aws:s*s:*-1:*:j?bs",
    "arn:aws:s*:jobs",
    "arn:*:role/*",
    "arn:aws:iam::*:role/*/app",
    "arn:aws:kms:eu-*-1:1111????3333:key/*",
    "arn:aws:s3:::b*t/a*:?:c",
    "arn:aws:sqs:eu-west-1:${aws:PrincipalAccount}:jobs",
    "arn:aws:s3:::bucket/${test:absent}*",
    "arn:aws:s3:::bucket/${test:absent, 'ann'}/key",
    "${test:arn}",
    "${test:arn}*",
    "arn:aws:s?s:*",
    "arn:aws:sqs:eu-west-1",
    "arn:aws:logs:*:*:log-group:*",
    "arn:${test:absent, 'aws'}:s3",
    "arn:aws:s3:::bucket/${*}",
    "arn:aws*:s3:::bucket",
];
const PRINCIPALS: [&str; 12] = [
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:role/team/app",
    "arn:aws:sts::111122223333:assumed-role/app/ses",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:user/eve",
    "ec2.amazonaws.com",
    "*",
    "arn:aws:sts::111122223333:federated-user/ann",
    "arn:aws:iam::111122223333:oidc-provider/token.example.com",
    "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
    "arn:aws:sts::444455556666:assumed-role/app/ses",
    "eks.amazonaws.com",
];
const NAMED: [(&str, &str); 16] = [
    ("AWS", "*"),
    ("AWS", "111122223333"),
    ("AWS", "arn:aws:iam::111122223333:root"),
    ("AWS", "arn:aws:iam::111122223333:user/ann"),
    ("AWS", "arn:aws:iam::111122223333:role/team/app"),
    ("AWS", "arn:aws:sts::111122223333:assumed-role/app/ses"),
    ("AWS", "444455556666"),
    ("AWS", "arn:aws:sts::111122223333:federated-user/ann"),
    ("AWS", "AROAEXAMPLEEXAMPLE123"),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "*"),
    ("Federated", "*"),
    (
        "Federated",
        "arn:aws:iam::111122223333:oidc-provider/token.example.com",
    ),
    ("AWS", "arn:aws:iam::444455556666:role/app"),
    ("AWS", "arn:aws:iam::444455556666:user/eve"),
    ("AWS", "arn:aws:iam::111122223333:role/app"),
];
const OPERATORS: [&str; 28] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
    "StringMatches",
];
const KEYS: [&str; 8] = [
    "test:a",
    "test:b",
    "TEST:A",
    "test:arn",
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:username",
    "aws:PrincipalIsAWSService",
];

impl<'b> Choice<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes: bytes.iter(),
        }
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A text over a tiny alphabet, half of the time looking like an ARN.
    fn text(&mut self, alphabet: &[&str]) -> String {
        let prefix = if self.one_in(2) { "arn:aws:" } else { "" };
        let length = self.below(8);
        prefix.to_owned() + &(0..length).map(|_| self.of(alphabet)).collect::<String>()
    }

    /// A value of the request for an operator's type.
    fn value(&mut self, operator: &str) -> String {
        let fixed = |values: &[&'static str], choice: &mut Self| choice.of(values).to_owned();
        if operator.starts_with("Numeric") {
            fixed(&["10", "9.5", "10.0", "-3", "11", "ten", ""], self)
        } else if operator.starts_with("Date") {
            fixed(
                &[
                    "2026-03-24T12:00:00Z",
                    "2026-03-24",
                    "1774353600",
                    "2026-03-24T13:00:00+01:00",
                    "later",
                ],
                self,
            )
        } else if operator == "Bool" || operator == "Null" {
            fixed(&["true", "false", "TRUE", "perhaps", "${test:b}"], self)
        } else if operator == "BinaryEquals" {
            fixed(&["aGVsbG8=", "aGVsbG8", "aGVsbA==", "*", "a"], self)
        } else if operator.contains("IpAddress") {
            fixed(
                &[
                    "203.0.113.7",
                    "203.0.113.0/24",
                    "::/0",
                    "2001:db8::1",
                    "0.0.0.0/0",
                    "10.0.0.0/33",
                    "here",
                ],
                self,
            )
        } else if operator.starts_with("Arn") && !self.one_in(3) {
            self.of(&RESOURCE_PATTERNS).to_owned()
        } else {
            self.text(&[
                "a",
                "b",
                ":",
                "*",
                "?",
                "é",
                "A",
                "${test:b}",
                "${*}",
                "${test:absent}",
            ])
        }
    }

    fn present(&mut self) -> String {
        if self.one_in(3) {
            return self.of(&RESOURCES).to_owned();
        }
        if self.one_in(3) {
            return self.text(&["a", "b", ":", "a", "é", "A", "*"]);
        }
        self.of(&[
            "10",
            "true",
            "203.0.113.7",
            "2026-03-24T12:00:00Z",
            "aGVsbG8=",
            "",
            "2001:db8::1",
            "a",
            "ten",
            "${test:b}",
        ])
        .to_owned()
    }

    fn conditions(&mut self) -> Value {
        let mut block = Map::new();
        for _ in 0..=self.below(2) {
            let base = self.of(&OPERATORS);
            let prefix = self.of(&["", "", "ForAllValues:", "ForAnyValue:"]);
            let suffix = if self.one_in(4) { "IfExists" } else { "" };
            let values: Vec<String> = (0..=self.below(3)).map(|_| self.value(base)).collect();
            let values = if values.len() == 1 {
                json!(values[0])
            } else {
                json!(values)
            };
            block.insert(
                format!("{prefix}{base}{suffix}"),
                json!({ self.of(&KEYS): values }),
            );
        }
        Value::Object(block)
    }

    fn statement(&mut self, with_principal: bool) -> Value {
        let mut statement = Map::new();
        let mut put = |key: &str, value: Value| statement.insert(key.to_owned(), value);
        put(
            "Effect",
            json!(if self.one_in(4) { "Deny" } else { "Allow" }),
        );
        let actions: Vec<&str> = (0..=self.below(2))
            .map(|_| self.of(&ACTION_PATTERNS))
            .collect();
        put(
            if self.one_in(5) {
                "NotAction"
            } else {
                "Action"
            },
            json!(actions),
        );
        if !(with_principal && self.one_in(4)) {
            let resources: Vec<&str> = (0..=self.below(2))
                .map(|_| self.of(&RESOURCE_PATTERNS))
                .collect();
            put(
                if self.one_in(5) {
                    "NotResource"
                } else {
                    "Resource"
                },
                json!(resources),
            );
        }
        if with_principal {
            let mut block = Map::new();
            for _ in 0..=self.below(3) {
                let (kind, name) = self.of(&NAMED);
                let members = block.entry(kind).or_insert_with(|| json!([]));
                members.as_array_mut().unwrap().push(json!(name));
            }
            let block = if self.one_in(4) {
                json!("*")
            } else {
                Value::Object(block)
            };
            put(
                if self.one_in(5) {
                    "NotPrincipal"
                } else {
                    "Principal"
                },
                block,
            );
        }
        if !self.one_in(3) {
            put("Condition", self.conditions());
        }
        Value::Object(statement)
    }

    fn policy(&mut self, with_principal: bool) -> Value {
        let statements: Vec<Value> = (0..=self.below(2))
            .map(|_| self.statement(with_principal))
            .collect();
        // Without variables a resource must begin like an ARN.
        let old = |statements: Vec<Value>| -> Value {
            let text = json!(statements)
                .to_string()
                .replace("\"${test:arn}", "\"arn:${test:arn}");
            serde_json::from_str(&text).unwrap()
        };
        match self.below(6) {
            0 => json!({"Statement": old(statements)}),
            1 => json!({"Version": "2008-10-17", "Statement": old(statements)}),
            _ => json!({"Version": "2012-10-17", "Statement": statements}),
        }
    }

    fn set(&mut self, with_principal: bool) -> Vec<Value> {
        (0..self.below(3))
            .map(|_| self.policy(with_principal))
            .collect()
    }

    fn some_set(&mut self) -> Option<Vec<Value>> {
        self.one_in(3).then(|| self.set(false))
    }

    pub(crate) fn policies(&mut self) -> Policies {
        Policies {
            identity: (0..=self.below(3)).map(|_| self.policy(false)).collect(),
            resource: if self.one_in(2) {
                self.set(true)
            } else {
                Vec::new()
            },
            boundary: self.some_set(),
            session: self.some_set(),
            service_control: if self.one_in(4) {
                vec![self.set(false)]
            } else {
                Vec::new()
            },
            resource_control: if self.one_in(4) {
                vec![self.set(true)]
            } else {
                Vec::new()
            },
            endpoint: if self.one_in(6) {
                Some(self.set(true))
            } else {
                None
            },
        }
    }

    pub(crate) fn request(&mut self) -> Asked {
        let mut context = Vec::new();
        for key in ["test:a", "test:b", "test:arn", "aws:PrincipalArn"] {
            if self.one_in(2) {
                let count = self.of(&[1, 1, 1, 2, 0]);
                context.push((key.to_owned(), (0..count).map(|_| self.present()).collect()));
            }
        }
        if self.one_in(12) {
            let linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/app";
            context.push(("aws:PrincipalArn".to_owned(), vec![linked.to_owned()]));
        }
        if self.one_in(4) {
            context.push((
                "aws:userid".to_owned(),
                vec!["AROAEXAMPLEEXAMPLE123:ses".to_owned()],
            ));
        }
        Asked {
            principal: self.of(&PRINCIPALS).to_owned(),
            action: self.of(&ACTIONS).to_owned(),
            resource: self.of(&RESOURCES).to_owned(),
            context,
        }
    }
}
