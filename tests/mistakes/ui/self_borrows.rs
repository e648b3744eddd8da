use fire_and_forget::fire_and_forget;

struct Line<'a>(&'a mut String);

impl Line<'_> {
    #[fire_and_forget]
    async fn audit(self) {
        self.0.push('!');
    }
}

fn main() {
    Line(&mut String::new()).audit();
}
