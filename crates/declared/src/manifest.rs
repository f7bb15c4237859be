use rolecall_facts::{Origin, Why};

/// A Kubernetes object of the chain as it is written, whatever language holds it: a node pool, class
/// or claim, or `aws-auth`. Facts keep of it what the chain reads; this is for putting it into a
/// cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The object. A part that could not be evaluated is the text
    /// [`symbol::unknown`](rolecall_facts::symbol::unknown)`(i)`.
    pub object: serde_json::Value,
    /// Why each unknown part is unknown, by number.
    pub unknown: Vec<Why>,
    /// Where it is declared: the same as that of the fact read from it.
    pub origin: Origin,
}
