//! `cfg` on parameters and on generics, compiled both ways by the feature `extra`.

use fire_and_forget::fire_and_forget;

use crate::consume;

/// One parameter more with the feature.
#[fire_and_forget]
pub fn parameters(
    name: String,
    #[cfg(feature = "extra")] count: u32,
    #[cfg(not(feature = "extra"))] flag: bool,
) {
    #[cfg(feature = "extra")]
    consume(count.checked_add(1));
    #[cfg(not(feature = "extra"))]
    consume(flag.then_some(1_u8));
    consume(name);
}

/// A pattern that is there only with the feature.
#[fire_and_forget]
pub async fn pattern_of_a_task(#[cfg(feature = "extra")] (left, _): (u8, String), name: String) {
    #[cfg(feature = "extra")]
    consume(left.checked_add(1));
    std::future::ready(()).await;
    consume(name);
}

/// A lint that is allowed only with the feature.
#[fire_and_forget]
pub fn conditional_lint(
    #[cfg_attr(feature = "extra", allow(unused_variables))]
    #[cfg_attr(not(feature = "extra"), expect(unused_variables))]
    unused: u8,
) {
}

/// A type parameter more with the feature.
#[fire_and_forget]
pub fn generics<T: Send + 'static, #[cfg(feature = "extra")] const N: usize>(
    value: T,
    #[cfg(feature = "extra")] more: [u8; N],
) {
    #[cfg(feature = "extra")]
    consume(more.len());
    consume(value);
}

/// Calls them all.
pub fn call() {
    #[cfg(feature = "extra")]
    {
        parameters(String::new(), 1);
        pattern_of_a_task((1, String::new()), String::new());
        generics(1_u8, [1, 2]);
    }
    #[cfg(not(feature = "extra"))]
    {
        parameters(String::new(), true);
        pattern_of_a_task(String::new());
        generics(1_u8);
    }
    conditional_lint(1);
}
