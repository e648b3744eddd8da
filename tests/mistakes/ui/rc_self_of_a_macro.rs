use fire_and_forget::fire_and_forget;

struct Mailer;

macro_rules! method {
    ($name:ident, $this:ident: $receiver:ty, $body:block) => {
        impl Mailer {
            #[fire_and_forget]
            fn $name($this: $receiver) $body
        }
    };
}

method!(send, self: std::rc::Rc<Self>, {});

fn main() {}
