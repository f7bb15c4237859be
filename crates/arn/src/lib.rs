//! ARNs, partitions, account ids, IAM paths and names: parse, print, never lose a path.
