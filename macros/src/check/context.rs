//! Refuses contexts that are given twice, or would be stored under the same name.

use quote::ToTokens;
use syn::Path;

use crate::diag::Mistakes;
use crate::launcher::stored_as;

pub(super) fn check(contexts: &[Path], is_stored: bool, mistakes: &mut Mistakes) {
    let text = |path: &Path| path.to_token_stream().to_string().replace(' ', "");
    for (index, path) in contexts.iter().enumerate() {
        let others = &contexts[..index];
        if others.iter().any(|it| text(it) == text(path)) {
            let wrong = format!("the context `{}` is given twice", text(path));
            mistakes.over(path, &wrong, "remove one of them");
        } else if is_stored && others.iter().any(|it| stored_as(it) == stored_as(path)) {
            let name = stored_as(path);
            let wrong = format!("two contexts would be stored as `{name}`");
            mistakes.over(path, &wrong, "rename one of the types");
        }
    }
}
