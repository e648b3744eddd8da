//! The backend `"tokio"`.

mod choice;
mod loss;
mod runtimes;
mod sizes;
mod waiting;
