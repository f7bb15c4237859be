//! Not there yet.

use crate::operation::Operation;
use crate::table::AnyTable;

/// Everything Ec2 keeps: networks, launch templates and instances.
pub struct Ec2 {}

impl Ec2 {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn tables(&mut self) -> Vec<&mut dyn AnyTable> {
        Vec::new()
    }
}

/// The operation of that name.
pub(crate) fn operation(_name: &str) -> Option<Operation> {
    None
}
