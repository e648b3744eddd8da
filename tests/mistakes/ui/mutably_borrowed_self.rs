use fire_and_forget::fire_and_forget;

struct Audit(Vec<String>);

impl Audit {
    #[fire_and_forget]
    fn line(&mut self, line: String) {
        self.0.push(line);
    }
}

fn main() {}
