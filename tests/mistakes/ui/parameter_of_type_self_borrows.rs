use fire_and_forget::fire_and_forget;

struct Line<'a>(&'a mut String);

impl Line<'_> {
    #[fire_and_forget]
    async fn audit(line: Self) {
        line.0.push('!');
    }
}

fn main() {
    Line::audit(Line(&mut String::new()));
}
