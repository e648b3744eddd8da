//! Mutates functions and arguments at token level, and holds every expansion against what must hold for any input.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::pipeline::{self, tests::errors};

const ROUNDS: usize = 5_000;

const ITEMS: [&str; 24] = [
    "fn f() {}",
    "pub fn f(x: u8) -> Result<(), E> { g(x)?; Ok(()) }",
    "async fn f(mut x: String, (a, _): (A, B)) { x.push('a'); }",
    "fn f(self: Arc<Self>, #[cfg(unix)] x: u8) -> ! { loop { self.x(); } }",
    "fn f(mut self, _: T) { self.x = 1; }",
    "fn f(&'static self) { self.y() }",
    "fn f(&self, x: &str) {}",
    "fn f<'a: 'static, T: Send + 'static, const N: usize>(x: &'a [T; N]) where T: Clone { x.len(); }",
    "/// docs\n#[inline] pub(crate) extern \"C\" fn f(x: i32) { unsafe { g(x) } }",
    "#[instrument(skip(x))] #[cfg_attr(unix, allow(dead_code), cold)] fn f(x: u8) { x; }",
    "fn f(x: Box<dyn for<'b> Fn(&'b str) -> &'b str + Send>) { x(\"\"); }",
    "fn f(x: impl Iterator<Item = u8> + Send + 'static) { for y in x { h!(y); } }",
    "fn f() { #![allow(unused)] let a = 1; }",
    "unsafe extern \"C\" fn f(x: u8, ...) {}",
    "const fn f() -> u64 { 5 }",
    "fn f(self);",
    "struct S<T> { x: T }",
    "impl S { fn f(&self) {} }",
    "default async fn f(Foo { x, y: z @ 1..=2 }: m::Foo) -> anyhow::Result<()> { x.await }",
    "#[must_use] fn r#type(#[expect(unused)] x: <T as X>::Y<'static>) -> Result<(), Box<dyn Error>> { Err(\"\")? }",
    "fn f(x: [u8; { N + 1 }], y: Foo<{ 3 }, -1>, z: fn(&str)) {}",
    "#[test] fn f() {}",
    "macro_rules! m { ($x:expr) => { $x } }",
    "pub fn f(x: *const u8, y: dyn A + B, _z: _) -> (u8,) { (1,) }",
];

const ARGS: [&str; 12] = [
    "",
    "backend = \"pool\"",
    "backend = MAIL, on_full = \"reject\"",
    "on_full = \"block\", max_in_flight = 4 + N,",
    "name = \"a\", on_error = Self::f::<A, B>",
    "crate = a::b, backend = \"tokio\"",
    "backend = \"thread\", __last",
    "max_in_flight = f::<A, B>(c, d), name = \"x\"",
    "on_error = <T as X<A, B>>::f",
    "backend = pol",
    "backend(\"pool\") name = 5",
    "on_full = reject, on_full = \"drop\"",
];

/// What mutations insert, besides what is in the inputs.
const SALT: &str = "fn async self mut & 'a '_ , ; : :: < > = == -> ... # ! $ | . _ \"pool\" 0 'c' impl where () {} [] (a) {b} [c]";

#[test]
fn any_input_expands_to_something_sound() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let salt = units(SALT.parse().expect("tokens"));
    let (mut functions, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let mut args: TokenStream = ARGS[random.below(ARGS.len())].parse().expect("args");
        let mut item: TokenStream = ITEMS[random.below(ITEMS.len())].parse().expect("item");
        // The first rounds run what is written above as it is.
        let is_mutated = round > ITEMS.len() * ARGS.len();
        let [of_args, of_item] = [3, 4].map(|it| if is_mutated { random.below(it) } else { 0 });
        for _ in 0..of_args {
            args = mutate(args, &salt, &mut random);
        }
        for _ in 0..of_item {
            item = mutate(item, &salt, &mut random);
        }
        if check(&args, &item, of_args == 0) {
            functions += 1;
        } else {
            refused += 1;
        }
    }
    // Neither side of the macro is left out.
    assert!(functions > ROUNDS / 20, "{functions} functions");
    assert!(refused > ROUNDS / 20, "{refused} refused");
}

