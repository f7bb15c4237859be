//! The core kinds that have definitions, and how to make them.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::authentication::v1 as authentication;
use k8s_openapi::api::authorization::v1 as authorization;
use k8s_openapi::api::autoscaling::v1 as autoscaling;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::coordination::v1 as coordination;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::api::events::v1 as events;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::api::rbac::v1 as rbac;
use k8s_openapi::api::scheduling::v1 as scheduling;
use k8s_openapi::api::storage::v1 as storage;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use schemars::{JsonSchema, SchemaGenerator};

/// A core kind: where it is served, and how its definition (and all it refers to) is made.
pub(super) struct Kind {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) make: fn(&mut SchemaGenerator),
    name: fn() -> String,
}

impl Kind {
    /// The name of the definition, as `io.k8s.api.core.v1.Node`.
    pub(super) fn name(&self) -> String {
        (self.name)()
    }
}

fn make<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

fn name<T: JsonSchema>() -> String {
    T::schema_name().into_owned()
}

macro_rules! kinds {
    ($($group:literal $module:ident: $($kind:ident)*;)*) => {
        &[$($(Kind {
            group: $group,
            version: "v1",
            kind: stringify!($kind),
            make: make::<$module::$kind>,
            name: name::<$module::$kind>,
        },)*)*]
    };
}

pub(super) static KINDS: &[Kind] = kinds! {
    "" core: Namespace Node Pod ConfigMap Secret Event ServiceAccount Service Endpoints PersistentVolume
        PersistentVolumeClaim ReplicationController Binding;
    "apps" apps: Deployment DaemonSet ReplicaSet StatefulSet;
    "batch" batch: Job CronJob;
    "autoscaling" autoscaling: Scale;
    "coordination.k8s.io" coordination: Lease;
    "discovery.k8s.io" discovery: EndpointSlice;
    "events.k8s.io" events: Event;
    "policy" policy: PodDisruptionBudget Eviction;
    "scheduling.k8s.io" scheduling: PriorityClass;
    "storage.k8s.io" storage: StorageClass CSINode;
    "rbac.authorization.k8s.io" rbac: Role RoleBinding ClusterRole ClusterRoleBinding;
    "apiextensions.k8s.io" apiextensions: CustomResourceDefinition;
    "authentication.k8s.io" authentication: TokenReview SelfSubjectReview;
    "authorization.k8s.io" authorization: SubjectAccessReview SelfSubjectAccessReview
        SelfSubjectRulesReview LocalSubjectAccessReview;
};

/// Adds what every document refers to.
pub(super) fn make_meta(generator: &mut SchemaGenerator) {
    make::<meta::ObjectMeta>(generator);
    make::<meta::ListMeta>(generator);
    make::<meta::DeleteOptions>(generator);
    make::<meta::Status>(generator);
    make::<meta::Patch>(generator);
}
