//! The objects as files write them, found by kind and name.

use std::collections::HashMap;

use rolecall_declared::Manifest;
use rolecall_facts::Origin;
use serde_json::Value;

/// An index of the manifests that were read.
#[derive(Default)]
pub(super) struct Written<'a> {
    by_name: HashMap<(&'a str, &'a str), Vec<&'a Manifest>>,
}

impl<'a> Written<'a> {
    pub(super) fn of(manifests: &'a [Manifest]) -> Self {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for manifest in manifests {
            let text = |place| manifest.object.pointer(place).and_then(Value::as_str);
            if let (Some(kind), Some(name)) = (text("/kind"), text("/metadata/name")) {
                by_name.entry((kind, name)).or_default().push(manifest);
            }
        }
        Self { by_name }
    }

    /// The manifest at this place, or else the first of its kind and name.
    pub(super) fn find(&self, kind: &str, name: &str, origin: &Origin) -> Option<&'a Manifest> {
        let of_name = self.by_name.get(&(kind, name))?;
        let at_origin = of_name.iter().find(|one| one.origin == *origin);
        at_origin.or_else(|| of_name.first()).copied()
    }
}
