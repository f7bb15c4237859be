//! What a request's method and path ask for.

use http::Method;
use percent_encoding::percent_decode_str;

/// A request for a resource, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
    /// Whether the path has the old `/watch/` in it.
    pub(crate) watch: bool,
}

impl Target {
    /// Takes a path apart; nothing if it is not one of a resource.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let mut parts: Vec<String> = Vec::with_capacity(8);
        for part in path.trim_matches('/').split('/') {
            parts.push(percent_decode_str(part).decode_utf8().ok()?.into_owned());
        }
        let mut parts = parts.into_iter();
        let mut target = Self::default();
        match parts.next()?.as_str() {
            "api" => {}
            "apis" => target.group = parts.next()?,
            _ => return None,
        }
        target.version = parts.next()?;
        let mut next = parts.next()?;
        if next == "watch" {
            target.watch = true;
            next = parts.next()?;
        }
        let rest: Vec<String> = parts.collect();
        let mut rest = rest.into_iter();
        match (next.as_str(), rest.len()) {
            // `/namespaces/x` is the namespace itself, `/namespaces/x/status` its subresource.
            ("namespaces", 2..) => {
                let namespace = rest.next()?;
                let resource = rest.next()?;
                if target.group.is_empty() && matches!(resource.as_str(), "status" | "finalize") {
                    target.resource = next;
                    target.name = namespace.clone();
                    target.namespace = namespace;
                    target.subresource = resource;
                    return rest.next().is_none().then_some(target);
                }
                target.namespace = namespace;
                target.resource = resource;
            }
            ("namespaces", 1) if target.group.is_empty() => {
                let name = rest.next()?;
                target.namespace = name.clone();
                target.name = name;
                target.resource = next;
                return Some(target);
            }
            _ => target.resource = next,
        }
        target.name = rest.next().unwrap_or_default();
        target.subresource = rest.next().unwrap_or_default();
        rest.next().is_none().then_some(target)
    }

    /// The verb as authorisers know it; nothing for a method that no resource has.
    pub(crate) fn verb(&self, method: &Method, watch: bool) -> Option<&'static str> {
        Some(match (method, self.name.is_empty()) {
            (&Method::GET | &Method::HEAD, _) if watch => "watch",
            (&Method::GET | &Method::HEAD, true) => "list",
            (&Method::GET | &Method::HEAD, false) => "get",
            (&Method::POST, _) => "create",
            (&Method::PUT, _) => "update",
            (&Method::PATCH, _) => "patch",
            (&Method::DELETE, true) => "deletecollection",
            (&Method::DELETE, false) => "delete",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn parsed(path: &str) -> String {
        match Target::parse(path) {
            None => "none".to_owned(),
            Some(t) => format!(
                "{}|{}|{}|{}|{}|{}",
                t.group, t.version, t.namespace, t.resource, t.name, t.subresource
            ),
        }
    }

    #[test]
    fn paths_are_taken_apart_as_kubernetes_does() {
        for (path, expected) in [
            ("/api/v1/nodes", "|v1||nodes||"),
            ("/api/v1/nodes/a/status", "|v1||nodes|a|status"),
            ("/api/v1/namespaces", "|v1||namespaces||"),
            ("/api/v1/namespaces/x", "|v1|x|namespaces|x|"),
            (
                "/api/v1/namespaces/x/finalize",
                "|v1|x|namespaces|x|finalize",
            ),
            (
                "/api/v1/namespaces/x/pods/p/eviction",
                "|v1|x|pods|p|eviction",
            ),
            (
                "/apis/karpenter.sh/v1/nodepools/a%2Fb",
                "karpenter.sh|v1||nodepools|a/b|",
            ),
            (
                "/apis/apps/v1/namespaces/x/deployments",
                "apps|v1|x|deployments||",
            ),
            ("/api/v1/watch/namespaces/x/pods", "|v1|x|pods||"),
            ("/api/v1", "none"),
            ("/api/v1/nodes/a/b/c", "none"),
            ("/version", "none"),
            ("/", "none"),
        ] {
            assert_eq!(parsed(path), expected, "{path}");
        }
    }
}
