//! The backend `"tokio"`.

mod blocking;
mod choice;
mod loss;
mod runtimes;
mod sizes;
mod waiting;
