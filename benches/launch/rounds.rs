//! Measuring in rounds, so that whatever else the machine does falls on every peer alike.

use std::sync::Arc;

use crate::peer::Peer;

/// Measures every peer once per round, and returns for each peer what each round gave.
///
/// Each round begins with another peer, and every other one goes backward, so that nobody always follows the same
/// one. A round before the first warms up, and is forgotten.
pub(crate) fn interleave<T, F>(
    peers: &[Arc<Peer>],
    rounds: usize,
    measure: impl Fn(Arc<Peer>) -> F,
) -> Vec<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut measured: Vec<Vec<T>> = peers.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for round in 0..=rounds {
        for turn in 0..peers.len() {
            let forward = (round + turn) % peers.len();
            let index = if round % 2 == 0 {
                forward
            } else {
                peers.len() - 1 - forward
            };
            let peer = &peers[index];
            let value = peer.run(measure(Arc::clone(peer)));
            if round > 0 {
                measured[index].push(value);
            }
        }
    }
    measured
}
