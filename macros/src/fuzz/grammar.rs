//! Generates functions and options at random: valid ones and odd ones.

use crate::fuzz::mutation::Random;

/// A part of a function, or of the attribute's arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Function,
    Attribute,
    Visibility,
    Qualifiers,
    Generics,
    Where,
    Receiver,
    Parameter,
    Pattern,
    Type,
    Bound,
    Returns,
    Block,
    Path,
    Expression,
    Literal,
    Options,
    Option,
}

/// The parts of an item.
pub(crate) const OF_ITEMS: [Part; 14] = [
    Part::Function,
    Part::Attribute,
    Part::Visibility,
    Part::Qualifiers,
    Part::Generics,
    Part::Where,
    Part::Receiver,
    Part::Parameter,
    Part::Pattern,
    Part::Type,
    Part::Bound,
    Part::Returns,
    Part::Block,
    Part::Path,
];

/// The parts of arguments.
pub(crate) const OF_ARGUMENTS: [Part; 6] = [
    Part::Options,
    Part::Option,
    Part::Path,
    Part::Expression,
    Part::Literal,
    Part::Type,
];

/// Generates a part, in the notation of [`notation`](crate::fuzz::notation).
pub(crate) fn write(part: Part, random: &mut Random) -> String {
    Writer { random, depth: 0 }.part(part)
}

struct Writer<'r> {
    random: &'r mut Random,
    depth: usize,
}

impl Writer<'_> {
    fn part(&mut self, part: Part) -> String {
        self.depth += 1;
        let template = self.template(part);
        let text = self.fill(template);
        self.depth -= 1;
        // Sometimes as a fragment of `macro_rules!`, in an invisible group.
        let is_fragment = matches!(
            part,
            Part::Visibility | Part::Pattern | Part::Type | Part::Block | Part::Expression
        );
        if is_fragment && self.random.below(12) == 0 {
            format!("⟦{text}⟧")
        } else {
            text
        }
    }

    fn template(&mut self, part: Part) -> &'static str {
        let templates = match part {
            _ if self.depth > 4 => &templates(part)[..1],
            _ => templates(part),
        };
        templates[self.random.below(templates.len())]
    }

    /// Replaces each `$X` with a generated part.
    fn fill(&mut self, template: &str) -> String {
        let mut text = String::new();
        let mut pieces = template.split('$');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let mut chars = piece.chars();
            let part = match chars.next() {
                Some('F') => Part::Function,
                Some('A') => Part::Attribute,
                Some('V') => Part::Visibility,
                Some('Q') => Part::Qualifiers,
                Some('G') => Part::Generics,
                Some('W') => Part::Where,
                Some('S') => Part::Receiver,
                Some('X') => Part::Parameter,
                Some('P') => Part::Pattern,
                Some('T') => Part::Type,
                Some('B') => Part::Bound,
                Some('R') => Part::Returns,
                Some('K') => Part::Block,
                Some('p') => Part::Path,
                Some('E') => Part::Expression,
                Some('L') => Part::Literal,
                Some('o') => Part::Option,
                other => panic!("no part is called {other:?}"),
            };
            text.push_str(&self.part(part));
            text.push_str(chars.as_str());
        }
        text
    }
}

/// Returns the templates of a part. `$` and a letter stand for another part. The first template has none, so that
/// generation can end.
fn templates(part: Part) -> &'static [&'static str] {
    match part {
        Part::Function => &FUNCTIONS,
        Part::Attribute => &ATTRIBUTES,
        Part::Visibility => &VISIBILITIES,
        Part::Qualifiers => &QUALIFIERS,
        Part::Generics => &GENERICS,
        Part::Where => &WHERE_CLAUSES,
        Part::Receiver => &RECEIVERS,
        Part::Parameter => &PARAMETERS,
        Part::Pattern => &PATTERNS,
        Part::Type => &TYPES,
        Part::Bound => &BOUNDS,
        Part::Returns => &RETURNS,
        Part::Block => &BLOCKS,
        Part::Path => &PATHS,
        Part::Expression => &EXPRESSIONS,
        Part::Literal => &LITERALS,
        Part::Options => &LISTS_OF_OPTIONS,
        Part::Option => &OPTIONS,
    }
}

