//! The server as its clients see it: requests in, answers out.

// The attribute tells clippy that these modules are tests as a whole.
#[cfg(test)]
mod access;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod watching;
