//! The server over TLS: carries bytes between sockets and [`crate::ApiServer::handle`].
