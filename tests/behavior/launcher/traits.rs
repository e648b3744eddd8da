//! Methods of traits, with and without a body of their own.

use std::sync::Arc;

use fire_and_forget::fire_and_forget;

use super::receivers::Mailer;
use super::texts::check;

trait Notify {
    fn notify(self: Arc<Self>, text: String);

    #[fire_and_forget]
    fn notify_twice(self: Arc<Self>, text: String)
    where
        Self: Send + Sync + 'static,
    {
        self.clone().notify(text.clone());
        self.notify(text);
    }
}

impl Notify for Mailer {
    #[fire_and_forget]
    fn notify(self: Arc<Self>, text: String) {
        let _ = self.texts.send(text);
    }
}

struct Silent;

impl Notify for Silent {
    fn notify(self: Arc<Self>, _: String) {}
}

#[test]
fn methods_of_traits_launch() {
    check(
        |texts| Arc::new(Mailer::new(texts)).notify("a".into()),
        ["a"],
    );
    check(
        |texts| Arc::new(Mailer::new(texts)).notify_twice("a".into()),
        ["a", "a"],
    );
    check(
        |texts| {
            let notify: Arc<dyn Notify> = Arc::new(Mailer::new(texts));
            notify.notify("through a trait object".into());
        },
        ["through a trait object"],
    );
    Arc::new(Silent).notify_twice("nothing is sent".into());
}