/// Says whether the item was expanded. Arguments that are not whole may be no expressions.
fn check(args: &TokenStream, item: &TokenStream, is_whole: bool) -> bool {
    let output = pipeline::run(args, item);
    let input = format!("#[fire_and_forget({args})] {item}");
    let lexes = |tokens: &TokenStream| tokens.to_string().parse::<TokenStream>().is_ok();
    if lexes(args) && lexes(item) {
        assert!(lexes(&output), "{input}\n{output}");
    }
    let errors = errors(&output);
    if !errors.is_empty() {
        assert!(contains(&output, item.clone()), "{input}\n{output}");
        return false;
    }
    if let Some(TokenTree::Group(body)) = item.clone().into_iter().last()
        && body.delimiter() == Delimiter::Brace
        && !has_inner_attribute(&body)
    {
        let body = TokenStream::from(TokenTree::Group(body));
        assert!(contains(&output, body), "{input}\n{output}");
    }
    let is_function = |tokens: &TokenStream| syn::parse2::<syn::ImplItemFn>(tokens.clone()).is_ok();
    if is_whole && is_function(item) {
        assert!(is_function(&output), "{input}\n{output}");
    }
    true
}

/// Such an attribute moves from the body to the function.
fn has_inner_attribute(body: &Group) -> bool {
    body.stream().to_string().starts_with("# !") || body.stream().to_string().starts_with("#!")
}

fn contains(output: &TokenStream, run: TokenStream) -> bool {
    let (mut all, mut part) = (Vec::new(), Vec::new());
    flatten(output.clone(), &mut all);
    flatten(run, &mut part);
    part.is_empty() || all.windows(part.len()).any(|window| window == part)
}

fn flatten(tokens: TokenStream, into: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                into.push(format!("{:?}", group.delimiter()));
                flatten(group.stream(), into);
                into.push("end".to_owned());
            }
            token => into.push(token.to_string()),
        }
    }
}

/// One change: at this level, or inside one of the groups.
fn mutate(tokens: TokenStream, salt: &[Vec<TokenTree>], random: &mut Random) -> TokenStream {
    let mut tokens = units(tokens);
    let groups: Vec<usize> = (0..tokens.len())
        .filter(|it| matches!(tokens[*it].as_slice(), [TokenTree::Group(_)]))
        .collect();
    if !groups.is_empty() && random.below(2) == 0 {
        let at = groups[random.below(groups.len())];
        if let [TokenTree::Group(group)] = tokens[at].as_slice() {
            let inner = match random.below(8) {
                0 => group.stream().into_iter().take(random.below(4)).collect(),
                _ => mutate(group.stream(), salt, random),
            };
            // Now and then as a fragment of `macro_rules!`.
            let delimiter = match random.below(12) {
                0 => Delimiter::None,
                _ => group.delimiter(),
            };
            tokens[at] = vec![TokenTree::Group(Group::new(delimiter, inner))];
        }
    } else {
        let at = random.below(tokens.len() + 1);
        let other = random.below(tokens.len().max(1));
        match random.below(6) {
            0 if at < tokens.len() => {
                tokens.remove(at);
            }
            1 if at < tokens.len() => {
                let unit = tokens[at].clone();
                tokens.insert(other, unit);
            }
            2 if at < tokens.len() => tokens.swap(at, other),
            3 if at < tokens.len() => {
                let inner = tokens[at].iter().cloned().collect();
                tokens[at] = vec![TokenTree::Group(Group::new(Delimiter::None, inner))];
            }
            4 if at < tokens.len() && random.below(4) == 0 => tokens.truncate(at),
            _ => tokens.insert(at, salt[random.below(salt.len())].clone()),
        }
    }
    tokens.into_iter().flatten().collect()
}

/// Tokens, with each lifetime in one piece: the compiler never hands over half of one.
fn units(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut units: Vec<Vec<TokenTree>> = Vec::new();
    for token in tokens {
        match units.last_mut() {
            Some(last) if matches!(last.as_slice(), [TokenTree::Punct(it)] if it.as_char() == '\'') =>
            {
                last.push(token);
            }
            _ => units.push(vec![token]),
        }
    }
    units
}

/// Xorshift: the same inputs in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}
