use fire_and_forget::fire_and_forget;

macro_rules! welcome {
    ($to:ident) => {
        #[fire_and_forget(backend = "durable")]
        fn welcome($to: String, to: String) {
            drop(($to, to));
        }
    };
}

welcome!(to);

fn main() {}
