//! Which of the names that exist a name that does not exist was probably meant to be.

/// The nearest of some names to one that was not found, if it is near enough to be a slip of the
/// pen. Names that number or place their objects (`pool-1` and `pool-2`, `us-east-1` and `us-west-1`)
/// are different names, not slips.
pub(super) fn nearest<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = match written.chars().count() {
        0..=3 => 0,
        4..=11 => 1,
        _ => 2,
    };
    names
        .filter(|name| *name != written)
        .filter_map(|name| {
            let (left, right) = (squeezed(written), squeezed(name));
            let distance = strsim::osa_distance(&left, &right);
            (distance <= allowed && !told_apart(written, name)).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// Case and separators are what people mix up first.
fn squeezed(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether two names differ in whole words that tell objects apart: numbers, single letters,
/// directions, stages.
fn told_apart(left: &str, right: &str) -> bool {
    let (left, right) = (words(left), words(right));
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .filter(|(left, right)| left != right)
            .any(|(left, right)| is_distinctive(left) && is_distinctive(right))
}

fn is_distinctive(word: &str) -> bool {
    const PLACES: [&str; 14] = [
        "east", "west", "north", "south", "central", "dev", "test", "int", "qa", "stg", "uat",
        "prod", "prd", "pre",
    ];
    word.chars().count() == 1 || word.chars().all(|c| c.is_ascii_digit()) || PLACES.contains(&word)
}

/// The words of a name in lower case: runs of letters or of digits, cut at a change to upper case too.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in name.chars() {
        let joins = before.is_some_and(|before| {
            before.is_alphanumeric()
                && before.is_ascii_digit() == c.is_ascii_digit()
                && !(before.is_lowercase() && c.is_uppercase())
        });
        if c.is_alphanumeric() {
            match words.last_mut().filter(|_| joins) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
        }
        before = Some(c);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::nearest;

    fn meant(written: &str, names: &[&'static str]) -> Option<&'static str> {
        nearest(written, names.iter().copied())
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(
            meant("WebNodeRol", &["BatchNodeRole", "WebNodeRole"]),
            Some("WebNodeRole")
        );
        assert_eq!(meant("wbe-nodes", &["web-nodes"]), Some("web-nodes"));
        assert_eq!(
            meant("web_node_role", &["WebNodeRole"]),
            Some("WebNodeRole")
        );
    }

    #[test]
    fn numbers_letters_places_and_stages_tell_names_apart() {
        assert_eq!(meant("nodes-2", &["nodes-1", "nodes-12"]), None);
        assert_eq!(meant("eks-node-b", &["eks-node-a"]), None);
        assert_eq!(
            meant("us-east-1-nodes", &["us-west-1-nodes", "us-east-2-nodes"]),
            None
        );
        assert_eq!(meant("ProdNodeRole", &["PrdNodeRole"]), None);
        assert_eq!(meant("gpu", &["cpu"]), None);
    }
}
