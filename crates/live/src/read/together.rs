use std::future::Future;

use tokio::task::JoinSet;

/// Carries several futures out at once; the results come in their order. The ledger, not this, keeps
/// the calls under way few.
pub(super) async fn together<T, F>(futures: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (index, future) in futures.into_iter().enumerate() {
        tasks.spawn(async move { (index, future.await) });
    }
    let mut results = Vec::new();
    while let Some(done) = tasks.join_next().await {
        // A task ends without a result only if it panicked, which none does, or was aborted.
        results.extend(done.ok());
    }
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
