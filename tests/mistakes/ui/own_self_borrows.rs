use fire_and_forget::fire_and_forget;

#[derive(Clone)]
struct Line<'a>(&'a str);

impl Line<'_> {
    #[fire_and_forget]
    fn audit(#[own] &self) {
        println!("{}", self.0);
    }
}

fn main() {}
