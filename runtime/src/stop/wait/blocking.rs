//! What a thread that waits would hold up.

/// Would blocking this thread stop the tasks of a tokio runtime?
pub(crate) fn would_stop_a_runtime() -> bool {
    #[cfg(feature = "tokio")]
    return crate::backend::tokio::is_current_thread_runtime();
    #[cfg(not(feature = "tokio"))]
    return false;
}
