//! The chain from node pool to joined node: links, rules, findings and repairs.
