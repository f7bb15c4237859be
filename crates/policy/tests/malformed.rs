//! Documents AWS refuses, and the places they are refused at.

use rolecall_policy::{Policy, PolicyKind, Question, effect, evaluate};

/// Every problem of a document, one a line.
fn problems(text: &str) -> String {
    match Policy::parse("p", text) {
        Ok(_) => "accepted".to_owned(),
        Err(malformed) => {
            let lines = malformed.problems.iter().map(ToString::to_string);
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

fn refusals(kind: PolicyKind, statements: &str) -> String {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
    match Policy::accept(kind, "p", &text) {
        Ok(_) => "accepted".to_owned(),
        Err(malformed) => {
            let lines = malformed.problems.iter().map(|p| p.reason.clone());
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn all_problems_of_a_document_are_told_in_its_order() {
    let text = r#"{
  "Version": "2012-10-18",
  "Statement": [
    {"Sid": "A", "Effect": "allow", "Action": "s3", "Resource": "bucket"},
    {"Sid": "A", "Action": ["s3:a:b", "a a:b", 7], "NotAction": "s3:*", "Resource": []},
    {"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Conditions": {}},
    {"Sid": "A", "Effect": "Deny", "Principal": "me", "Condition": {"Bool": "yes"}},
    {"Effect": "Allow", "Effect": "Deny", "Action": [], "Principal": {"AWS": "arn:aws:iam::1:role/*", "Servce": "x"}}
  ],
  "Extra": 1
}"#;
    insta::assert_snapshot!(problems(text));
}

#[test]
fn what_is_no_json_is_refused_where_it_breaks() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let cases = [
        "",
        "null",
        "{",
        "{\"Statement\": [}",
        "{'Statement': []}",
        "{\"Statement\": []}",
        "{\"Statement\": {}} x",
        "{\"Statement\": \"\\ud800\"}",
        "{\"Statement\": \"a\nb\"}",
        "{\"Statement\": 01}",
        "{\"Version\": \"2012-10-17\"}",
        &deep,
        "\u{feff}{}",
    ];
    let all = cases.map(|text| {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?}\n    {}", problems(text).replace('\n', "\n    "))
    });
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn each_kind_of_policy_has_its_own_demands() {
    let kinds = [
        PolicyKind::Identity,
        PolicyKind::Trust,
        PolicyKind::Resource,
        PolicyKind::Session,
        PolicyKind::ServiceControl,
        PolicyKind::ResourceControl,
    ];
    let cases = [
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
        r#"{"Sid": "with space", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3"}"#,
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringIs": {"a:b": "c"}}}"#,
    ];
    let mut all = String::new();
    for case in cases {
        all.push_str(&format!("{case}\n"));
        for kind in kinds {
            let outcome = refusals(kind, case).replace('\n', " + ");
            all.push_str(&format!("    {kind:?}: {outcome}\n"));
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_cannot_be_evaluated_never_matches_and_is_told() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEqual": {"a:b": "c"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"a:b": "tomorrow"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NumericNotEquals": {"a:n": "ten"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"a:ip": "10.0.0.0/33"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NumericNotEquals": {"a:b": "10"}}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Null": {"a:b": "perhaps"}}}]}"#;
    let policy = Policy::parse("p", text).unwrap();
    let question = r#"{"principal": "111122223333", "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "context": {"a:b": "c", "a:n": "11", "a:ip": "192.0.2.1"}}"#;
    let mut question = Question::parse(question).unwrap();
    // The root user may anyway; a level of service control policies without an allow shows more.
    question.layers.service_control = vec![rolecall_policy::Level {
        target: "root".into(),
        policies: policy.clone().into(),
    }];
    let decision = evaluate(&question.request, &question.layers);
    assert!(!decision.is_allowed());
    assert_eq!(decision.effect, effect(&question.request, &question.layers));
    let doubts = policy.doubts().iter().map(ToString::to_string);
    let near = decision.near_misses().map(ToString::to_string);
    insta::assert_snapshot!(doubts.chain(near).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_question_says_which_field_is_wrong() {
    let cases = [
        r#"{"action": "s3:GetObject", "resource": "*"}"#,
        r#"{"principal": "*", "resource": "*"}"#,
        r#"{"principal": "*", "action": "s3:GetObject"}"#,
        r#"{"principal": "nobody", "action": "s3:GetObject", "resource": "*"}"#,
        r#"{"principal": "*", "action": 7, "resource": "*"}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "identityPolicy": []}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "action": "a:c"}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "context": {"k": {}}}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "identityPolicies": {}}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "identityPolicies": ["Administrator"]}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "identityPolicies": [{"name": "mine", "document": {"Statement": 1}}]}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "serviceControlPolicies": [{"target": "ou"}]}"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*",}"#,
        r#"[]"#,
        r#"{"principal": "*", "action": "a:b", "resource": "*", "comment": "fine"}"#,
    ];
    let all = cases.map(|text| match Question::parse(text) {
        Ok(_) => format!("{text}\n    accepted"),
        Err(error) => format!("{text}\n    {error}"),
    });
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_document_of_ten_megabytes_is_read_or_refused_in_place() {
    let resource = format!("\"arn:aws:s3:::{}*\"", "a".repeat(1024 * 1024));
    let resources = vec![resource; 10].join(",\n");
    let statement =
        format!(r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": [{resources}]}}"#);
    let policy = Policy::parse("p", &format!(r#"{{"Statement": {statement}}}"#)).unwrap();
    assert_eq!(policy.statements()[0].resources().0.count(), 10);
    let malformed = Policy::parse("p", &format!("{{\"Statement\": {statement},}}")).unwrap_err();
    assert_eq!(malformed.problems[0].position.line, 10);
}

#[test]
fn many_statements_with_many_problems_take_no_more_than_their_share_of_time() {
    let statement = |sid: usize| {
        format!(r#"{{"Sid": "S{sid}", "Effect": "allow", "Action": "s3", "Resource": "*"}}"#)
    };
    let statements: Vec<String> = (0..20_000).map(statement).collect();
    let text = format!("{{\"Statement\": [\n{}]}}", statements.join(",\n"));
    let malformed = Policy::parse("p", &text).unwrap_err();
    assert_eq!(malformed.problems.len(), 40_000);
    assert_eq!(
        malformed.problems.last().map(|p| p.position.line),
        Some(20_001)
    );
    assert!(malformed.to_string().ends_with("; and 39990 more"));
}

#[test]
fn an_action_without_resource_types_is_asked_about_everything() {
    let question = |action: &str| {
        let text = format!(
            r#"{{"principal": "arn:aws:iam::111122223333:user/ann", "action": "{action}",
                "resource": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc",
                "identityPolicies": [{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow",
                    "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:instance/*"}}}}]}}"#
        );
        let question = Question::parse(&text).unwrap();
        evaluate(&question.request, &question.layers).is_allowed()
    };
    assert!(question("ec2:TerminateInstances"));
    assert!(!question("ec2:DescribeInstances"));
    assert!(question("ec2:SomethingNobodyKnowsYet"));
}
