use kube::Client;
use tokio::sync::Mutex;

use crate::kube::{client, server};
use crate::{Connection, LiveError};

/// The client of a cluster's API server, whose token is made anew before it runs out: a reading of many
/// objects, or one that waits for its turn, may take longer than a token lives.
pub(crate) struct Renewed {
    connection: Connection,
    cluster: String,
    url: String,
    certificate_authority: Option<String>,
    /// The token, and the client that sends it.
    current: Mutex<Option<(String, Client)>>,
}

impl Renewed {
    pub(crate) fn new(
        connection: &Connection,
        cluster: &str,
        url: &str,
        certificate_authority: Option<&str>,
    ) -> Self {
        Self {
            connection: connection.clone(),
            cluster: cluster.to_owned(),
            url: url.to_owned(),
            certificate_authority: certificate_authority.map(str::to_owned),
            current: Mutex::default(),
        }
    }

    /// A client whose token is good now.
    ///
    /// # Errors
    /// Credentials that cannot be had or cannot sign, and an address that is none.
    pub(crate) async fn client(&self) -> Result<Client, LiveError> {
        // Held while a token is made, so that those who come meanwhile do not make one too.
        let mut current = self.current.lock().await;
        let token = self.connection.token(&self.cluster).await?;
        if let Some((known, client)) = &*current
            && *known == token
        {
            return Ok(client.clone());
        }
        let authority = self.certificate_authority.clone();
        let client = client(server(&self.url, authority, token.clone()).await?)?;
        *current = Some((token, client.clone()));
        Ok(client)
    }
}
