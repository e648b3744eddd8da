use fire_and_forget::fire_and_forget;

struct Audit;

impl Audit {
    fn alert(&self, _: String) {}

    #[fire_and_forget(on_error = Self::alert)]
    fn line(self, line: String) -> Result<(), String> {
        Err(line)
    }
}

fn main() {}
