//! The columns of pods, services and what makes pods.

use serde_json::Value;

use super::age::since;
use super::columns::{AGE, NAME, Printed, at, count, number, or, plain, text, time, whole};

pub(super) static POD: &[Printed] = &[
    NAME,
    text("Ready", "How many containers are ready.", |o, _| {
        let statuses = containers(o);
        let ready = statuses.iter().filter(|s| flag(s, "/ready")).count();
        format!("{ready}/{}", count(o, "/spec/containers")).into()
    }),
    text("Status", "What the pod is doing.", |o, _| {
        pod_status(o).into()
    }),
    text(
        "Restarts",
        "How often containers were started again.",
        |o, _| {
            let restarts: i64 = containers(o)
                .iter()
                .map(|s| whole(s, "/restartCount"))
                .sum();
            restarts.to_string().into()
        },
    ),
    AGE,
    text("IP", "The address of the pod.", |o, _| {
        or(at(o, "/status/podIP"), "<none>").into()
    })
    .wide(),
    text("Node", "The node of the pod.", |o, _| {
        or(at(o, "/spec/nodeName"), "<none>").into()
    })
    .wide(),
    text("Nominated Node", "The node it is to run on.", |o, _| {
        or(at(o, "/status/nominatedNodeName"), "<none>").into()
    })
    .wide(),
    text(
        "Readiness Gates",
        "Further conditions of readiness.",
        |_, _| "<none>".into(),
    )
    .wide(),
];

fn containers(pod: &Value) -> &[Value] {
    let statuses = pod
        .pointer("/status/containerStatuses")
        .and_then(Value::as_array);
    statuses.map(Vec::as_slice).unwrap_or_default()
}

fn pod_status(pod: &Value) -> String {
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        return "Terminating".to_owned();
    }
    let mut status = or(at(pod, "/status/reason"), at(pod, "/status/phase"));
    for container in containers(pod) {
        for state in ["/state/waiting/reason", "/state/terminated/reason"] {
            status = or(at(container, state), status);
        }
    }
    or(status, "Pending").to_owned()
}

