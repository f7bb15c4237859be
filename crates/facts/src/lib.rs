//! What is known of clusters, pools, roles and entries, and where it was learnt.
