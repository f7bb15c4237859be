/// What a word names where it was first seen; its pseudonym is called after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Account,
    Address,
    Instance,
    UniqueId,
    Role,
    Path,
    Cluster,
    Pool,
    Class,
    Profile,
    Policy,
    User,
    Group,
    Namespace,
    Host,
    Claim,
    Tag,
    Event,
    Source,
    Unit,
    /// A part of a name that a pattern tells apart from the rest.
    Part,
    Word,
}

impl Kind {
    /// What the pseudonym begins with. None of them begins or ends another.
    pub(super) fn label(self) -> &'static str {
        match self {
            // The first four are written in their own way.
            Self::Account | Self::Address | Self::Instance | Self::UniqueId => "id",
            Self::Role => "role",
            Self::Path => "path",
            Self::Cluster => "cluster",
            Self::Pool => "pool",
            Self::Class => "class",
            Self::Profile => "profile",
            Self::Policy => "policy",
            Self::User => "user",
            Self::Group => "group",
            Self::Namespace => "namespace",
            Self::Host => "host",
            Self::Claim => "nodeclaim",
            Self::Tag => "tag",
            Self::Event => "event",
            Self::Source => "source",
            Self::Unit => "unit",
            Self::Part => "stem",
            Self::Word => "word",
        }
    }
}
