//! Structural schemas: pruning, defaults, validation and rules, as users of custom resources see them.
#![expect(
    clippy::expect_used,
    reason = "a schema of a test that does not compile ends the test"
)]

use rolecall_sandbox_kube::schema::Schema;
use serde_json::{Value, json};
use std::sync::Arc;

fn schema(spec: Value) -> Arc<Schema> {
    let json = json!({"type": "object", "properties": {"spec": spec}});
    Schema::compile(&json).expect("a schema")
}

fn faults(spec_schema: Value, spec: Value) -> Vec<String> {
    faults_of_update(spec_schema, spec, None)
}

fn faults_of_update(spec_schema: Value, spec: Value, old: Option<Value>) -> Vec<String> {
    let old = old.map(|spec| json!({ "spec": spec }));
    schema(spec_schema)
        .validate(&json!({ "spec": spec }), old.as_ref())
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

#[test]
fn unknown_fields_are_dropped_and_named() {
    let schema = schema(object(json!({
        "role": {"type": "string"},
        "terms": {"type": "array", "items": object(json!({"id": {"type": "string"}}))},
        "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    })));
    let mut object = json!({
        "apiVersion": "example.com/v1", "kind": "Thing",
        "metadata": {"name": "a", "labels": {"x": "y"}, "lables": {}},
        "spec": {
            "rol": "x", "terms": [{"id": "1"}, {"idd": "2"}],
            "tags": {"any": "thing"}, "free": {"a": {"b": 1}},
        },
        "extra": true,
    });
    assert_eq!(
        schema.prune(&mut object),
        ["extra", "metadata.lables", "spec.rol", "spec.terms[1].idd"]
    );
    assert_eq!(
        object,
        json!({
            "apiVersion": "example.com/v1", "kind": "Thing",
            "metadata": {"name": "a", "labels": {"x": "y"}},
            "spec": {"terms": [{"id": "1"}, {}], "tags": {"any": "thing"}, "free": {"a": {"b": 1}}},
        })
    );
}

#[test]
fn a_null_that_may_not_be_there_counts_as_not_given() {
    let schema = schema(object(json!({
        "plain": {"type": "string"},
        "nullable": {"type": "string", "nullable": true},
        "defaulted": {"type": "string", "default": "d"},
    })));
    let mut object = json!({"spec": {"plain": null, "nullable": null, "defaulted": null}});
    assert_eq!(schema.prune(&mut object), Vec::<String>::new());
    schema.apply_defaults(&mut object);
    assert_eq!(
        object,
        json!({"spec": {"nullable": null, "defaulted": "d"}})
    );
    assert_eq!(schema.validate(&object, None), []);
}

#[test]
fn defaults_bring_their_own_defaults() {
    let schema = schema(json!({
        "type": "object",
        "properties": {
            "disruption": {
                "type": "object", "default": {},
                "properties": {"after": {"type": "string", "default": "0s"}},
            },
            "list": {"type": "array", "items": object(json!({"n": {"type": "integer", "default": 1}}))},
        },
    }));
    let mut object = json!({"spec": {"list": [{}, {"n": 2}, {"n": null}]}});
    schema.apply_defaults(&mut object);
    assert_eq!(
        object,
        json!({"spec": {"list": [{"n": 1}, {"n": 2}, {"n": 1}], "disruption": {"after": "0s"}}})
    );
}

#[test]
fn faults_are_worded_as_kubernetes_words_them() {
    for (schema, value, wanted) in [
        (
            json!({"type": "integer"}),
            json!("three"),
            r#"spec.f: Invalid value: "string": spec.f in body must be of type integer: "string""#,
        ),
        (
            json!({"type": "string", "enum": ["Random", "Disabled"]}),
            json!("random"),
            r#"spec.f: Unsupported value: "random": supported values: "Random", "Disabled""#,
        ),
        (
            json!({"type": "integer", "minimum": 3000, "maximum": 16000}),
            json!(100),
            "spec.f: Invalid value: 100: spec.f in body should be greater than or equal to 3000",
        ),
        (
            json!({"type": "integer", "maximum": 100}),
            json!(101),
            "spec.f: Invalid value: 101: spec.f in body should be less than or equal to 100",
        ),
        (
            json!({"type": "string", "pattern": "^sg-[0-9a-z]+$"}),
            json!("subnet-1"),
            r#"spec.f: Invalid value: "subnet-1": spec.f in body should match '^sg-[0-9a-z]+$'"#,
        ),
        (
            json!({"type": "string", "minLength": 1}),
            json!(""),
            r#"spec.f: Invalid value: "": spec.f in body should be at least 1 chars long"#,
        ),
        (
            json!({"type": "string", "maxLength": 3}),
            json!("abcd"),
            "spec.f: Too long: may not be more than 3 bytes",
        ),
        (
            json!({"type": "array", "maxItems": 1, "items": {"type": "string"}}),
            json!(["a", "b"]),
            "spec.f: Too many: 2: must have at most 1 items",
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            json!("soon"),
            r#"spec.f: Invalid value: "soon": spec.f in body must be of type date-time: "soon""#,
        ),
        (
            json!({"x-kubernetes-int-or-string": true}),
            json!(1.5),
            r#"spec.f: Invalid value: "number": spec.f in body must be of type integer,string: "number""#,
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}),
            json!(["a", "a"]),
            r#"spec.f[1]: Duplicate value: "a""#,
        ),
    ] {
        assert_eq!(
            faults(object(json!({ "f": schema })), json!({ "f": value })),
            [wanted]
        );
    }
}

#[test]
fn a_missing_field_is_named_with_its_path() {
    let schema = json!({
        "type": "object", "required": ["role"],
        "properties": {"role": {"type": "string"}},
    });
    assert_eq!(faults(schema, json!({})), ["spec.role: Required value"]);
}

#[test]
fn entries_of_a_keyed_list_may_not_repeat_their_key() {
    let schema = object(json!({"conditions": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
        "items": object(json!({"type": {"type": "string"}, "status": {"type": "string"}})),
    }}));
    let conditions = json!([{"type": "Ready", "status": "True"}, {"type": "Ready"}]);
    assert_eq!(
        faults(schema, json!({ "conditions": conditions })),
        [r#"spec.conditions[1]: Duplicate value: map[string]interface {}{"type":"Ready"}"#]
    );
}

#[test]
fn logical_junctors_count_what_holds() {
    let either = |name: &str| json!({name: [{"required": ["a"]}, {"required": ["b"]}]});
    let with = |junctor: Value| {
        let mut schema = object(json!({"a": {"type": "string"}, "b": {"type": "string"}}));
        let fields = schema.as_object_mut().unwrap();
        fields.extend(junctor.as_object().unwrap().clone());
        schema
    };
    let both = json!({"a": "1", "b": "2"});
    assert!(faults(with(either("anyOf")), both.clone()).is_empty());
    assert_eq!(
        faults(with(either("oneOf")), both.clone()),
        [
            r#"<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives"#
        ]
    );
    assert_eq!(
        faults(with(json!({"not": {"required": ["a"]}})), both),
        [r#"<nil>: Invalid value: "": "spec" must not validate the schema (not)"#]
    );
    assert_eq!(
        faults(with(either("anyOf")), json!({}))
            .first()
            .map(String::as_str),
        Some(r#"<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)"#)
    );
}

fn role_or_profile() -> Value {
    json!({
        "type": "object",
        "properties": {
            "role": {
                "type": "string",
                "x-kubernetes-validations": [
                    {"rule": "self != ''", "message": "role cannot be empty"},
                    {"rule": "self == oldSelf", "message": "immutable field changed"},
                ],
            },
            "instanceProfile": {"type": "string"},
            "size": {"type": "string"},
        },
        "x-kubernetes-validations": [{
            "rule": "has(self.role) != has(self.instanceProfile)",
            "message": "must specify exactly one of ['role', 'instanceProfile']",
        }, {
            "rule": "!has(self.size) || quantity(self.size).isLessThan(quantity('59Ti'))",
            "messageExpression": "'size ' + self.size + ' is too large'",
            "fieldPath": ".size", "reason": "FieldValueForbidden",
        }],
    })
}

#[test]
fn rules_speak_with_their_message_and_the_schemas_type() {
    assert!(faults(role_or_profile(), json!({"role": "NodeRole"})).is_empty());
    assert_eq!(
        faults(role_or_profile(), json!({})),
        [
            r#"spec: Invalid value: "object": must specify exactly one of ['role', 'instanceProfile']"#
        ]
    );
    assert_eq!(
        faults(role_or_profile(), json!({"role": ""})),
        [r#"spec.role: Invalid value: "string": role cannot be empty"#]
    );
    assert_eq!(
        faults(role_or_profile(), json!({"role": "r", "size": "60Ti"})),
        ["spec.size: Forbidden: size 60Ti is too large"]
    );
}

#[test]
fn transition_rules_compare_with_what_is_stored() {
    let old = || Some(json!({"role": "old"}));
    assert!(faults_of_update(role_or_profile(), json!({"role": "old"}), old()).is_empty());
    assert_eq!(
        faults_of_update(role_or_profile(), json!({"role": "new"}), old()),
        [r#"spec.role: Invalid value: "string": immutable field changed"#]
    );
}

#[test]
fn what_was_wrong_before_and_is_untouched_is_let_pass() {
    let schema = object(json!({
        "n": {"type": "integer", "maximum": 1}, "m": {"type": "integer"},
    }));
    let old = json!({"n": 5, "m": 1});
    assert!(faults_of_update(schema, json!({"n": 5, "m": 2}), Some(old)).is_empty());
}

#[test]
fn rules_wait_until_the_shape_is_right() {
    assert_eq!(
        faults(role_or_profile(), json!({"role": 1})),
        [
            r#"spec.role: Invalid value: "integer": spec.role in body must be of type string: "integer""#,
            r#"<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"#,
        ]
    );
}

#[test]
fn a_rule_that_cannot_be_evaluated_says_so() {
    let schema = json!({
        "type": "object", "properties": {"list": {"type": "array", "items": object(json!({
            "values": {"type": "array", "items": {"type": "string"}},
        }))}},
        "x-kubernetes-validations": [{
            "rule": "self.list.all(x, x.values.size() != 0)", "message": "must have values",
        }],
    });
    assert_eq!(
        faults(schema, json!({"list": [{}]})),
        [r#"spec: Invalid value: "object": no such key: values evaluating rule: must have values"#]
    );
}

#[test]
fn the_functions_of_kubernetes_are_there() {
    for rule in [
        "'a/b'.find('^[^/]+') == 'a'",
        "'a1b22'.findAll('[0-9]+') == ['1', '22']",
        "'a1b22'.findAll('[0-9]+', 1) == ['1']",
        "'ABC'.lowerAscii() == 'abc'",
        "['a', 'b'].join(',') == 'a,b'",
        "[1, 2, 2].isSorted()",
        "[3, 1, 2].min() == 1 && [3, 1, 2].max() == 3 && [1, 2].sum() == 3",
        "['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2",
        "isIP('10.0.0.1') && !isIP('10') && isCIDR('10.0.0.0/8')",
        "isURL('https://example.com/x') && !isURL('no url')",
        "quantity('1Gi').compareTo(quantity('1024Mi')) == 0",
        "quantity('1500m').isGreaterThan(quantity('1'))",
        "isQuantity('2e3') && !isQuantity('many')",
        "quantity('2').add(quantity('500m')).sub(quantity('0.5')).asInteger() == 2",
        "quantity('-1').sign() == -1",
        "self.namespaced.__namespace__ == 'x' && self.namespaced.a__dot__b == 1",
    ] {
        let mut schema = object(json!({"namespaced": object(json!({
            "namespace": {"type": "string"}, "a.b": {"type": "integer"},
        }))}));
        schema["x-kubernetes-validations"] = json!([{ "rule": rule }]);
        let value = json!({"namespaced": {"namespace": "x", "a.b": 1}});
        assert_eq!(faults(schema, value), Vec::<String>::new(), "{rule}");
    }
}

fn of_rule(rule: String) -> Vec<String> {
    let rules = json!([{ "rule": rule }]);
    faults(
        json!({"type": "object", "x-kubernetes-validations": rules}),
        json!({}),
    )
}

#[test]
fn deep_and_long_rules_are_refused_without_harm() {
    for rule in [
        "(".repeat(10_000),
        "!".repeat(10_000) + "true",
        "-".repeat(300) + "1",
        "1+".repeat(60_000) + "1",
        "1+".repeat(900) + "1",
        "self".to_owned() + &".a".repeat(900),
    ] {
        let length = rule.len();
        let found = of_rule(rule);
        assert!(found[0].contains("rule compile error"), "{length}");
    }
}

#[test]
fn rules_deeper_than_usual_are_evaluated_all_the_same() {
    let nested = "[1].all(x, ".repeat(40) + "true" + &")".repeat(40);
    assert_eq!(of_rule(nested), Vec::<String>::new());
    assert_eq!(of_rule("1+".repeat(200) + "1 == 201"), Vec::<String>::new());
}

mod whatever_it_is {
    use super::*;
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let words = [
            "type",
            "properties",
            "items",
            "object",
            "array",
            "string",
            "spec",
            "enum",
            "self",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            prop::sample::select(words.to_vec()).prop_map(Value::from),
            "[a-z(\\[{$.*+?]{0,8}".prop_map(Value::from),
        ];
        let keys = prop_oneof![
            prop::sample::select(
                [
                    "type",
                    "properties",
                    "items",
                    "additionalProperties",
                    "required",
                    "enum",
                    "pattern",
                    "anyOf",
                    "oneOf",
                    "allOf",
                    "not",
                    "default",
                    "format",
                    "minimum",
                    "maxLength",
                    "multipleOf",
                    "x-kubernetes-validations",
                    "rule",
                    "message",
                    "x-kubernetes-list-type",
                    "x-kubernetes-list-map-keys",
                    "x-kubernetes-int-or-string",
                    "nullable",
                    "spec",
                    "metadata",
                    "x-kubernetes-embedded-resource",
                    "x-kubernetes-preserve-unknown-fields",
                ]
                .to_vec()
            )
            .prop_map(str::to_owned),
            "[a-z]{1,3}",
        ];
        leaf.prop_recursive(5, 60, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(keys.clone(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_schema_and_an_object_never_harm_the_server(schema in any_json(), object in any_json(), old in any_json()) {
            if let Ok(schema) = Schema::compile(&schema) {
                let mut pruned = object.clone();
                schema.prune(&mut pruned);
                prop_assert!(schema.prune(&mut pruned.clone()).is_empty(), "pruning twice finds nothing new");
                schema.apply_defaults(&mut pruned);
                let once = pruned.clone();
                schema.apply_defaults(&mut pruned);
                prop_assert_eq!(once, pruned.clone(), "defaults are filled in once");
                let _ = schema.validate(&pruned, Some(&old));
                let _ = schema.shape();
            }
        }

        #[test]
        fn what_has_not_changed_is_never_refused(schema in any_json(), object in any_json()) {
            if let Ok(schema) = Schema::compile(&schema) {
                prop_assert_eq!(schema.validate(&object, Some(&object)), []);
            }
        }
    }
}
