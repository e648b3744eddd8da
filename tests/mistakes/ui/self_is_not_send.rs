use fire_and_forget::fire_and_forget;

struct Audit(std::rc::Rc<str>);

impl Audit {
    #[fire_and_forget]
    fn line(self) {
        println!("{}", self.0);
    }
}

fn main() {}