const FUNCTIONS: [&str; 12] = [
    "fn f() {}",
    "$A $V $Q fn f $G ($X) $R $W $K",
    "$V fn f($X, $X) $R $K",
    "$V $Q fn r#type($S, $X) $R $K",
    "$A fn f $G ($S, $X,) $W $K",
    "async fn f $G ($X, $X, $X) $R $W $K",
    "$A $A $V fn f($S) $R $W $K",
    "fn f $G ($X, $X) $R $W $K",
    "⟦$A $V fn f($X) $R $K⟧",
    "extern \"C\" fn f($X, $A ...) $R $K",
    "$V fn f($X) $R;",
    "$A $V struct S<$B> { x: $T }",
];

const ATTRIBUTES: [&str; 26] = [
    "",
    "/// docs\n",
    "#[inline]",
    "#[allow(unused)]",
    "#[expect(unused, reason = \"x\")]",
    "#[must_use]",
    "#[must_use = \"x\"]",
    "#[cfg(unix)]",
    "#[cfg_attr(unix, cold)]",
    "#[cfg_attr(unix, allow(unused), must_use, cfg(unix))]",
    "#[cfg_attr(all(unix, not(windows)), cfg_attr(unix, must_use), inline)]",
    "#[cfg_attr(unix,)]",
    "#[track_caller]",
    "#[unsafe(no_mangle)]",
    "#[instrument(skip(x))]",
    "#[a::b::c { x => y }]",
    "#[::a::b = $L]",
    "#[rustfmt::skip]",
    "#[test]",
    "#[r#inline]",
    "#[fire_and_forget($o)]",
    "#[⟦allow(unused)⟧]",
    "#[doc = concat!(\"a\", \"b\")]",
    "#[own]",
    "#[own($L)]",
    "#[cfg_attr(unix, own)]",
];

const VISIBILITIES: [&str; 6] = [
    "",
    "pub",
    "pub(crate)",
    "pub(in a::b)",
    "pub(self)",
    "crate",
];

const QUALIFIERS: [&str; 11] = [
    "",
    "async",
    "extern \"C\"",
    "extern",
    "extern r\"Rust\"",
    "const",
    "unsafe",
    "safe",
    "default",
    "default async",
    "const async unsafe extern \"C\"",
];

const GENERICS: [&str; 12] = [
    "",
    "<>",
    "<'a>",
    "<'a: 'static>",
    "<T>",
    "<T: 'static>",
    "<'a, 'b: 'a, T: $B + 'a, U>",
    "<T: $B, const N: usize>",
    "<T: ?Sized + $B + 'static, F: Fn($T) -> $T>",
    "<#[cfg(unix)] 'a, #[cfg(unix)] T: $B,>",
    "<const N: $T, T>",
    "<'async_trait>",
];

const WHERE_CLAUSES: [&str; 11] = [
    "",
    "where",
    "where T: 'static",
    "where 'a: 'static,",
    "where T: $B, U: $B",
    "where T::Item: $B + 'static,",
    "where for<'b> T: Fn(&'b $T) -> $T + 'static",
    "where $T: $B, $T: for<'b> $B",
    "where <T as A<'a, U>>::B: $B",
    "where ::a::B<T>: $B",
    "where Self: Sized, [(); { N - 1 }]:",
];

const RECEIVERS: [&str; 17] = [
    "self",
    "mut self",
    "&self",
    "&'static self",
    "&'a mut self",
    "&'static mut self",
    "self: Arc<Self>",
    "mut self: $T",
    "self: ::std::sync::Arc<Self>",
    "self: Pin<Arc<Self>>",
    "self: Rc<Self>",
    "self: &'static Self",
    "$A self: $T",
    "$A mut self",
    "#[own] &self",
    "#[own] &'a self",
    "#[own] mut self: &$T",
];

