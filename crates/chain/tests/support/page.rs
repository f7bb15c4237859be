//! A rule's page, as its documentation comment writes it.

/// The headings of every page, in order.
pub(crate) const HEADINGS: [&str; 5] = [
    "What it checks",
    "Why nodes fail",
    "Example",
    "Fix",
    "Permissions needed",
];

/// A part of a page.
pub(crate) struct Section {
    /// Its heading.
    pub(crate) heading: String,
    /// The text under it, fenced blocks included.
    pub(crate) text: String,
    /// Its fenced blocks.
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block: what stands after its fence, and its lines.
pub(crate) struct Block {
    /// The language, or `delete`.
    pub(crate) language: String,
    /// The file it is, if it names one.
    pub(crate) file: Option<String>,
    /// Its text.
    pub(crate) text: String,
}

/// The sections of a page.
pub(crate) fn sections(page: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut block: Option<Block> = None;
    for line in page.lines() {
        if let Some(mut open) = block.take() {
            if line.trim_end() == "```" {
                sections.last_mut().unwrap().blocks.push(open);
            } else {
                open.text.push_str(line);
                open.text.push('\n');
                block = Some(open);
            }
            continue;
        }
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push(Section {
                heading: heading.to_owned(),
                text: String::new(),
                blocks: Vec::new(),
            });
            continue;
        }
        let Some(section) = sections.last_mut() else {
            assert!(
                line.trim().is_empty(),
                "text before the first heading: {line}"
            );
            continue;
        };
        if let Some(info) = line.strip_prefix("```") {
            let mut words = info.split_whitespace();
            block = Some(Block {
                language: words.next().unwrap_or_default().to_owned(),
                file: words.next().map(str::to_owned),
                text: String::new(),
            });
        } else {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    assert!(block.is_none(), "a fenced block has no end");
    sections
}
