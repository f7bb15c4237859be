//! Any template, and any expression inside a template, is read without a panic, the same way twice,
//! and into bounded facts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_declared::{Options, Source, read_sources};

/// The expression stands for a name, a path, a document and a principal at once.
fn around(expression: &str) -> String {
    let expression = expression.replace('\n', "\n      ");
    format!(
        "Parameters:
  P: {{Type: CommaDelimitedList, Default: 'a,b'}}
  Q: {{Type: String}}
Mappings:
  M: {{a: {{k: x}}, aws: {{k: [y]}}}}
Conditions:
  T: !Equals [a, a]
  U: !Equals [!Ref Q, a]
Resources:
  R:
    Type: AWS::IAM::Role
    Condition: U
    Properties:
      RoleName: node
      Path: {expression}
      AssumeRolePolicyDocument: {expression}
      ManagedPolicyArns: [{expression}]
  C:
    Type: Custom::AWSCDK-EKS-Cluster
    Properties:
      Config: {{name: c, roleArn: !GetAtt R.Arn}}
  E:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: !Ref C
      PrincipalArn: {expression}
  X:
    Type: Custom::AWSCDK-EKS-KubernetesResource
    Properties:
      ClusterName: !Ref C
      Manifest: {expression}
"
    )
}

fuzz_target!(|text: &str| {
    for template in [format!("# AWS::IAM::Role\n{text}"), around(text)] {
        for name in ["fuzz.yaml", "fuzz.json"] {
            let read = || {
                let source = Source::new(name, &template);
                read_sources(vec![source], &Options::default())
            };
            let (one, other) = (read(), read());
            assert_eq!(one.snapshot, other.snapshot);
            assert_eq!(one.diagnostics, other.diagnostics);
        }
    }
    // JSON has no comments: a text that is a template is one already.
    let json = format!(
        "{{\"Resources\": {{\"R\": {{\"Type\": \"AWS::IAM::Role\", \"Properties\": {text}}}}}}}"
    );
    let _ = read_sources(vec![Source::new("fuzz.json", &json)], &Options::default());
});