const PARAMETERS: [&str; 15] = [
    "x: u8",
    "$P: $T",
    "$P: $T",
    "x: $T",
    "mut x: $T",
    "$A $P: $T",
    "$A x: $T",
    "$P: $T, $A $P: $T",
    "self::X: $T",
    "$p(x, y): $T",
    "$A ...",
    "x: ...",
    "#[own] x: &str",
    "#[own] $P: &'a $T",
    "#[own] $P: $T",
];

const PATTERNS: [&str; 26] = [
    "x",
    "_",
    "mut x",
    "ref x",
    "ref mut x",
    "r#type",
    "x @ $P",
    "&$P",
    "&mut $P",
    "($P, $P)",
    "($P,)",
    "()",
    "[$P, .., $P]",
    "[x @ ..]",
    "$p($P, $P)",
    "$p { x, y: $P, .. }",
    "$p { r#type: ref mut z, 0: _ }",
    "$p",
    "Pair::<$T, $T>($P, $P)",
    "<$T as A<$T, $T>>::C",
    "$L",
    "-1..=2",
    "..5",
    "($P | $P)",
    "m!($P)",
    "const { 1 }",
];

const TYPES: [&str; 42] = [
    "u8",
    "T",
    "Self",
    "String",
    "()",
    "!",
    "_",
    "($T)",
    "($T,)",
    "($T, $T)",
    "[$T]",
    "[$T; 4]",
    "[$T; { N + 1 }]",
    "[$T; if a < b { 1 } else { 2 }]",
    "&$T",
    "&'static $T",
    "&'a $T",
    "&'_ mut $T",
    "&mut $T",
    "*const $T",
    "*mut $T",
    "$p",
    "$p<'a>",
    "Cow<'_, str>",
    "Foo<$T, { N < 3 }, -1, 'static>",
    "Foo<$T, Item = $T, Item: $B>",
    "Foo::<$T>",
    "Vec<Vec<$T>>",
    "Option<Option<Option<$T>>>",
    "fn($T) -> $T",
    "for<'b> fn(&'b $T, ...) -> &'b $T",
    "unsafe extern \"C\" fn(x: $T)",
    "dyn $B",
    "dyn $B + $B + '_",
    "Box<dyn $B + Send + 'static>",
    "impl $B",
    "impl $B + use<'a, T>",
    "<$T as A<$T>>::B<$T>",
    "<$T>::B",
    "m!($T)",
    "m![a, <]",
    "Result<$T, $T>",
];

const BOUNDS: [&str; 16] = [
    "Send",
    "'static",
    "'a",
    "?Sized",
    "Fn() -> u8",
    "Fn($T, $T) -> $T",
    "for<'b> Fn(&'b $T) -> &'b $T",
    "FnOnce(&$T)",
    "Iterator<Item = $T>",
    "A<$T>",
    "(A)",
    "(for<'b> A<'b, $T>)",
    "async Fn($T)",
    "~const A",
    "::a::B<'a, $T>",
    "Into<$T> + Send + 'static",
];

const RETURNS: [&str; 13] = [
    "",
    "-> ()",
    "-> !",
    "-> Result<(), E>",
    "-> Result<(), $T>",
    "-> Result<$T, $T>",
    "-> $T",
    "-> ::a::Result<()>",
    "-> ::std::result::Result<(), $T>",
    "-> <$T as A>::B",
    "-> impl Future<Output = $T>",
    "-> (Result<(), E>)",
    "-> m!(E)",
];

const BLOCKS: [&str; 16] = [
    "{}",
    "{ x; }",
    "{ #![allow(unused)] #![cold] let y = x; }",
    "{ self.x(); }",
    "{ #[inline] fn g() {} g(); Ok(()) }",
    "{ #! [x }",
    "{ let x: $T = |y: $T| y; }",
    "{ match x { $P => {} } }",
    "{ return; async {} } ",
    "{ f(} ",
    "{ < > -> , ; : ' a }",
    "{ { { ⟦{ x }⟧ } } }",
    "{ self.x(|y| self + y); impl A { fn f(&self) { self } } m!(self, self = self) }",
    "{ use a::{self, b}; pub(self) const X: u8 = self::x; trait A { fn f(self: $T) {} } self }",
    "{ let y: &'a $T = x; 'a: loop { break 'a self } }",
    "{ m!(\"{self:?} {x}\", \"{{self}}\", self = self) }",
];

