//! Who may ask: the host that a request is for, and the page that it comes from.
//!
//! A page of any site can make a browser send requests to this machine, under a name that its owner points here. It cannot choose the
//! headers `Host` and `Origin`, which give it away. Addresses cannot be pointed anywhere and are always allowed.

use std::net::{IpAddr, Ipv6Addr};

use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::{StatusCode, Uri};

use crate::refusal::Refusal;

/// Refuses a request that is for another host than this machine, by an address or as `localhost`, or one in `allowed`.
///
/// # Errors
/// 400 without exactly one header `Host`, 421 for another host.
pub fn check_host(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    let mut values = headers.get_all(HOST).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::malformed("a request needs exactly one header Host"));
    };
    let named = value.to_str().ok().and_then(host_of);
    let target = uri.authority().map(|authority| host_of(authority.as_str()));
    for host in [Some(named), target].into_iter().flatten() {
        let known = host.as_deref().is_some_and(|host| is_known(host, allowed));
        if !known {
            let sentence = format!(
                "this server does not answer for the host {:?}; ask for its address in numbers, or whoever runs it allows the name (foliar serve --host)",
                String::from_utf8_lossy(value.as_bytes())
            );
            return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "wrong-host", sentence));
        }
    }
    Ok(())
}

/// Refuses a request that a page of another site makes. Behind a proxy the name of the site is one of those that are
/// `allowed`.
///
/// # Errors
/// 403 for a page of another site.
pub fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let authority =
        origin.to_str().ok().and_then(|text| text.split_once("://")).map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if authority.is_some() && authority.map(str::to_ascii_lowercase) == host.map(str::to_ascii_lowercase) {
        return Ok(());
    }
    let host = authority.and_then(host_of);
    if host.is_some_and(|host| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host))) {
        return Ok(());
    }
    let sentence = "pages of other sites may not ask this server";
    Err(Refusal::new(StatusCode::FORBIDDEN, "wrong-origin", sentence))
}

/// The host of `HOST` or `HOST:PORT`, in small letters and without brackets.
fn host_of(authority: &str) -> Option<String> {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            if !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
                return None;
            }
            host.parse::<Ipv6Addr>().ok()?;
            host
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) if is_port(port) => host,
            Some(_) => return None,
            None => authority,
        },
    };
    Some(host.trim_end_matches('.').to_ascii_lowercase())
}

fn is_known(host: &str, allowed: &[String]) -> bool {
    host == "localhost"
        || host.parse::<IpAddr>().is_ok()
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(host: &str) -> Option<StatusCode> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        check_host(&Uri::from_static("/"), &headers, &["leaf.example".to_owned()])
            .err()
            .map(|refusal| refusal.status)
    }

    #[test]
    fn names_are_for_this_server_or_refused() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "localhost.",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.0.7",
            "Leaf.Example:1",
        ] {
            assert_eq!(status(host), None, "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "[::1",
            "[::1]x",
            "[localhost]",
            "::1",
            "localhost:80:80",
            "localhost:x",
            "user@localhost",
            "localhost/",
            "",
            "a:b",
        ] {
            assert_eq!(status(host), Some(StatusCode::MISDIRECTED_REQUEST), "{host}");
        }
        let none = check_host(&Uri::from_static("/"), &HeaderMap::new(), &[]).unwrap_err();
        assert_eq!(none.status, StatusCode::BAD_REQUEST);
    }

    /// A target with a host of its own is for that one, whatever the header says; both must be known.
    #[test]
    fn a_whole_address_as_target_is_checked_as_well() {
        let status = |target: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "localhost:8080".parse().unwrap());
            check_host(&Uri::from_static(target), &headers, &[]).err().map(|refusal| refusal.status)
        };
        for target in ["/", "*", "http://localhost:8080/", "http://[::1]:8080/livez", "http://127.0.0.1/"] {
            assert_eq!(status(target), None, "{target}");
        }
        for target in [
            "http://evil.example/",
            "http://evil.example@localhost/",
            "http://localhost@evil.example/",
            "http://localhost.evil.example/",
            "evil.example:443",
        ] {
            assert_eq!(status(target), Some(StatusCode::MISDIRECTED_REQUEST), "{target}");
        }
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let allowed = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "localhost:8080".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            check_origin(&headers, &["leaf.example".to_owned()]).is_ok()
        };
        assert!(allowed(None) && allowed(Some("http://localhost:8080")));
        assert!(allowed(Some("https://leaf.example")), "behind a proxy");
        for origin in
            ["null", "http://evil.example", "http://localhost:8081", "http://localhost:8080.evil.example", ""]
        {
            assert!(!allowed(Some(origin)), "{origin}");
        }
    }
}
