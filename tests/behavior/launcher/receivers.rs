//! `self`, `Arc<Self>`, `Box<Self>` and other receivers.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use fire_and_forget::fire_and_forget;

use super::texts::check;

#[derive(Debug)]
pub(super) struct Mailer {
    from: String,
    pub(super) texts: Sender<String>,
}

impl Mailer {
    pub(super) fn new(texts: Sender<String>) -> Self {
        Self {
            from: "robot".into(),
            texts,
        }
    }

    #[fire_and_forget]
    fn by_value(self, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    fn by_mutable_value(mut self, to: String) {
        self.from.push_str(" to ");
        self.from += &to;
        let _ = self.texts.send(self.from);
    }

    #[fire_and_forget(backend = "thread")]
    fn shared(self: Arc<Self>, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    fn boxed(self: Box<Self>, to: String) {
        let Self { from, texts } = *self;
        let _ = texts.send(format!("{from} to {to}"));
    }

    #[fire_and_forget]
    async fn pinned(self: Pin<Arc<Self>>, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    async fn lasting(&'static self, to: String) {
        let _ = self.texts.send(format!("{} to {to}", self.from));
    }

    #[fire_and_forget]
    fn associated(texts: Sender<String>) {
        Self::new(texts).by_value("nobody".into());
    }
}

#[test]
fn every_owned_receiver_reaches_the_body() {
    let to = || String::from("ada");
    check(|texts| Mailer::new(texts).by_value(to()), ["robot to ada"]);
    check(
        |texts| Mailer::new(texts).by_mutable_value(to()),
        ["robot to ada"],
    );
    check(
        |texts| Arc::new(Mailer::new(texts)).shared(to()),
        ["robot to ada"],
    );
    check(
        |texts| Box::new(Mailer::new(texts)).boxed(to()),
        ["robot to ada"],
    );
    check(
        |texts| Arc::pin(Mailer::new(texts)).pinned(to()),
        ["robot to ada"],
    );
    check(
        |texts| {
            let mailer: &'static Mailer = Box::leak(Box::new(Mailer::new(texts)));
            mailer.lasting(to());
        },
        ["robot to ada"],
    );
    check(Mailer::associated, ["robot to nobody"]);
}
