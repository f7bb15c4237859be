//! Proxies, as the AWS CLI and kubectl find them: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
//!
//! An endpoint on this machine is never asked through a proxy, as Go's tools do it.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use hyper_util::client::proxy::matcher::Matcher;

/// The client that carries requests to AWS: TLS with ring, but for an endpoint that speaks none, and by
/// the proxy that the environment names.
#[must_use]
pub fn http_client(endpoint_url: Option<&str>) -> SharedHttpClient {
    let uri = endpoint_url.and_then(|url| url.parse::<http::Uri>().ok());
    let is_here = uri.as_ref().is_some_and(is_loopback);
    let is_plain = uri.is_some_and(|uri| uri.scheme_str() == Some("http"));
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(match is_here {
            true => ProxyConfig::disabled(),
            false => ProxyConfig::from_env(),
        });
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        // The system's certificates are read only where TLS is spoken.
        match is_plain {
            true => connector.build_http(),
            false => connector
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build(),
        }
    })
}

/// Whether the environment wants this address asked through a proxy.
pub(crate) fn wants_proxy(address: &http::Uri) -> bool {
    !is_loopback(address) && Matcher::from_env().intercept(address).is_some()
}

fn is_loopback(address: &http::Uri) -> bool {
    let Some(host) = address.host() else {
        return false;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let by_number = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || by_number.is_ok_and(|host| host.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn this_machine_is_known_by_name_and_number() {
        let is = |address: &str| is_loopback(&address.parse().unwrap());
        assert!(is("http://localhost:4566"));
        assert!(is("https://127.0.0.1:7443/clusters/a"));
        assert!(is("http://[::1]:80"));
        assert!(!is("https://eks.eu-central-1.amazonaws.com"));
        assert!(!is("https://localhost.example.com"));
    }
}