fn flag(object: &Value, pointer: &str) -> bool {
    object
        .pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

pub(super) static SERVICE: &[Printed] = &[
    NAME,
    text("Type", "How the service is reached.", |o, _| {
        or(at(o, "/spec/type"), "ClusterIP").into()
    }),
    text("Cluster-IP", "The address inside the cluster.", |o, _| {
        or(at(o, "/spec/clusterIP"), "<none>").into()
    }),
    text("External-IP", "The address outside.", |o, _| {
        let ingress = at(o, "/status/loadBalancer/ingress/0/hostname");
        or(
            or(ingress, at(o, "/status/loadBalancer/ingress/0/ip")),
            "<none>",
        )
        .into()
    }),
    text("Port(s)", "The ports.", |o, _| ports(o).into()),
    AGE,
    text("Selector", "Which pods it is for.", |o, _| {
        labels(o, "/spec/selector").into()
    })
    .wide(),
];

fn ports(service: &Value) -> String {
    let ports = service.pointer("/spec/ports").and_then(Value::as_array);
    let ports: Vec<String> = ports
        .into_iter()
        .flatten()
        .map(|p| {
            let protocol = or(at(p, "/protocol"), "TCP");
            match whole(p, "/nodePort") {
                0 => format!("{}/{protocol}", whole(p, "/port")),
                node => format!("{}:{node}/{protocol}", whole(p, "/port")),
            }
        })
        .collect();
    or(&ports.join(","), "<none>").to_owned()
}

fn labels(object: &Value, pointer: &str) -> String {
    let labels = object.pointer(pointer).and_then(Value::as_object);
    let labels: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    or(&labels.join(","), "<none>").to_owned()
}

pub(super) static ENDPOINTS: &[Printed] = &[
    NAME,
    text("Endpoints", "The addresses.", |o, _| {
        or(at(o, "/subsets/0/addresses/0/ip"), "<none>").into()
    }),
    AGE,
];

pub(super) static ENDPOINT_SLICE: &[Printed] = &[
    NAME,
    text("AddressType", "The type of the addresses.", |o, _| {
        at(o, "/addressType").into()
    }),
    text("Ports", "The ports.", |o, _| {
        plain(o, "/ports/0/port", "<unset>").into()
    }),
    text("Endpoints", "The addresses.", |o, _| {
        or(at(o, "/endpoints/0/addresses/0"), "<unset>").into()
    }),
    AGE,
];

const CONTAINERS: Printed = text("Containers", "The names of the containers.", |o, _| {
    of_containers(o, "/name").into()
})
.wide();
const IMAGES: Printed = text("Images", "The images of the containers.", |o, _| {
    of_containers(o, "/image").into()
})
.wide();
const SELECTOR: Printed = text("Selector", "Which pods are its own.", |o, _| {
    selector(o).into()
})
.wide();

fn of_containers(object: &Value, pointer: &str) -> String {
    let containers = object
        .pointer("/spec/template/spec/containers")
        .and_then(Value::as_array);
    let found: Vec<&str> = containers
        .into_iter()
        .flatten()
        .map(|c| at(c, pointer))
        .collect();
    found.join(",")
}

fn selector(object: &Value) -> String {
    if object.pointer("/spec/selector/matchLabels").is_some() {
        labels(object, "/spec/selector/matchLabels")
    } else {
        labels(object, "/spec/selector")
    }
}

pub(super) static REPLICAS: &[Printed] = &[
    NAME,
    number("Desired", "How many pods there should be.", |o, _| {
        whole(o, "/spec/replicas").into()
    }),
    number("Current", "How many pods there are.", |o, _| {
        whole(o, "/status/replicas").into()
    }),
    number("Ready", "How many pods are ready.", |o, _| {
        whole(o, "/status/readyReplicas").into()
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

pub(super) static DEPLOYMENT: &[Printed] = &[
    NAME,
    text("Ready", "How many pods are ready.", |o, _| ready(o).into()),
    number("Up-to-date", "How many pods are as now wanted.", |o, _| {
        whole(o, "/status/updatedReplicas").into()
    }),
    number(
        "Available",
        "How many pods have been ready long enough.",
        |o, _| whole(o, "/status/availableReplicas").into(),
    ),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

pub(super) static STATEFUL_SET: &[Printed] = &[
    NAME,
    text("Ready", "How many pods are ready.", |o, _| ready(o).into()),
    AGE,
    CONTAINERS,
    IMAGES,
];

fn ready(object: &Value) -> String {
    format!(
        "{}/{}",
        whole(object, "/status/readyReplicas"),
        whole(object, "/spec/replicas")
    )
}

pub(super) static DAEMON_SET: &[Printed] = &[
    NAME,
    number("Desired", "How many nodes should run it.", |o, _| {
        whole(o, "/status/desiredNumberScheduled").into()
    }),
    number("Current", "How many nodes run it.", |o, _| {
        whole(o, "/status/currentNumberScheduled").into()
    }),
    number("Ready", "On how many nodes it is ready.", |o, _| {
        whole(o, "/status/numberReady").into()
    }),
    number(
        "Up-to-date",
        "On how many nodes it is as now wanted.",
        |o, _| whole(o, "/status/updatedNumberScheduled").into(),
    ),
    number(
        "Available",
        "On how many nodes it has been ready long enough.",
        |o, _| whole(o, "/status/numberAvailable").into(),
    ),
    text("Node Selector", "Which nodes it is for.", |o, _| {
        labels(o, "/spec/template/spec/nodeSelector").into()
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

pub(super) static JOB: &[Printed] = &[
    NAME,
    text("Status", "What the job is doing.", |o, _| {
        let conditions = o.pointer("/status/conditions").and_then(Value::as_array);
        let held = conditions
            .into_iter()
            .flatten()
            .filter(|c| at(c, "/status") == "True");
        let done = held
            .map(|c| at(c, "/type"))
            .find(|t| matches!(*t, "Complete" | "Failed" | "Suspended"));
        done.unwrap_or("Running").into()
    }),
    text("Completions", "How many pods have succeeded.", |o, _| {
        format!(
            "{}/{}",
            whole(o, "/status/succeeded"),
            plain(o, "/spec/completions", "1")
        )
        .into()
    }),
    text("Duration", "How long the job took.", |o, now| {
        match (
            time(o, "/status/startTime"),
            time(o, "/status/completionTime"),
        ) {
            (None, _) => "".into(),
            (start, None) => since(start, now).into(),
            (start, Some(end)) => end
                .parse()
                .map_or(Value::Null, |end| since(start, end).into()),
        }
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

pub(super) static CRON_JOB: &[Printed] = &[
    NAME,
    text("Schedule", "When it runs.", |o, _| {
        at(o, "/spec/schedule").into()
    }),
    text("Timezone", "The time zone of the schedule.", |o, _| {
        or(at(o, "/spec/timeZone"), "<none>").into()
    }),
    text("Suspend", "Whether it is suspended.", |o, _| {
        if flag(o, "/spec/suspend") {
            "True"
        } else {
            "False"
        }
        .into()
    }),
    number("Active", "How many jobs run.", |o, _| {
        count(o, "/status/active").into()
    }),
    text("Last Schedule", "When it last ran.", |o, now| {
        match time(o, "/status/lastScheduleTime") {
            None => "<none>".into(),
            last => since(last, now).into(),
        }
    }),
    AGE,
];
