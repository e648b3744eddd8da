//! Writes the job of a durable function: how its arguments are stored, and how its body runs with them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Expr;
use syn::ext::IdentExt;

use crate::expand::local;
use crate::expand::place::{call_over, ends};
use crate::launcher::{Job, Launcher, OwnedParam};

impl Launcher {
    /// Writes the static by which workers find the body, and at which its launches are counted.
    pub(super) fn job(&self) -> Option<TokenStream> {
        let Job {
            asyncness,
            queue,
            attempts,
            timeout,
        } = self.job.as_ref()?;
        let k = self.private();
        let site = self.new_site();
        let or =
            |written: &Option<Expr>, default| written.as_ref().map_or(default, |it| quote!(#it));
        let queue = or(queue, quote!("default"));
        let attempts = or(attempts, quote!(5));
        let timeout = match timeout {
            Some(timeout) => quote!(#k::Some(|| #timeout)),
            None => quote!(#k::None),
        };
        let arguments = local("arguments");
        let takes = self.params.iter().map(|it| it.take(&k, &arguments));
        let constructor = match asyncness {
            Some(_) => quote!(#k::Run::future),
            None => quote!(#k::Run::call),
        };
        let [run, settle] = [self.run(), self.settle()];
        let here = (self.ident.span(), self.ident.span());
        let run = call_over(here, constructor, quote!(#run, #settle));
        let run = self.run_in_context(run, &arguments);
        let new = call_over(
            here,
            quote!(#k::Job::new),
            quote! {
                #site,
                #site,
                #k::JobOptions { queue: #queue, attempts: #attempts, timeout: #timeout },
                |#arguments| {
                    #(#takes)*
                    #k::Ok(#run)
                }
            },
        );
        Some(quote! {
            type __Site = #k::Site;
            static __JOB: #k::Job = #new;
            #k::submit! { #k::Listed(&__JOB) }
        })
    }

    /// Writes a closure that stores the arguments.
    pub(super) fn record(&self) -> TokenStream {
        let k = self.private();
        let record = local("record");
        let puts = self.params.iter().map(|it| it.put(&k, &record));
        quote! {
            move || {
                let mut #record = #k::Record::new(&__JOB);
                #(#puts)*
                #record
            }
        }
    }
}

impl OwnedParam {
    fn put(&self, k: &TokenStream, record: &dyn ToTokens) -> TokenStream {
        let value = self.held().value(k);
        let owned = self.ask_owned(k);
        let put = self.storable(k, &quote!(put), &quote!(&#value, &mut #record));
        let conditions = &self.attrs.conditions;
        quote!(#(#conditions)* { #owned #put; })
    }

    fn take(&self, k: &TokenStream, arguments: &dyn ToTokens) -> TokenStream {
        let ident = &self.ident;
        let ty = self.ty(k);
        let take = self.storable(k, &quote!(take), &quote!(#arguments));
        let conditions = &self.attrs.conditions;
        let copied = (self.copied.as_ref())
            .map(|ty| quote!(#(#conditions)* let #ident = #k::copied_before::<#ty, _>(#ident);));
        quote!(#(#conditions)* let #ident: #ty = #take?; #copied)
    }

    /// Writes a call whose error, at the type, says that it cannot be stored.
    fn storable(
        &self,
        k: &TokenStream,
        function: &TokenStream,
        values: &TokenStream,
    ) -> TokenStream {
        let written = &self.ty;
        let ty = self.ty(k);
        let name = self.name.as_ref().map(|it| it.unraw().to_string());
        call_over(
            ends(written),
            quote!(<#ty as #k::Storable>::#function),
            quote!(#values, #name),
        )
    }
}
