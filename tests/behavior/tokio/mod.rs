//! The backend `"tokio"`.

mod blocking;
mod choice;
mod lane;
mod loss;
mod runtimes;
mod sizes;
mod waiting;
