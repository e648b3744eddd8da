//! A place that is filled once, for schedules.

use shuttle::sync::Mutex;

/// [`std::sync::OnceLock`], whose own lock would stop all threads of a schedule. The value is never freed.
#[derive(Debug)]
pub(crate) struct OnceLock<T: 'static>(Mutex<Option<&'static T>>);

impl<T> OnceLock<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        *self.0.lock().unwrap()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let mut place = self.0.lock().unwrap();
        if place.is_some() {
            return Err(value);
        }
        *place = Some(Box::leak(Box::new(value)));
        Ok(())
    }
}
