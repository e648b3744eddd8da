//! Every receiver that can be launched.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

use fire_and_forget::{fire_and_forget, Rejected};

use crate::consume;

/// Something with methods.
#[derive(Debug, Clone, Default)]
pub struct Mailer {
    from: String,
    sent: Vec<String>,
}

impl Mailer {
    /// By value.
    #[fire_and_forget]
    pub fn owned(self, to: String) {
        consume((self.from, to));
    }

    /// By value, and changed.
    #[fire_and_forget]
    pub fn changed(mut self, to: String) {
        self.sent.push(to);
        consume(self);
    }

    /// Changed across an await.
    #[fire_and_forget]
    pub async fn changed_in_a_task(mut self, to: String) {
        std::future::ready(()).await;
        self.sent.push(to);
        consume(self);
    }

    /// Shared.
    #[fire_and_forget]
    pub fn shared(self: Arc<Self>, to: String) {
        consume((self.from.clone(), to));
    }

    /// Shared, and named from the root.
    #[fire_and_forget]
    pub fn shared_by_path(self: ::std::sync::Arc<Self>) {
        consume(self.from.clone());
    }

    /// Boxed.
    #[fire_and_forget]
    pub fn boxed(self: Box<Self>) {
        consume(self.from);
    }

    /// Pinned.
    #[fire_and_forget]
    pub fn pinned(self: Pin<Arc<Self>>) {
        consume(self.from.clone());
    }

    /// Borrowed for good.
    #[fire_and_forget]
    pub fn forever(&'static self) {
        consume(self.from.clone());
    }

    /// Borrowed for good, to be changed.
    #[fire_and_forget]
    pub fn forever_changed(&'static mut self) {
        self.sent.clear();
    }

    /// The same, given back.
    #[fire_and_forget(on_full = "reject")]
    pub fn rejecting_forever_changed(&'static mut self, to: String) {
        self.sent.push(to);
    }

    /// The same, as a task.
    #[fire_and_forget(on_full = "reject")]
    pub async fn rejecting_forever_in_a_task(&'static mut self, to: String) {
        std::future::ready(()).await;
        self.sent.push(to);
    }

    /// As a task.
    #[fire_and_forget]
    pub async fn task(self: Arc<Self>, to: String) {
        std::future::ready(()).await;
        consume((self.from.clone(), to));
    }

    /// With its receiver given back.
    #[fire_and_forget(on_full = "reject")]
    pub fn rejecting(self: Arc<Self>, to: String) {
        consume((self.from.clone(), to));
    }

    /// With itself given back.
    #[fire_and_forget(on_full = "reject")]
    pub fn rejecting_owned(self, _: u8) {
        consume(self.from);
    }

    /// Launches itself again.
    #[fire_and_forget]
    pub fn again(self: Arc<Self>, times: u32) {
        if let Some(left) = times.checked_sub(1) {
            self.again(left);
        }
    }
}

/// A trait whose methods launch.
pub trait Notify {
    /// In a trait's default body.
    #[fire_and_forget]
    fn by_default(self: Arc<Self>)
    where
        Self: Display + Send + Sync + 'static,
    {
        consume(self.to_string());
    }

    /// Implemented by a launcher.
    fn notify(self, text: String);
}

impl Notify for Mailer {
    #[fire_and_forget]
    fn notify(self, text: String) {
        consume((self.from, text));
    }
}

impl Display for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.from)
    }
}

/// Calls them all.
pub fn call(forever: &'static Mailer) {
    let mailer = Arc::new(forever.clone());
    mailer.as_ref().clone().owned(String::new());
    mailer.as_ref().clone().changed(String::new());
    mailer.as_ref().clone().changed_in_a_task(String::new());
    Arc::clone(&mailer).shared(String::new());
    Box::new(forever.clone()).boxed();
    Arc::pin(forever.clone()).pinned();
    forever.forever();
    Arc::clone(&mailer).task(String::new());
    let rejected: Result<(), Rejected<(Arc<Mailer>, String)>> =
        Arc::clone(&mailer).rejecting(String::new());
    if let Err(error) = rejected {
        consume(error.into_args());
    }
    let returned: Result<(), Rejected<(Mailer, u8)>> = forever.clone().rejecting_owned(1);
    if let Err(error) = returned {
        consume(error.into_args());
    }
    Arc::clone(&mailer).again(3);
    Arc::clone(&mailer).by_default();
    forever.clone().notify(String::new());
}
