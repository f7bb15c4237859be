//! What is known of one pool's chain.
pub(crate) struct ChainContext<'a> {
    pub(crate) world: &'a crate::world::World<'a>,
}
