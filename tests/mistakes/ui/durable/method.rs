use fire_and_forget::fire_and_forget;

struct Mailer;

impl Mailer {
    #[fire_and_forget(backend = "durable")]
    fn welcome(self, to: String) {
        drop(to);
    }
}

fn main() {}
