use fire_and_forget::fire_and_forget;

trait Audit {
    #[fire_and_forget]
    fn line(self, line: String);
}

fn main() {}
