use fire_and_forget::fire_and_forget;

struct Line<T>(T);

impl<T: Send> Line<T> {
    #[fire_and_forget]
    fn audit(self) {
        drop(self.0);
    }
}

fn main() {}
