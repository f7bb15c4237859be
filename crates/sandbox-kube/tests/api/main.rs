//! The server as its clients see it: requests in, answers out.

// The attribute tells clippy that these modules are tests as a whole.
#[cfg(test)]
#[expect(dead_code, reason = "used as the tests grow")]
mod cluster;
#[cfg(test)]
mod objects;
