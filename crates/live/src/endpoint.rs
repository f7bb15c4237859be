//! The address of a cluster's API server, as EKS and as a kubeconfig tell it.

/// Whether a kubeconfig's server is the cluster's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsOf {
    /// It is.
    Cluster,
    /// A tunnel or a proxy may lead to the cluster, or to another one.
    Unclear,
    /// It is another cluster's.
    Another,
}

/// Compares a kubeconfig's server with the endpoint that EKS tells.
pub(crate) fn compared(server: &str, endpoint: &str) -> IsOf {
    let parts = |url: &str| {
        let uri: http::Uri = url.parse().ok()?;
        let host = uri.host()?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(443);
        Some((host, port, uri.path().trim_end_matches('/').to_owned()))
    };
    match (parts(server), parts(endpoint)) {
        (Some(server), Some(endpoint)) if server == endpoint => IsOf::Cluster,
        (Some((host, port, _)), Some((own_host, own_port, _))) => {
            let is_of_eks = |host: &str| host.contains(".eks.") && host.contains(".amazonaws.com");
            let same_host = host == own_host && port == own_port;
            if same_host || is_of_eks(&host) && is_of_eks(&own_host) {
                IsOf::Another
            } else {
                IsOf::Unclear
            }
        }
        _ => IsOf::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::{IsOf, compared};

    const OWN: &str = "https://0A1B.gr7.eu-central-1.eks.amazonaws.com";

    #[test]
    fn a_kubeconfig_of_another_cluster_is_told_from_a_tunnel_to_this_one() {
        assert_eq!(compared(&format!("{OWN}:443/"), OWN), IsOf::Cluster);
        assert_eq!(compared(&OWN.to_lowercase(), OWN), IsOf::Cluster);
        let other = "https://9F8E.gr7.eu-central-1.eks.amazonaws.com";
        assert_eq!(compared(other, OWN), IsOf::Another);
        let (one, two) = (
            "https://127.0.0.1:7443/clusters/a",
            "https://127.0.0.1:7443/clusters/b",
        );
        assert_eq!(compared(one, two), IsOf::Another);
        assert_eq!(compared("https://localhost:8443", OWN), IsOf::Unclear);
        assert_eq!(
            compared("https://rancher.example/k8s/c-1", OWN),
            IsOf::Unclear
        );
    }
}