const PATHS: [&str; 14] = [
    "MAIL",
    "a::B",
    "::a::B",
    "self::b::C",
    "Self::C",
    "crate::a",
    "super::super::a",
    "a::B::<$T>",
    "a::B::<$T, $T>::c",
    "a::<'a, { 1 }>::b",
    "B<$T>",
    "<$T as A<$T, $T>>::c",
    "<$T>::c::<$T>",
    "r#type::r#fn",
];

const EXPRESSIONS: [&str; 28] = [
    "1",
    "$p",
    "$L",
    "$E + $E",
    "$E << $E",
    "$E < $E",
    "$E as $T",
    "-$E",
    "&$E",
    "!$E",
    "($E)",
    "{ $E }",
    "$p($E, $E)",
    "$E.max($E)",
    "$p::<$T, $T>($E)",
    "if $E { $E } else { $E }",
    "match $E { $P => $E, _ => $E }",
    "|x, y| $E",
    "|x: $T| -> $T { $E }",
    "[$E; $E]",
    "m!(a = b, c)",
    "unsafe { $E }",
    "const { $E }",
    "$E = $E",
    "$E == $E",
    "$E..$E",
    "return",
    "$p { a: $E, ..$E }",
];

const LITERALS: [&str; 36] = [
    "\"pool\"",
    "\"thread\"",
    "\"tokio\"",
    "\"durable\"",
    "\"reject\"",
    "\"block\"",
    "\"caller_runs\"",
    "\"drop\"",
    "\"follows\"",
    "\"a b\"",
    "\"\"",
    "\" \"",
    "\"a::b\"",
    "\"\\u{70}ool\"",
    "r\"pool\"",
    "r#\"po\"ol\"#",
    "r##\"#\"##",
    "\"pool\"suffix",
    "b\"pool\"",
    "br#\"x\"#",
    "c\"pool\"",
    "'p'",
    "b'p'",
    "0",
    "1_000",
    "0x_ff_usize",
    "0b0",
    "0o17u8",
    "00",
    "1.0",
    "1.",
    "1e9",
    "1f32",
    "5usize",
    "340282366920938463463374607431768211456",
    "true",
];

const LISTS_OF_OPTIONS: [&str; 9] = [
    "",
    "$o",
    "$o,",
    "$o, $o",
    "$o, $o, $o",
    "$o, $o, $o, $o, $o,",
    "⟦$o⟧, $o",
    "$o $o",
    "$o; $o;",
];

const OPTIONS: [&str; 48] = [
    "backend = \"pool\"",
    "backend = $p",
    "backend = $L",
    "on_full = \"reject\"",
    "on_full = $L",
    "max_in_flight = 100",
    "max_in_flight = $E",
    "name = \"mail\"",
    "name = $L",
    "context = $p",
    "context = $p, $p, $p<$p>",
    "context = [$p, $p]",
    "context = $E",
    "on_error = $p",
    "on_error = |e| $E",
    "trace = \"child\"",
    "trace = $L",
    "backend = \"durable\"",
    "daemon",
    "daemon = $L",
    "restart = \"always\"",
    "queue = $L",
    "attempts = $E",
    "timeout = $E",
    "queue = $E",
    "crate = a::b",
    "crate = $p",
    "__last",
    "backend = $E",
    "backend = ⟦$E⟧",
    "backend = self.pool",
    "backend = x",
    "pool",
    "MAIL",
    "a::MAIL",
    "retry = $E",
    "threads = $L",
    "max-in-flight = $L",
    "on_full(\"drop\")",
    "on_full: $L",
    "backend =",
    "name => $L",
    "backend == $L",
    "max_concurency = $L",
    "name = ⟦\"x\"⟧",
    "max_in_flight = ⟦$E⟧",
    "backend = ⟦$p⟧",
    "$L",
];
